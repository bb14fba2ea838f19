//! The files that a training writes, checked before the work.

use std::path::Path;

use super::arguments::TrainArguments;
use super::log;
use crate::cli::Failure;
use crate::cli::outputs::{check_model_file, check_ours, is_same};
use crate::cli::usage::Usage;

/// Refuses output files of a training that cannot be written, before hours of work and not after, and files that are
/// not ours.
pub fn check(out: &Path, arguments: &TrainArguments) -> Result<(), Failure> {
    let unless_forced = |failure| match failure {
        Failure::Foreign(..) if arguments.resume.force => Ok(()),
        Failure::Foreign(..) => Err(Failure::Unforced(Box::new(failure))),
        other => Err(other),
    };
    check_model_file(out).or_else(unless_forced)?;
    let Some(log) = &arguments.log else { return Ok(()) };
    if is_same(log, out) {
        return Err(Failure::Usage(Usage::SameFile(log.display().to_string())));
    }
    check_ours(log, "a log of this program", log::is_ours).or_else(unless_forced)
}

/// Keeps the model of `--from` from being replaced by what comes out, which nobody who leaves `--out` out has asked
/// for.
pub fn check_kept(arguments: &TrainArguments) -> Result<(), Failure> {
    match &arguments.from {
        Some(from) if is_same(from, &arguments.out) => {
            Err(Failure::Usage(Usage::ReplacesStart(from.display().to_string())))
        }
        _ => Ok(()),
    }
}
