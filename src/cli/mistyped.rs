//! Numbers that are none, told in the words of those who type them instead of the parser's.

use std::error::Error;
use std::num::{IntErrorKind, ParseFloatError, ParseIntError};

use clap::Command;
use clap::error::{ContextKind, ContextValue};
use thiserror::Error;

use super::Failure;

/// What stands where an option wants a number.
#[derive(Debug, Error)]
pub enum NotANumber {
    #[error("{option} takes a number: write {point} for {value}")]
    Comma { option: String, value: String, point: String },
    #[error("{option} takes a number, such as 0.5, but {value:?} is none")]
    Real { option: String, value: String },
    #[error("{option} takes a whole number from 0 on, such as 10, but {value:?} is none")]
    Whole { option: String, value: String },
    #[error("{option} {value} is too large")]
    TooLarge { option: String, value: String },
}

/// `command`, whose options take what begins with a minus for the number that it is.
pub fn command(command: Command) -> Command {
    command.mut_subcommands(|command| {
        command.mut_args(|arg| {
            let is_option = !arg.is_positional() && arg.get_action().takes_values();
            arg.allow_negative_numbers(is_option)
        })
    })
}

/// The number that was mistyped, if that is what is wrong.
pub fn number(error: &clap::Error) -> Option<Failure> {
    let context = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        _ => None,
    };
    let option = context(ContextKind::InvalidArg)?;
    let option = option.split(' ').next().unwrap_or_default().to_string();
    let value = context(ContextKind::InvalidValue)?;
    let cause = error.source()?;
    let is = |kind: &IntErrorKind| cause.downcast_ref::<ParseIntError>().is_some_and(|error| error.kind() == kind);
    if cause.is::<ParseFloatError>() {
        let point = value.replacen(',', ".", 1);
        let is_comma = point != value && point.parse::<f64>().is_ok();
        Some(
            if is_comma { NotANumber::Comma { option, value, point } } else { NotANumber::Real { option, value } }
                .into(),
        )
    } else if is(&IntErrorKind::PosOverflow) {
        Some(NotANumber::TooLarge { option, value }.into())
    } else {
        cause.is::<ParseIntError>().then(|| NotANumber::Whole { option, value }.into())
    }
}
