//! Checks the output files of a training before it begins.

use std::path::Path;

use super::arguments::TrainArguments;
use super::log;
use crate::cli::Failure;
use crate::cli::outputs::{check_model_file, check_ours, is_same};
use crate::cli::usage::Usage;

/// Refuses output files that cannot be written, before rather than after hours of training, and files that are not this
/// program's.
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

/// Refuses to replace the model of `--from` when `--out` was not given: nobody asked for that.
pub fn check_kept(arguments: &TrainArguments) -> Result<(), Failure> {
    match &arguments.from {
        Some(from) if is_same(from, &arguments.out) => {
            Err(Failure::Usage(Usage::ReplacesStart(from.display().to_string())))
        }
        _ => Ok(()),
    }
}
