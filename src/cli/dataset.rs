//! Which dataset the command line means.

use std::path::Path;

use mnist_mlp::data::source::{DEFAULT_DIRECTORY, Source, SourceError};

use super::args::DataArguments;
use super::output;

/// The source that was named by the option or the variable, or the default one.
pub fn source(arguments: &DataArguments, quiet: bool) -> Result<Source, SourceError> {
    if let Some(named) = arguments.data.as_deref().filter(|value| !value.is_empty()) {
        return Source::named(named);
    }
    let source = Source::default_in(Path::new(DEFAULT_DIRECTORY));
    if matches!(source, Source::Synthetic { .. }) && !quiet {
        output::note(format_args!(
            "no MNIST in {DEFAULT_DIRECTORY}/, so the built-in digits are used; for MNIST put its four files there (from \
             https://ossci-datasets.s3.amazonaws.com/mnist/) or name their directory with --data or MNIST_DATA_DIR"
        ));
    }
    Ok(source)
}

/// All cores, or as many as can be counted.
pub fn all_cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
