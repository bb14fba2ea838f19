//! Fetching a known dataset: files from mirrors, each checked against its published sum before it gets its name.
//!
//! A file arrives under its name with `.part` behind it. When a transfer breaks off, the next one continues from what
//! is there, be it from another mirror or a week later. Only when the checksum is right does the file lose the `.part`;
//! so what has the right name is right, and nothing is unpacked that was not checked.

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

/// A transfer that breaks off after it brought something is resumed so many times before the next mirror is tried.
const RESUMPTIONS: usize = 10;

/// What is told to whoever watches a download.
pub trait Observer {
    /// A transfer of `file` begins: `done` bytes are there, of `total` if the mirror said how many there are.
    fn begin(&mut self, file: &str, done: u64, total: Option<u64>);
    /// So many bytes more have arrived.
    fn arrived(&mut self, bytes: u64);
    /// A mirror could not be used, and the next is tried.
    fn mirror_failed(&mut self, url: &str, problem: &Problem);
    /// A file is there and its sum is right.
    fn file_done(&mut self, file: &str, bytes: u64);
}

/// How a download ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The dataset was fetched, or the rest of it.
    Fetched,
    /// It was there: nothing was asked of any mirror.
    WasThere,
}

/// Why a dataset could not be fetched.
#[derive(Debug, Error)]
pub enum DownloadError {
    /// No mirror gave the file.
    #[error(
        "{file} could not be fetched:{}\ncheck the connection and the proxy (HTTPS_PROXY, HTTP_PROXY), or name another \
        place with --mirror; the same command tries again and fetches what is missing",
        listed(attempts)
    )]
    NoMirror {
        /// The file.
        file: &'static str,
        /// What each mirror did.
        attempts: Vec<(String, Problem)>,
    },
    /// Another file, or the same unpacked, has the name of one of this, or goes before it.
    #[error(
        "{} exists and is not the published, compressed file of {name}: move it away, or choose another directory \
        with --data", path.display()
    )]
    Foreign {
        /// The file that is in the way.
        path: PathBuf,
        /// The dataset that was to be fetched.
        name: &'static str,
    },
    /// The directory holds a dataset whose files are called otherwise.
    #[error(
        "{} is there, of another dataset than {name}, and a directory can hold only one: choose another with --data",
        path.display()
    )]
    OtherDataset {
        /// A file of that dataset.
        path: PathBuf,
        /// The dataset that was to be fetched.
        name: &'static str,
    },
    /// Another run is fetching a file to the same place.
    #[error("{} is being fetched by another run: wait for that one, or choose another directory with --data", path.display())]
    Busy {
        /// The file.
        path: PathBuf,
    },
    /// A directory or a file could not be written.
    #[error("{} cannot be written: {error}", path.display())]
    Disk {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The archive has the right sum, and yet cannot be unpacked.
    #[error("{} cannot be unpacked: {error}", path.display())]
    Archive {
        /// The archive.
        path: PathBuf,
        /// Why.
        error: zip::result::ZipError,
    },
}

fn listed(attempts: &[(String, Problem)]) -> String {
    attempts.iter().fold(String::new(), |list, (url, problem)| list + &format!("\n  {url} {problem}"))
}

/// Fetches `known` into `directory`, which is made if need be.
///
/// The `mirrors` are tried in turn for each file; each is the address of a directory. A mirror is given up when it is
/// silent for `timeout`. Proxies are taken from the environment. EMNIST is one archive: it is unpacked into a directory
/// for each of its six datasets, and removed.
///
/// # Errors
/// A [`DownloadError`]; what has arrived is kept for the next time.
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
        // Two that write into one file would both find it damaged; of two that unpack it, one would miss it.
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

/// Whether `directory` holds all of `known`, under whatever names, plain or packed.
fn is_there(known: &Known, directory: &Path) -> bool {
    if known.files.iter().any(emnist::is_archive) {
        return emnist::is_unpacked(directory);
    }
    let source = Source::Directory(directory.to_path_buf());
    let is = |part| source.load(part, 1).is_ok_and(|data| *data.identity() == known.identity());
    is(Part::Test) && is(Part::Training)
}

/// Nothing of another dataset may stand where `file` is to be, nor under a name that is looked for first: without
/// `.gz`, or with a dot before `idx`.
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

/// What is written until all of a file has arrived.
fn part_of(path: &Path) -> PathBuf {
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    PathBuf::from(part)
}

/// Fetches one file from the first mirror that has it.
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

/// Completes the `.part` file from one mirror, in as many transfers as it takes. The outer error is that of the disk.
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
        // A transfer that went on from a damaged beginning, or could not go on, is done once more from the start; one
        // that broke off is gone on with, as long as it brings something.
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
