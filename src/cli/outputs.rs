//! The files that a training writes.

use std::path::{Path, PathBuf};

use mnist_mlp::network::ModelError;
use mnist_mlp::replace_file::check_replaceable;

use super::Failure;
use super::args::TrainArguments;
use super::ours::check_ours;

/// How a model file begins, and how a log does.
const MODEL_START: &[u8] = b"{\"sizes\"";
const LOG_START: &[u8] = b"{\"epoch\":";

/// Refuses output files that cannot be written, before hours of work and not after, and files that are not ours.
pub fn check(out: &Path, arguments: &TrainArguments) -> Result<(), Failure> {
    let unless_forced = |failure| match failure {
        Failure::Foreign(..) if arguments.resume.force => Ok(()),
        Failure::Foreign(..) => Err(Failure::Unforced(Box::new(failure))),
        other => Err(other),
    };
    check_model_file(out).or_else(unless_forced)?;
    let Some(log) = &arguments.log else { return Ok(()) };
    if place(log) == place(out) {
        return Err(Failure::SameFile(log.display().to_string()));
    }
    check_ours(log, "a log of this program", |start| start.starts_with(LOG_START)).or_else(unless_forced)
}

/// Where a file is or will be, however it is called.
fn place(path: &Path) -> PathBuf {
    let missing = || {
        let directory = path.parent().filter(|directory| !directory.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Some(directory.canonicalize().ok()?.join(path.file_name()?))
    };
    path.canonicalize().ok().or_else(missing).unwrap_or_else(|| path.to_path_buf())
}

/// Refuses a model file that cannot be written, and a file that is none.
pub fn check_model_file(out: &Path) -> Result<(), Failure> {
    check_replaceable(out).map_err(|error| Failure::ModelFile(ModelError::Write { path: out.to_path_buf(), error }))?;
    check_ours(out, "a model file", |start| start.starts_with(MODEL_START))
}
