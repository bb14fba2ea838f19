//! Files that a command is about to write: never over one that is not ours.

use std::fs::File;
use std::io::Read;
use std::path::Path;

/// So many bytes tell what a file is.
const START: u64 = 64;

/// Whether a file may be overwritten: it is not there, or empty, or `is_ours` says so of its first bytes.
pub fn may_overwrite(path: &Path, is_ours: impl FnOnce(&[u8]) -> bool) -> bool {
    let mut start = Vec::new();
    let is_file = path.metadata().is_ok_and(|metadata| metadata.is_file());
    let read = |file: File| file.take(START).read_to_end(&mut start);
    !is_file || File::open(path).and_then(read).is_err() || start.is_empty() || is_ours(&start)
}
