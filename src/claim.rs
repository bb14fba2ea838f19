//! Allows one writer at a time: a long run that replaces a file again and again claims it for as long as the run takes.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use crate::replace_file::{directory_of, is_temporary_of, target};

/// The error text for a file that another run has claimed.
pub const IN_USE: &str = "another run is writing it: wait for that one, or choose another name";

/// As long as this value exists, any other [`claim`] of the file fails.
///
/// The claim is a lock on an empty file next to the claimed one, `.NAME.lock`, which is removed with the claim. If the
/// program is killed, the operating system releases the lock. The empty file then remains, but does no harm, and the
/// next claim removes it.
#[derive(Debug)]
pub struct Claim {
    lock: PathBuf,
    _file: File,
}

/// Claims the file at `path`, which need not exist yet, and removes temporary files that killed writers left next to
/// it.
///
/// If the file system does not support locks, every claim succeeds and nothing is removed.
///
/// # Errors
/// [`io::ErrorKind::ResourceBusy`] if the file has been claimed by another run; otherwise the reason why it could not
/// be written. Thus the error comes before hours of work and not after them.
pub fn claim(path: &Path) -> io::Result<Claim> {
    let path = target(path)?;
    let Some(name) = path.file_name() else { return Err(io::ErrorKind::InvalidInput.into()) };
    let directory = directory_of(&path);
    let mut lock = std::ffi::OsString::from(".");
    lock.push(name);
    lock.push(".lock");
    let lock = directory.join(lock);
    loop {
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(&lock)?;
        match file.try_lock() {
            // The previous owner may have removed the file after it was opened here and before it was locked.
            Ok(()) if !is_at(&file, &lock) => continue,
            Ok(()) => remove_leftovers(&directory, name),
            Err(TryLockError::WouldBlock) => {
                return Err(io::Error::new(io::ErrorKind::ResourceBusy, IN_USE));
            }
            Err(TryLockError::Error(_)) => {}
        }
        return Ok(Claim { lock, _file: file });
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.lock);
    }
}

/// Removes the temporary files of the target. Only the owner of the claim may write it now, so they are leftovers of
/// killed writers.
fn remove_leftovers(directory: &Path, name: &std::ffi::OsStr) {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    for entry in entries.filter(|entry| is_temporary_of(&entry.file_name(), name)) {
        let _ = fs::remove_file(entry.path());
    }
}

/// Whether `file` is still the file at `path`.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let key = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
    matches!((file.metadata().map(key), fs::metadata(path).map(key)), (Ok(ours), Ok(there)) if ours == there)
}

/// This cannot be checked here. Of three runs that begin and end at the same moment, two could get the same claim.
#[cfg(not(unix))]
fn is_at(_: &File, _: &Path) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_can_claim_a_file_and_nothing_stays_of_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("model.json");
        let first = claim(&path).unwrap();
        assert_eq!(claim(&path).unwrap_err().kind(), io::ErrorKind::ResourceBusy);
        let other = claim(&dir.path().join("other.json")).unwrap();
        drop((first, other));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
        fs::write(dir.path().join(".model.json.lock"), "").unwrap(); // of a run that was killed
        drop(claim(&path).unwrap());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn leftovers_of_this_file_are_removed_and_no_others() {
        let dir = tempfile::tempdir().unwrap();
        let ours = [".model.json.a1B2c3.tmp", ".model.json.000000.tmp"];
        let others = [".model.json.tmp", ".other.json.a1B2c3.tmp", ".model.json.bak.tmp", "model.json.a1B2c3.tmp"];
        for name in ours.iter().chain(&others) {
            fs::write(dir.path().join(name), "x").unwrap();
        }
        drop(claim(&dir.path().join("model.json")).unwrap());
        assert!(ours.iter().all(|name| !dir.path().join(name).exists()));
        assert!(others.iter().all(|name| dir.path().join(name).exists()));
    }

    #[cfg(unix)]
    #[test]
    fn a_link_and_the_file_it_leads_to_are_one() {
        let dir = tempfile::tempdir().unwrap();
        let (file, link) = (dir.path().join("file"), dir.path().join("link"));
        fs::write(&file, "old").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        let _claim = claim(&link).unwrap();
        assert_eq!(claim(&file).unwrap_err().kind(), io::ErrorKind::ResourceBusy);
    }

    #[test]
    fn what_cannot_be_written_cannot_be_claimed() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(claim(dir.path()).unwrap_err().kind(), io::ErrorKind::IsADirectory);
        let nowhere = dir.path().join("nowhere").join("model.json");
        assert_eq!(claim(&nowhere).unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
