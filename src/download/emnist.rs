//! EMNIST's archive: the files of six datasets, which are unpacked into six directories.

use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use zip::ZipArchive;

use super::DownloadError;
use crate::data::emnist::EMNIST;
use crate::data::known::PublishedFile;
use crate::replace_file::replace_file;

/// The maximum size of an unpacked file. No file in the archive is half as long.
const MAX_MEMBER: u64 = 1 << 30;

pub(super) fn is_archive(file: &PublishedFile) -> bool {
    Path::new(file.name).extension().is_some_and(|extension| extension == "zip")
}

/// The directory and the name of each file.
fn members() -> impl Iterator<Item = (&'static str, String)> {
    EMNIST.iter().flat_map(|dataset| {
        let (id, directory) = (dataset.id, dataset.directory());
        let name = move |part, contents| format!("{id}-{part}-{contents}-ubyte.gz");
        let files = ["train", "test"]
            .into_iter()
            .flat_map(move |part| ["images-idx3", "labels-idx1"].into_iter().map(move |contents| name(part, contents)));
        files.map(move |name| (directory, name))
    })
}

/// Whether all files are where [`unpack`] puts them.
pub(super) fn is_unpacked(directory: &Path) -> bool {
    members().all(|(split, name)| directory.join(split).join(name).is_file())
}

/// Unpacks files that are not there yet into `directory/letters` and so on. Only EMNIST's own file names are looked up
/// in the archive, so no name in it can lead elsewhere.
pub(super) fn unpack(path: &Path, directory: &Path) -> Result<(), DownloadError> {
    let of_archive = |error| DownloadError::Archive { path: path.to_path_buf(), error };
    let file = File::open(path).map_err(|error| of_archive(error.into()))?;
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(of_archive)?;
    for (split, name) in members() {
        let directory = directory.join(split);
        let to: PathBuf = directory.join(&name);
        if to.is_file() {
            continue;
        }
        let disk = |error| DownloadError::Disk { path: to.clone(), error };
        fs::create_dir_all(&directory).map_err(disk)?;
        let member = archive.by_name(&format!("gzip/{name}")).map_err(of_archive)?;
        replace_file(&to, |writer| io::copy(&mut member.take(MAX_MEMBER), writer).map(drop)).map_err(disk)?;
    }
    Ok(())
}
