//! The command line. Only this module uses clap, the terminal, colours and progress bars.

use std::ffi::OsString;

use clap::FromArgMatches;

mod args;
mod bars;
mod choice;
mod company;
mod completions;
mod dataset;
mod download;
mod eval;
mod export;
mod failure;
mod idle;
mod interrupted;
mod machine;
mod man;
mod member;
mod merge;
mod mistyped;
pub mod output;
mod outputs;
mod pixels;
mod plot;
mod predict;
mod report;
mod shell;
mod show;
mod signals;
mod slowdown;
mod split;
mod train;
mod tune;
mod usage;

use args::{Arguments, Command};
pub use failure::Failure;
use usage::Usage;

/// Runs the command that the command line asks for.
pub fn run() -> Result<(), Failure> {
    signals::outlive_file_limits();
    let (mut command, line) = (mistyped::command(), std::env::args_os().collect::<Vec<_>>());
    if let Some(name) = mistyped::one_dash(&command, &line) {
        return Err(Failure::Usage(Usage::OneDash(name)));
    }
    let matches = match command.try_get_matches_from_mut(&line) {
        Ok(matches) => matches,
        Err(error) => return unparsed(error, &command, &line),
    };
    let arguments = Arguments::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let typed = matches.subcommand().map_or(&matches, |(_, typed)| typed);
    match arguments.command {
        Command::Train(arguments) => train::run(*arguments, typed),
        Command::Eval(arguments) => eval::run(&arguments),
        Command::Show(arguments) => show::run(&arguments, typed),
        Command::Tune(arguments) => tune::run(arguments),
        Command::Plot(arguments) => plot::run(&arguments),
        Command::Predict(arguments) => predict::run(&arguments),
        Command::Report(arguments) => report::run(&arguments),
        Command::Slowdown(arguments) => slowdown::run(&arguments),
        Command::Merge(arguments) => merge::run(&arguments),
        Command::Export(arguments) => export::run(&arguments),
        Command::Completions(arguments) => completions::run(&arguments),
        Command::Man(arguments) => man::run(&arguments),
        Command::Download(arguments) => download::run(&arguments),
    }
}

/// Prints the help or the version, if that is asked for; otherwise says why the command line cannot be parsed.
fn unparsed(error: clap::Error, command: &clap::Command, line: &[OsString]) -> Result<(), Failure> {
    if !error.use_stderr() {
        return output::result(error.render().ansi());
    }
    if let Some(error) = mistyped::number(&error) {
        return Err(error.into());
    }
    if let Some(error) = mistyped::of_another(&error, command, line) {
        return Err(error.into());
    }
    mistyped::with_tip(error, command, line).exit()
}
