//! Downloads known datasets: files from mirrors, each checked against its published checksum before it gets its final
//! name.
//!
//! While a file arrives, its name ends in `.part`. An interrupted transfer is resumed from what has arrived, even from
//! another mirror or a week later. The `.part` is removed only when the checksum is right, so a file with the final
//! name is always valid, and nothing is unpacked unchecked.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use thiserror::Error;

use crate::claim::claim;
use crate::data::Part;
use crate::data::checksum::md5;
use crate::data::directory::file_of_other_naming;
use crate::data::known::{Known, PublishedFile};
use crate::data::source::Source;
use crate::replace_file::rename_durably;

mod emnist;
mod transfer;

pub use transfer::Problem;
use transfer::{Client, Transfer};

/// The number of times that an interrupted transfer is resumed, if it brought something, before the next mirror is
/// tried.
const RESUMPTIONS: usize = 10;

/// Observes a download.
pub trait Observer {
    /// A transfer of `file` begins. `done` bytes are there already, of `total` if the mirror has given the size.
    fn begin(&mut self, file: &str, done: u64, total: Option<u64>);
    /// This many more bytes have arrived.
    fn arrived(&mut self, bytes: u64);
    /// A mirror failed, and the next one is tried.
    fn mirror_failed(&mut self, url: &str, problem: &Problem);
    /// A file is complete and its checksum is right.
    fn file_done(&mut self, file: &str, bytes: u64);
}

/// The result of a download.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The dataset, or the missing part of it, was downloaded.
    Fetched,
    /// The dataset was there already: no mirror was contacted.
    WasThere,
}

/// Why a dataset could not be downloaded.
#[derive(Debug, Error)]
pub enum DownloadError {
    /// No mirror provided the file.
    #[error(
        "{file} could not be fetched:{}\ncheck the connection and the proxy (HTTPS_PROXY, HTTP_PROXY), or name another \
        place with --mirror; the same command tries again and fetches what is missing",
        listed(attempts)
    )]
    NoMirror {
        /// The name of the file.
        file: &'static str,
        /// The address and the problem of each mirror.
        attempts: Vec<(String, Problem)>,
    },
    /// A different or an unpacked file has the name of a file to download, or a name that is preferred to it.
    #[error(
        "{} exists and is not the published, compressed file of {name}: move it away, or choose another directory \
        with --data", path.display()
    )]
    Foreign {
        /// The file that is in the way.
        path: PathBuf,
        /// The dataset to download.
        name: &'static str,
    },
    /// The directory holds a dataset with other file names.
    #[error(
        "{} is there, of another dataset than {name}, and a directory can hold only one: choose another with --data",
        path.display()
    )]
    OtherDataset {
        /// A file of that dataset.
        path: PathBuf,
        /// The dataset to download.
        name: &'static str,
    },
    /// Another process is downloading a file to the same place.
    #[error("{} is being fetched by another run: wait for that one, or choose another directory with --data", path.display())]
    Busy {
        /// The file.
        path: PathBuf,
    },
    /// A directory or a file could not be written.
    #[error("{} cannot be written: {error}", path.display())]
    Disk {
        /// The path.
        path: PathBuf,
        /// The error.
        error: io::Error,
    },
    /// The archive has the right checksum, but cannot be unpacked.
    #[error("{} cannot be unpacked: {error}", path.display())]
    Archive {
        /// The archive.
        path: PathBuf,
        /// The error.
        error: zip::result::ZipError,
    },
}

fn listed(attempts: &[(String, Problem)]) -> String {
    attempts.iter().fold(String::new(), |list, (url, problem)| list + &format!("\n  {url} {problem}"))
}

/// Downloads `known` into `directory`, which is created if need be.
///
/// The `mirrors`, which are addresses of directories, are tried in turn for each file. A mirror is given up when it
/// sends nothing for `timeout`. Proxies are taken from the environment. EMNIST is one archive: it is unpacked into one
/// directory for each of its six datasets, and then removed.
///
/// # Errors
/// A [`DownloadError`]; the data that has arrived is kept for the next attempt.
pub fn fetch(
    known: &'static Known,
    directory: &Path,
    mirrors: &[String],
    timeout: Duration,
    observer: &mut dyn Observer,
) -> Result<Outcome, DownloadError> {
    if is_there(known, directory) {
        return Ok(Outcome::WasThere);
    }
    let disk = |error| DownloadError::Disk { path: directory.to_path_buf(), error };
    fs::create_dir_all(directory).map_err(disk)?;
    if let Some(path) = known.files.first().and_then(|images| file_of_other_naming(directory, images.name)) {
        return Err(DownloadError::OtherDataset { path, name: known.name });
    }
    for file in known.files {
        check_free(known, directory, file)?;
    }
    let client = Client::new(timeout);
    let mut outcome = Outcome::WasThere;
    for file in known.files {
        let path = directory.join(file.name);
        // Two processes that write one file would corrupt it; if two unpacked it, one would find it missing.
        let _claim = claim(&part_of(&path)).map_err(|error| match error.kind() {
            io::ErrorKind::ResourceBusy => DownloadError::Busy { path: path.clone() },
            _ => DownloadError::Disk { path: part_of(&path), error },
        })?;
        if emnist::is_archive(file) && emnist::is_unpacked(directory) {
            continue; // by another run, meanwhile
        }
        if !path.exists() {
            fetch_file(&client, file, &path, mirrors, observer)?;
            outcome = Outcome::Fetched;
        }
        observer.file_done(file.name, path.metadata().map_err(disk)?.len());
        if emnist::is_archive(file) {
            emnist::unpack(&path, directory)?;
            fs::remove_file(&path).map_err(disk)?;
        }
    }
    Ok(outcome)
}

/// Whether `directory` holds all of `known`, under any of the usual names, compressed or not.
fn is_there(known: &Known, directory: &Path) -> bool {
    if known.files.iter().any(emnist::is_archive) {
        return emnist::is_unpacked(directory);
    }
    let source = Source::Directory(directory.to_path_buf());
    let is = |part| source.load(part, 1).is_ok_and(|data| *data.identity() == known.identity());
    is(Part::Test) && is(Part::Training)
}

/// Checks that no other file has the name of `file`, or a name that is looked for before it: without `.gz`, or with a
/// dot before `idx`.
fn check_free(known: &'static Known, directory: &Path, file: &PublishedFile) -> Result<(), DownloadError> {
    let foreign = |path| Err(DownloadError::Foreign { path, name: known.name });
    let path = directory.join(file.name);
    if path.exists() && sum_of(&path).map_err(|error| DownloadError::Disk { path: path.clone(), error })? != file.md5 {
        return foreign(path);
    }
    let plain = file.name.trim_end_matches(".gz");
    for name in [plain.to_string(), plain.replace("-idx", ".idx"), file.name.replace("-idx", ".idx")] {
        let rival = directory.join(&name);
        if name != file.name && rival.exists() {
            return foreign(rival);
        }
    }
    Ok(())
}

fn sum_of(path: &Path) -> io::Result<String> {
    md5(File::open(path)?)
}

/// The name of a file until all of it has arrived.
fn part_of(path: &Path) -> PathBuf {
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    PathBuf::from(part)
}

/// Downloads one file from the first mirror that provides it.
fn fetch_file(
    client: &Client,
    file: &'static PublishedFile,
    path: &Path,
    mirrors: &[String],
    observer: &mut dyn Observer,
) -> Result<(), DownloadError> {
    let part = part_of(path);
    let mut attempts = Vec::new();
    for (i, mirror) in mirrors.iter().enumerate() {
        let url = format!("{}/{}", mirror.trim_end_matches('/'), file.name);
        let transfer = Transfer { client, url: &url, part: &part, file, observer: &mut *observer };
        match from_mirror(transfer).map_err(|error| DownloadError::Disk { path: part.clone(), error })? {
            Ok(()) => {
                return rename_durably(&part, path)
                    .map_err(|error| DownloadError::Disk { path: path.to_path_buf(), error });
            }
            Err(problem) => {
                if i + 1 < mirrors.len() {
                    observer.mirror_failed(&url, &problem);
                }
                attempts.push((url, problem));
            }
        }
    }
    Err(DownloadError::NoMirror { file: file.name, attempts })
}

/// Completes the `.part` file from one mirror, in as many transfers as needed. The outer error is a disk error.
fn from_mirror(mut transfer: Transfer) -> io::Result<Result<(), Problem>> {
    let mut resumptions = RESUMPTIONS;
    loop {
        let before = transfer.arrived();
        if before > 0 && sum_of(transfer.part)? == transfer.file.md5 {
            return Ok(Ok(()));
        }
        let problem = match transfer.run(before)? {
            Ok(()) => match sum_of(transfer.part)? {
                sum if sum == transfer.file.md5 => return Ok(Ok(())),
                sum => transfer.damaged(sum)?,
            },
            Err(problem) => problem,
        };
        // If a resumed file turned out damaged, or could not be resumed, it is downloaded once more from the start. An
        // interrupted transfer is resumed as long as it brings something.
        let go_on = match &problem {
            Problem::Sum { .. } | Problem::Html | Problem::Range => before > 0 && transfer.arrived() == 0,
            Problem::BrokeOff(_) | Problem::Silent(_) => transfer.arrived() > before,
            _ => false,
        };
        if !go_on || resumptions == 0 {
            return Ok(Err(problem));
        }
        resumptions -= 1;
    }
}
