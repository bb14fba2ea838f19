//! Files that may be overwritten: ours.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::Failure;

/// So many bytes tell what a file is.
const START: u64 = 512;

/// Refuses to overwrite a file that is not `what`, of which `is_ours` judges by its first bytes. What is not there, empty or
/// no file passes. What cannot be read does not: it might be anything.
pub fn check_ours(path: &Path, what: &'static str, is_ours: impl FnOnce(&[u8]) -> bool) -> Result<(), Failure> {
    if !path.metadata().is_ok_and(|metadata| metadata.is_file()) {
        return Ok(());
    }
    let mut start = Vec::new();
    let read = File::open(path).and_then(|file| file.take(START).read_to_end(&mut start));
    read.map_err(|error| Failure::Unreadable { path: path.display().to_string(), error })?;
    if start.is_empty() || is_ours(&start) { Ok(()) } else { Err(Failure::Foreign(path.display().to_string(), what)) }
}
