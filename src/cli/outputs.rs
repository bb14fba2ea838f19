//! The files that a training writes.

use std::path::Path;

use mnist_mlp::network::ModelError;
use mnist_mlp::replace_file::{check_replaceable, target};

use super::args::TrainArguments;
use super::ours::check_ours;
use super::{Failure, log};

/// Refuses output files that cannot be written, before hours of work and not after, and files that are not ours.
pub fn check(out: &Path, arguments: &TrainArguments) -> Result<(), Failure> {
    let unless_forced = |failure| match failure {
        Failure::Foreign(..) if arguments.resume.force => Ok(()),
        Failure::Foreign(..) => Err(Failure::Unforced(Box::new(failure))),
        other => Err(other),
    };
    check_model_file(out).or_else(unless_forced)?;
    let Some(log) = &arguments.log else { return Ok(()) };
    if target(log).ok().is_some_and(|log| target(out).ok() == Some(log)) {
        return Err(Failure::SameFile(log.display().to_string()));
    }
    check_ours(log, "a log of this program", log::is_ours).or_else(unless_forced)
}

/// Refuses a model file that cannot be written, and a file that is none.
pub fn check_model_file(out: &Path) -> Result<(), Failure> {
    check_replaceable(out).map_err(|error| Failure::ModelFile(ModelError::Write { path: out.to_path_buf(), error }))?;
    check_ours(out, "a model file", is_model)
}

/// Whether a model file, ours or network2.py's, may begin so: with the sizes of its layers, and then its weights.
fn is_model(start: &[u8]) -> bool {
    const WEIGHTS: &[u8] = b"],\"weights\":[[[";
    let start: Vec<u8> = start.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let Some(sizes) = start.strip_prefix(b"{\"sizes\":[") else { return false };
    let end = sizes.iter().position(|byte| !byte.is_ascii_digit() && *byte != b',').unwrap_or(sizes.len());
    // Those of a hundred layers may be longer than what is known of the file.
    let rest = &sizes[end..];
    rest.starts_with(WEIGHTS) || WEIGHTS.starts_with(rest)
}
