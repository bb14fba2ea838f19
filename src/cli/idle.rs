//! Refuses options that have no effect with the other options.

use clap::ArgMatches;
use clap::parser::ValueSource;

use super::Failure;
use super::usage::Usage;

/// Some options, the setting with which they have an effect, and whether that setting is chosen.
pub type Purpose = (&'static [&'static str], &'static str, bool);

/// Refuses the first option that was typed although the setting with which it has an effect is not chosen.
pub fn check(matches: &ArgMatches, purposes: impl IntoIterator<Item = Purpose>) -> Result<(), Failure> {
    let idle = purposes.into_iter().filter(|(.., is_chosen)| !is_chosen);
    let mut idle = idle.flat_map(|(options, of, _)| options.iter().map(move |option| (*option, of)));
    match idle.find(|(option, _)| is_typed(matches, &option.replace('-', "_"))) {
        Some((option, of)) => Err(Failure::Usage(Usage::Idle { option, of })),
        None => Ok(()),
    }
}

/// Whether an option was given on the command line.
pub fn is_typed(matches: &ArgMatches, id: &str) -> bool {
    matches.value_source(id) == Some(ValueSource::CommandLine)
}
