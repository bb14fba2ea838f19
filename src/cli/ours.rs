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
    let mut start = Vec::new();
    let is_file = path.metadata().is_ok_and(|metadata| metadata.is_file());
    let read = |file: File| file.take(START).read_to_end(&mut start);
    let is_read = is_file && File::open(path).and_then(read).is_ok();
    if !is_file || is_read && (start.is_empty() || is_ours(&start)) {
        return Ok(());
    }
    Err(Failure::Foreign(path.display().to_string(), what))
}
