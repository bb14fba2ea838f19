//! Writes files atomically.

use std::ffi::{OsStr, OsString};
use std::fs::{File, Metadata};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};

/// Replaces the file at `path` by the output of `write`.
///
/// The output goes to a temporary file in the same directory, which is synced to the disk and then renamed. So at every
/// moment `path` is either the old file or the new one, even if the program is killed or the machine loses power. If
/// `path` is a symbolic link, the link stays and its target is replaced. The new file gets the permissions of the old
/// one and, as far as the system allows it, its owner and group.
///
/// # Errors
/// Errors of `write` and of the file system. The old file is then unchanged and the temporary file is removed, unless
/// the error occurred while the new name was being synced.
pub fn replace_file(path: &Path, write: impl FnOnce(&mut BufWriter<&File>) -> io::Result<()>) -> io::Result<()> {
    let path = &target(path)?;
    let temporary = temporary_beside(path)?;
    if let Ok(there) = path.metadata() {
        take_after(&there, temporary.as_file());
    }
    let mut writer = BufWriter::with_capacity(1 << 16, temporary.as_file());
    write(&mut writer)?;
    writer.flush()?;
    drop(writer);
    sync(temporary.as_file())?;
    temporary.persist(path).map_err(|error| error.error)?;
    sync_directory(path)
}

/// Renames a file that has been written and synced, within its directory. The new name survives a power failure.
pub(crate) fn rename_durably(from: &Path, to: &Path) -> io::Result<()> {
    std::fs::rename(from, to)?;
    sync_directory(to)
}

/// Checks that a file could be written at `path` now.
///
/// # Errors
/// The same errors as [`replace_file`] would return.
pub fn check_replaceable(path: &Path) -> io::Result<()> {
    temporary_beside(&target(path)?).map(drop)
}

/// The file that writing to `path` would replace or create. Symbolic links are followed; the last one may point to a
/// file that does not exist yet.
///
/// # Errors
/// If `path` is a directory, a device, a pipe or write-protected, or if its directory does not exist.
pub fn target(path: &Path) -> io::Result<PathBuf> {
    let refuse = |kind, why| Err(io::Error::new(kind, why));
    match path.metadata() {
        Ok(there) if there.is_dir() => refuse(io::ErrorKind::IsADirectory, "it is a directory"),
        Ok(there) if !there.is_file() => refuse(io::ErrorKind::InvalidInput, "it is not an ordinary file"),
        // The file will be replaced by another of the same name, for which write access to the directory would be
        // enough. But a write-protected file is to be respected, so this checks whether the file itself could be
        // written. The administrator can write to any file.
        Ok(there) if there.permissions().readonly() => refuse(io::ErrorKind::PermissionDenied, "it is write-protected"),
        Ok(_) => File::options().write(true).open(path).and_then(|_| path.canonicalize()),
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Err(_) => match (path.read_link(), path.file_name()) {
            (Ok(next), _) => target(&directory_of(path).join(next)),
            (Err(_), None) => refuse(io::ErrorKind::InvalidInput, "it does not name a file"),
            (Err(_), Some(_)) if names_a_directory(path) => {
                refuse(io::ErrorKind::NotFound, "there is no such directory")
            }
            (Err(_), Some(name)) => match directory_of(path).canonicalize() {
                Ok(directory) if directory.is_dir() => Ok(directory.join(name)),
                _ => refuse(io::ErrorKind::NotFound, "there is no such directory"),
            },
        },
    }
}

/// Gives a file the owner, group and permissions of another, as far as the system allows it.
fn take_after(there: &Metadata, file: &File) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt, fchown};
        let _ = fchown(file, None, Some(there.gid()));
        let _ = fchown(file, Some(there.uid()), None);
    }
    let _ = file.set_permissions(there.permissions());
}

/// Whether a path ends like that of a directory, as in "models/" or "models/.".
fn names_a_directory(path: &Path) -> bool {
    let text = path.as_os_str().as_encoded_bytes();
    let text = text.strip_suffix(b".").unwrap_or(text);
    text.last().is_some_and(|&end| std::path::is_separator(end.into()))
}

fn temporary_beside(path: &Path) -> io::Result<NamedTempFile> {
    let mut builder = Builder::new();
    let prefix = prefix_of(path.file_name().unwrap_or_default());
    builder.prefix(&prefix).rand_bytes(RANDOM).suffix(SUFFIX);
    let mut cause = None;
    // An ordinary file, with permissions according to the user's umask. A file that `tempfile` itself creates would be
    // private.
    let made = builder
        .make_in(directory_of(path), |path| File::create_new(path).inspect_err(|error| cause = error.raw_os_error()));
    // The error names the temporary file, which means nothing to the user; its cause does not.
    made.map_err(|error| cause.map_or_else(|| error.kind().into(), io::Error::from_raw_os_error))
}

/// The number of letters and digits between the prefix and the suffix of a temporary file's name.
const RANDOM: usize = 6;
const SUFFIX: &str = ".tmp";

/// The prefix of the names of a target's temporary files.
fn prefix_of(name: &OsStr) -> OsString {
    let mut prefix = OsString::from(".");
    prefix.push(name);
    prefix.push(".");
    prefix
}

/// Whether `candidate` could be the name of a temporary file of the target `name`.
pub(crate) fn is_temporary_of(candidate: &OsStr, name: &OsStr) -> bool {
    let rest = candidate.as_encoded_bytes().strip_prefix(prefix_of(name).as_encoded_bytes());
    let random = rest.and_then(|rest| rest.strip_suffix(SUFFIX.as_bytes()));
    random.is_some_and(|random| random.len() == RANDOM && random.iter().all(u8::is_ascii_alphanumeric))
}

pub(crate) fn directory_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent.to_path_buf(),
        _ => PathBuf::from("."),
    }
}

/// Syncs the directory of `path`, so that the new name reaches the disk too. This is possible only on Unix, not with
/// all file systems, and not for directories that may be written but not read. Otherwise the new name is in place, but
/// reaches the disk at some later time.
fn sync_directory(path: &Path) -> io::Result<()> {
    if !cfg!(unix) {
        return Ok(());
    }
    match File::open(directory_of(path)) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        directory => sync(&directory?),
    }
}

/// Waits until a file has reached the disk. Some network file systems do not support this; that is not an error,
/// because the data is written anyway.
pub(crate) fn sync(file: &File) -> io::Result<()> {
    file.sync_all().or_else(|error| if is_unsupported(&error) { Ok(()) } else { Err(error) })
}

/// Whether the error means that the file system does not support syncing. macOS asks the disk itself, which more file
/// systems refuse, with other error codes.
fn is_unsupported(error: &io::Error) -> bool {
    const ENOTTY: i32 = 25;
    const ENOTSUP_OF_APPLE: i32 = 45;
    let known = matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported);
    known || cfg!(target_vendor = "apple") && matches!(error.raw_os_error(), Some(ENOTTY | ENOTSUP_OF_APPLE))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_failed_write_leaves_the_old_file_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("model.json");
        replace_file(&path, |file| file.write_all(b"old")).unwrap();
        let result = replace_file(&path, |file| {
            file.write_all(b"half of the n")?;
            Err(io::Error::other("disk full"))
        });
        assert_eq!(result.unwrap_err().to_string(), "disk full");
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "no temporary file stays behind");
        replace_file(&path, |file| file.write_all(b"new")).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
    }

    #[test]
    fn what_cannot_be_written_is_known_before() {
        let dir = tempfile::tempdir().unwrap();
        assert!(check_replaceable(&dir.path().join("model.json")).is_ok());
        assert_eq!(check_replaceable(dir.path()).unwrap_err().kind(), io::ErrorKind::IsADirectory);
        let nowhere = dir.path().join("nowhere").join("model.json");
        assert_eq!(check_replaceable(&nowhere).unwrap_err().kind(), io::ErrorKind::NotFound);
        for nowhere in ["models/", "models/.", "models//"] {
            assert_eq!(check_replaceable(&dir.path().join(nowhere)).unwrap_err().kind(), io::ErrorKind::NotFound);
        }
        assert!(check_replaceable(&dir.path().join("ends with a dot.")).is_ok());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[cfg(unix)]
    #[test]
    fn permissions_stay_and_write_protection_holds() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("model.json");
        let mode = || path.metadata().unwrap().permissions().mode() & 0o777;
        let set = |mode| fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        replace_file(&path, |file| file.write_all(b"old")).unwrap();
        set(0o640);
        replace_file(&path, |file| file.write_all(b"new")).unwrap();
        assert_eq!((mode(), fs::read(&path).unwrap()), (0o640, b"new".to_vec()));
        set(0o444);
        assert_eq!(check_replaceable(&path).unwrap_err().to_string(), "it is write-protected");
        assert!(replace_file(&path, |file| file.write_all(b"newer")).is_err());
        assert_eq!((mode(), fs::read(&path).unwrap()), (0o444, b"new".to_vec()));
    }

    #[cfg(unix)]
    #[test]
    fn only_ordinary_files_are_replaced_and_links_are_followed() {
        let dir = tempfile::tempdir().unwrap();
        let (file, link, pipe) = (dir.path().join("file"), dir.path().join("link"), dir.path().join("pipe"));
        fs::write(&file, "old").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        replace_file(&link, |file| file.write_all(b"new")).unwrap();
        assert!(link.is_symlink() && fs::read(&file).unwrap() == b"new");
        let (link, absent) = (dir.path().join("dangling"), dir.path().join("absent"));
        std::os::unix::fs::symlink("absent", &link).unwrap();
        assert_eq!(target(&link).unwrap(), dir.path().canonicalize().unwrap().join("absent"));
        replace_file(&link, |file| file.write_all(b"new")).unwrap();
        assert!(link.is_symlink() && fs::read(&absent).unwrap() == b"new");
        let circle = dir.path().join("circle");
        std::os::unix::fs::symlink("circle", &circle).unwrap();
        assert!(check_replaceable(&circle).is_err() && circle.is_symlink());
        // A link that leads to no path at all, like that of a pipe.
        let (_reader, writer) = io::pipe().unwrap();
        let number = std::os::fd::AsRawFd::as_raw_fd(&writer);
        let (end, link) = (Path::new("/dev/fd").join(number.to_string()), dir.path().join("standard output"));
        std::os::unix::fs::symlink(&end, &link).unwrap();
        assert_eq!(target(&link).unwrap_err().kind(), io::ErrorKind::InvalidInput);
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        assert_eq!(check_replaceable(&pipe).unwrap_err().kind(), io::ErrorKind::InvalidInput);
        assert!(replace_file(&pipe, |file| file.write_all(b"new")).is_err() && !pipe.is_file());
    }
}
