//! Checks of output files before any work is done.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use mnist_mlp::claim::{Claim, claim};
use mnist_mlp::export::FileType;
use mnist_mlp::model::ModelError;
use mnist_mlp::network::costs;
use mnist_mlp::replace_file::{check_replaceable, target};

use super::Failure;
use super::usage::Usage;

/// The number of first bytes that suffice to recognize a file.
const START: u64 = 512;

/// Refuses a file that cannot be written, or that is not `what` (see [`check_ours`]).
pub fn check_output(
    path: &Path,
    what: &'static str,
    is_ours: impl FnOnce(&[u8]) -> bool,
    not_written: impl FnOnce(io::Error) -> Failure,
) -> Result<(), Failure> {
    check_replaceable(path).map_err(not_written)?;
    check_ours(path, what, is_ours)
}

/// Refuses to overwrite a file that is not `what`, as `is_ours` decides by its first bytes. A path that does not exist,
/// is empty or is not a regular file passes. A file that cannot be read is refused, since it might be anything. So is
/// '-', which means standard output in other programs.
pub fn check_ours(path: &Path, what: &'static str, is_ours: impl FnOnce(&[u8]) -> bool) -> Result<(), Failure> {
    if path == Path::new("-") {
        return Err(Failure::Usage(Usage::ToOutput(what)));
    }
    if !path.metadata().is_ok_and(|metadata| metadata.is_file()) {
        return Ok(());
    }
    let mut start = Vec::new();
    let read = File::open(path).and_then(|file| file.take(START).read_to_end(&mut start));
    read.map_err(|error| Failure::Unreadable { path: path.display().to_string(), error })?;
    if start.is_empty() || is_ours(&start) { Ok(()) } else { Err(Failure::Foreign(path.display().to_string(), what)) }
}

/// Whether both paths lead to the same file.
pub fn is_same(one: &Path, other: &Path) -> bool {
    target(one).is_ok_and(|one| target(other).is_ok_and(|other| one == other))
}

/// Refuses a model file that cannot be written, a file that is not a model, and an extension that is for exports.
pub fn check_model_file(out: &Path) -> Result<(), Failure> {
    if let Ok(file_type) = FileType::of(out) {
        return Err(Failure::Usage(Usage::EndingOfExport(out.display().to_string(), file_type.ending())));
    }
    check_output(out, "a model file", is_model, model_not_written(out))
}

/// Keeps other processes from writing the model file.
pub fn claim_model_file(out: &Path) -> Result<Claim, Failure> {
    claim(out).map_err(model_not_written(out))
}

/// The failure to write a model file.
pub fn model_not_written(out: &Path) -> impl FnOnce(io::Error) -> Failure {
    |error| Failure::ModelFile(ModelError::Write { path: out.to_path_buf(), error })
}

/// The failure to write `what`, such as "picture", to a file.
pub fn not_written(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Failure {
    move |error| Failure::NotWritten { what, path: path.display().to_string(), error }
}

/// Whether a model file may begin with these bytes: with the sizes of its layers, then its weights or, if network2.py
/// wrote it under Python 2, with the cost, then the weights.
fn is_model(start: &[u8]) -> bool {
    const WEIGHTS: &[u8] = b"],\"weights\":[[[";
    let start: Vec<u8> = start.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let of_python_2 = |cost: &str| start.starts_with(format!("{{\"cost\":\"{cost}\",\"weights\":[[[").as_bytes());
    if costs::<f64>().iter().any(|cost| of_python_2(cost.name_in_file())) {
        return true;
    }
    let Some(sizes) = start.strip_prefix(b"{\"sizes\":[") else { return false };
    let end = sizes.iter().position(|byte| !byte.is_ascii_digit() && *byte != b',').unwrap_or(sizes.len());
    // With a hundred layers the sizes may be longer than these bytes.
    let rest = &sizes[end..];
    rest.starts_with(WEIGHTS) || WEIGHTS.starts_with(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn model_files_are_known_by_their_beginning() {
        for start in [
            r#"{"sizes":[784,30,10],"weights":[[[0.1,"#,
            r#"{"sizes": [784, 30, 10], "weights": [[[0.1, "#,
            r#"{"cost": "QuadraticCost", "weights": [[[0.1, "#,
            r#"{"sizes":[784,30,30,30"#,
        ] {
            assert!(is_model(start.as_bytes()), "{start}");
        }
        for start in [r#"{"sizes":[36,38],"colours":["red"]}"#, r#"{"cost":"10 euros"}"#, "{}", "my thesis"] {
            assert!(!is_model(start.as_bytes()), "{start}");
        }
    }
}
