//! The choice of the dataset on the command line.

use std::ffi::OsString;
use std::path::Path;

use mnist_mlp::data::source::{DEFAULT_DIRECTORY, Source, SourceError};

use super::args::DataArguments;
use super::usage::Usage;
use super::{Failure, download, output, shell};

/// The environment variable that names the dataset if no option does.
const VARIABLE: &str = "MNIST_DATA_DIR";

/// The source given by the option or by the environment variable, or the default source.
pub fn source(arguments: &DataArguments, quiet: bool) -> Result<Source, Failure> {
    if let Some(source) = named(arguments)? {
        return Ok(source);
    }
    let source = default_source();
    stand_in(&source).filter(|_| !quiet).iter().for_each(output::note);
    Ok(source)
}

/// The warning that quiet commands print in place of the note, if the built-in digits are used although nobody named
/// them: a script may have meant other digits.
pub fn warning(arguments: &DataArguments) -> Option<String> {
    if named(arguments).is_ok_and(|source| source.is_none()) { stand_in(&default_source()) } else { None }
}

/// The source given by the option or by the environment variable, which the option overrides.
fn named(arguments: &DataArguments) -> Result<Option<Source>, Failure> {
    if let Some(named) = &arguments.data {
        // An empty name is what a misspelt shell variable leaves, so do not guess.
        return if named.is_empty() { Err(Failure::Usage(Usage::EmptyData)) } else { Ok(Some(Source::named(named)?)) };
    }
    let Some(named) = std::env::var_os(VARIABLE).filter(|value: &OsString| !value.is_empty()) else { return Ok(None) };
    let source = Source::named(&named).map_err(Failure::DataVariable)?;
    match &source {
        Source::Directory(path) | Source::File(path) if !path.exists() => {
            Err(Failure::DataVariable(SourceError::NotThere(path.clone())))
        }
        _ => Ok(Some(source)),
    }
}

fn default_source() -> Source {
    Source::default_in(Path::new(DEFAULT_DIRECTORY))
}

/// What to say of the built-in digits, if these are the default source.
fn stand_in(source: &Source) -> Option<String> {
    matches!(source, Source::Synthetic { .. }).then(|| {
        format!(
            "no MNIST in {DEFAULT_DIRECTORY}/, so the built-in digits are used; '{} download' fetches MNIST, --data or \
             {VARIABLE} names another place for it",
            shell::program()
        )
    })
}

/// The command that downloads what is missing, to append to an error; empty if a download would not help.
pub fn completion(error: &SourceError) -> String {
    let SourceError::MissingFile { directory, begun: Some(known), .. } = error else { return String::new() };
    let id = if known.id == "mnist" { String::new() } else { format!(" {}", known.id) };
    let is_usual = *directory == download::default_directory(known);
    let data = if is_usual { String::new() } else { shell::option("data", directory.as_os_str()) };
    format!("; to fetch the missing files of {}: {} download{id}{data}", known.name, shell::program())
}

/// The option that makes a command use the dataset in `path`; empty if commands use it by default.
pub fn option(path: &Path) -> String {
    let is_default = path == Path::new(DEFAULT_DIRECTORY) && std::env::var_os(VARIABLE).is_none_or(|v| v.is_empty());
    if is_default { String::new() } else { shell::option("data", path.as_os_str()) }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;

    use mnist_mlp::data::known::Known;

    use super::*;

    #[test]
    fn a_download_that_can_complete_a_directory_is_named() {
        let said = |directory: &str, id: &str| {
            let begun = Known::called(id);
            completion(&SourceError::MissingFile { directory: directory.into(), name: String::new(), begun })
        };
        let program = shell::program();
        let says = |name: &str, rest: &str| format!("; to fetch the missing files of {name}: {program} download{rest}");
        assert_eq!(said("data", "mnist"), says("MNIST", ""));
        assert_eq!(said("my digits", "mnist"), says("MNIST", &shell::option("data", OsStr::new("my digits"))));
        assert_eq!(said("-d", "mnist"), says("MNIST", " --data=-d"));
        assert_eq!(said("data", "qmnist"), says("QMNIST", " qmnist --data data"));
        assert_eq!(said("data/fashion-mnist", "fashion-mnist"), says("Fashion-MNIST", " fashion-mnist"));
        assert_eq!(said("data", "none"), "");
    }
}
