//! Errors for mistyped options, in the user's terms instead of the parser's.

use std::any::TypeId;
use std::error::Error;
use std::ffi::OsString;
use std::num::{IntErrorKind, ParseFloatError, ParseIntError};

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, Command, CommandFactory};
use thiserror::Error;

use super::args::Arguments;
use super::{shell, tune};

/// The value of an option that takes a number is not a valid number.
#[derive(Debug, Error)]
pub enum NotANumber {
    #[error("{option} takes a number with a decimal point, not a comma: write {meant} for {value}")]
    Comma { option: String, value: String, meant: String },
    #[error("{option} takes a number, which {value:?} is not")]
    Real { option: String, value: String },
    #[error("{option} takes a whole number, which {value:?} is not")]
    Whole { option: String, value: String },
    #[error("{option} {value} is out of range: choose {range}")]
    OutOfRange { option: String, value: String, range: String },
}

/// An option that this command does not have, but another has.
#[derive(Debug, Error)]
pub enum OfAnother {
    #[error("{command} has no {option}: '{program} --version' prints the version", program = shell::program())]
    Version { command: String, option: String },
    #[error("tune has no {option}: {reason}")]
    Train { option: String, reason: &'static str },
}

/// The command line, changed in two ways. Options that take a number accept negative numbers. If an option is given
/// twice, the last value counts, so that a script may add to a command. This does not apply to lists: most lists add
/// up, and --hidden and --activation may be given only once.
pub fn command() -> Command {
    Arguments::command().mut_subcommands(|command| {
        command.mut_args(|option| {
            let option = match &option {
                // clap does not recognize all negative numbers, such as -1e-3 and -0,5.
                real if is_real(real) => option.allow_hyphen_values(true),
                whole if is_whole(whole) => option.allow_negative_numbers(true),
                _ => option,
            };
            let adds_up = matches!(option.get_action(), ArgAction::Append);
            let is_single = !option.is_positional() && !adds_up && option.get_value_delimiter().is_none();
            let id = option.get_id().clone();
            if is_single { option.overrides_with(id) } else { option }
        })
    })
}

/// Whether an option takes a real number.
pub fn is_real(option: &Arg) -> bool {
    option.get_value_parser().type_id() == TypeId::of::<f64>()
}

/// Whether an option takes a whole number.
pub fn is_whole(option: &Arg) -> bool {
    let whole =
        [TypeId::of::<u8>(), TypeId::of::<u16>(), TypeId::of::<u32>(), TypeId::of::<u64>(), TypeId::of::<usize>()];
    whole.iter().any(|whole| option.get_value_parser().type_id() == *whole)
}

/// The name of an option with one dash that should have two, such as `-eta`. The parser would read it as `-e ta`, and
/// `-hidden` as `-h`, which prints the help and is no error.
pub fn one_dash(command: &Command, line: &[OsString]) -> Option<String> {
    let (subcommand, typed) = subcommand(command, line)?;
    let is_long = |name: &str| name.len() > 1 && subcommand.get_arguments().any(|arg| arg.get_long() == Some(name));
    let options = typed.iter().take_while(|word| *word != "--").filter_map(|word| word.to_str()?.strip_prefix('-'));
    let mut names = options.filter_map(|word| word.split('=').next());
    names.find(|name| is_long(name)).map(str::to_string)
}

/// The option of another command, if that is the error: the version, which the program has, or an option of
/// `mnist train` that is not for the trials of `mnist tune`.
pub fn of_another(error: &clap::Error, command: &Command, line: &[OsString]) -> Option<OfAnother> {
    let (option, (subcommand, _)) = (unknown(error)?.clone(), subcommand(command, line)?);
    if ["--version", "-V"].contains(&option.as_str()) {
        return Some(OfAnother::Version { command: subcommand.get_name().to_string(), option });
    }
    let name = option.strip_prefix("--").filter(|_| subcommand.get_name() == "tune")?;
    let train = command.find_subcommand("train")?;
    train.get_arguments().find(|arg| arg.get_long() == Some(name))?;
    Some(OfAnother::Train { reason: tune::why_not(name), option })
}

/// The word, if the error is one that belongs to no option.
fn unknown(error: &clap::Error) -> Option<&String> {
    match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(word)) if error.kind() == ErrorKind::UnknownArgument => Some(word),
        _ => None,
    }
}

/// Adds a tip to the error for a word that belongs to an option: to `show --model`, or to a list. From the error for an
/// option it removes the parser's tip, by which an option becomes the name of a file.
pub fn with_tip(mut error: clap::Error, command: &Command, line: &[OsString]) -> clap::Error {
    let (Some(word), Some((command, typed))) = (unknown(&error), subcommand(command, line)) else { return error };
    if word.starts_with('-') {
        error.remove(ContextKind::Suggested);
    } else if let Some(tip) = tip(command, typed, word) {
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
    }
    error
}

fn tip(command: &Command, typed: &[OsString], word: &str) -> Option<String> {
    let before = typed.split(|other| other == word).next()?;
    let at = before.iter().rposition(|other| other.as_encoded_bytes().starts_with(b"-"));
    let of_list = at.and_then(|at| {
        let name = before[at].to_str()?.strip_prefix("--")?;
        let is_meant = |arg: &&Arg| arg.get_long() == Some(name) && arg.get_value_delimiter().is_some();
        command.get_arguments().find(is_meant)?;
        let values = typed[at + 1..].iter().map_while(|word| word.to_str().filter(|word| !word.starts_with('-')));
        Some(format!("write the list with commas: '--{name} {}'", values.collect::<Vec<_>>().join(",")))
    });
    let takes_model = || command.get_arguments().any(|arg| arg.get_long() == Some("model"));
    of_list.or_else(|| takes_model().then(|| format!("name a model with '--model {word}'")))
}

/// The subcommand on the command line, and the words after it.
fn subcommand<'a>(command: &'a Command, line: &'a [OsString]) -> Option<(&'a Command, &'a [OsString])> {
    let (name, typed) = line.get(1..)?.split_first()?;
    Some((command.find_subcommand(name)?, typed))
}

/// The invalid number, if that is the error.
pub fn number(error: &clap::Error) -> Option<NotANumber> {
    let context = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        _ => None,
    };
    let option = context(ContextKind::InvalidArg)?;
    let option = option.split(' ').next().unwrap_or_default().to_string();
    let value = context(ContextKind::InvalidValue)?;
    let cause = error.source()?;
    if cause.is::<ParseFloatError>() {
        return Some(match with_a_point(&value) {
            Some(meant) => NotANumber::Comma { option, value, meant },
            None => NotANumber::Real { option, value },
        });
    }
    if let Some(error) = cause.downcast_ref::<ParseIntError>() {
        let is_negative = value.strip_prefix('-').is_some_and(|digits| digits.parse::<u64>().is_ok());
        let range = match error.kind() {
            IntErrorKind::PosOverflow => "a smaller number",
            _ if is_negative => "a number without a minus",
            _ => return Some(NotANumber::Whole { option, value }),
        };
        return Some(NotANumber::OutOfRange { option, value, range: range.to_string() });
    }
    // clap describes its ranges as in "0 is not in 1..=3600".
    let text = cause.to_string();
    let (from, to) = text.strip_prefix(&value)?.strip_prefix(" is not in ")?.split_once("..=")?;
    let is_too_large = value.parse::<u64>().is_ok_and(|value| value > u32::MAX.into());
    let range = match to {
        _ if to != u32::MAX.to_string() => format!("{from} to {to}"),
        _ if is_too_large => "a smaller number".to_string(),
        _ => format!("{from} or more"),
    };
    Some(NotANumber::OutOfRange { option, value, range })
}

/// What a number with a comma means: the comma is a decimal point or separates thousands.
fn with_a_point(value: &str) -> Option<String> {
    let (whole, rest) = value.split_once(',')?;
    let point = format!("{whole}.{rest}");
    point.parse::<f64>().ok()?;
    let may_be_thousands = rest.len() == 3 && whole.parse::<i64>().is_ok_and(|whole| whole != 0);
    Some(if may_be_thousands { format!("{point} or {whole}{rest}") } else { point })
}
