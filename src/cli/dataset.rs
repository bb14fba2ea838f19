//! Which dataset the command line means.

use std::ffi::OsString;
use std::path::Path;

use mnist_mlp::data::source::{DEFAULT_DIRECTORY, Source, SourceError};

use super::args::DataArguments;
use super::{Failure, output};

/// The variable that names the dataset where no option does.
const VARIABLE: &str = "MNIST_DATA_DIR";

/// The source that was named by the option or the variable, or the default one.
pub fn source(arguments: &DataArguments, quiet: bool) -> Result<Source, Failure> {
    if let Some(named) = &arguments.data {
        // An empty name is what a misspelt shell variable leaves: not the moment to guess.
        return if named.is_empty() { Err(Failure::EmptyData) } else { Ok(Source::named(named)?) };
    }
    if let Some(named) = std::env::var_os(VARIABLE).filter(|value: &OsString| !value.is_empty()) {
        let source = Source::named(&named).map_err(Failure::DataVariable)?;
        return match &source {
            Source::Directory(path) | Source::File(path) if !path.exists() => {
                Err(Failure::DataVariable(SourceError::NotThere(path.clone())))
            }
            _ => Ok(source),
        };
    }
    let source = Source::default_in(Path::new(DEFAULT_DIRECTORY));
    if matches!(source, Source::Synthetic { .. }) && !quiet {
        output::note(format_args!(
            "no MNIST in {DEFAULT_DIRECTORY}/, so the built-in digits are used; '{} download' fetches MNIST, --data or \
             {VARIABLE} names another place for it",
            output::program()
        ));
    }
    Ok(source)
}

/// What to type so that a command uses the dataset in `path`; nothing if it does anyway.
pub fn option(path: &Path) -> String {
    let is_default = path == Path::new(DEFAULT_DIRECTORY) && std::env::var_os(VARIABLE).is_none_or(|v| v.is_empty());
    if is_default { String::new() } else { output::option("data", path.as_os_str()) }
}
