//! `--search`: the options of `mnist train` to search, and their ranges.

use clap::Arg;
use mnist_mlp::numbers::one_digit;
use mnist_mlp::tune::{Kind, Parameter, Space, Value, Values, ValuesError};
use thiserror::Error;

use super::arguments::{Fixed, name, searchable};
use crate::cli::Failure;
use crate::cli::mistyped::{is_real, is_whole};
use crate::cli::train::arguments::{DEFAULT_LAMBDA, fitting_lambda};
use crate::cli::train::descent::DescentArguments;

/// The range of learning rates, as factors of the optimizer's default.
const ETA: (f64, f64) = (0.02, 20.0);
/// For as many training images as the default lambda suits; smaller for few.
const LAMBDA: (f64, f64) = (0.1, 20.0);
const HIDDEN: (u64, u64) = (10, 200);
const BATCH_SIZE: (u64, u64) = (1, 100);

/// Why a search space is not valid.
#[derive(Debug, Error)]
pub enum SearchError {
    #[error("--search {0}: write NAME=VALUES, such as eta=0.01..10 or 'activation=sigmoid|relu'")]
    NoValues(String),
    #[error("--search {name}: this cannot be searched; choose from {}", known.join(", "))]
    Unknown { name: String, known: Vec<String> },
    #[error("--search {name}: {error}")]
    Values { name: String, error: ValuesError },
    #[error("--search names {0} twice")]
    Twice(String),
    #[error("--{0} is given for all trials, so it cannot be searched: leave out one of the two")]
    Fixed(String),
    #[error(
        "each optimizer has its own learning rates: with --search optimizer also give --search eta, as in \
        --search eta=0.0005..0.5, or one --eta for all trials"
    )]
    EtaOfOptimizers,
    #[error("trials begin with {epochs} epoch{}, for which {cause}", if *epochs == 1 { "" } else { "s" })]
    FirstRung { epochs: usize, cause: Box<Failure> },
    #[error(
        "there is nothing to search: eta, lambda, hidden and batch-size are all given, and --search names no other"
    )]
    Nothing,
    #[error("{0}")]
    Train(String),
    #[error("trials are chosen by their validation images: set some aside with --validation")]
    NoValidation,
}

/// The search space: the options that `search` names, and those of eta, lambda, hidden and batch-size that are neither
/// named nor fixed.
pub fn space(
    search: &[String],
    fixed: &Fixed,
    descent: &DescentArguments,
    n_train: usize,
) -> Result<Space, SearchError> {
    let items = search.iter().flat_map(|text| items(text));
    let named = items.map(|item| parameter(&item, fixed)).collect::<Result<Vec<_>, _>>()?;
    for (i, parameter) in named.iter().enumerate() {
        if named[..i].iter().any(|other| other.name == parameter.name) {
            return Err(SearchError::Twice(parameter.name.clone()));
        }
    }
    let is_named = |name: &str| named.iter().any(|parameter| parameter.name == name);
    if is_named("optimizer") && !is_named("eta") && !fixed.has("eta") {
        return Err(SearchError::EtaOfOptimizers);
    }
    let mut parameters = defaults(descent, n_train);
    parameters.retain(|parameter| !fixed.has(&parameter.name));
    for parameter in named {
        match parameters.iter_mut().find(|default| default.name == parameter.name) {
            Some(default) => *default = parameter,
            None => parameters.push(parameter),
        }
    }
    if parameters.is_empty() { Err(SearchError::Nothing) } else { Ok(Space { parameters }) }
}

fn defaults(descent: &DescentArguments, n_train: usize) -> Vec<Parameter> {
    let usual = descent.optimizer().usual_eta();
    let (low, high) = BATCH_SIZE;
    let few = fitting_lambda(n_train, descent.optimizer()) / DEFAULT_LAMBDA;
    [
        ("eta", Values::Real { low: ETA.0 * usual, high: ETA.1 * usual }),
        ("lambda", Values::Real { low: one_digit(LAMBDA.0 * few), high: one_digit(LAMBDA.1 * few) }),
        ("hidden", Values::Whole { low: HIDDEN.0, high: HIDDEN.1 }),
        ("batch-size", Values::Whole { low, high: high.min(n_train as u64) }),
    ]
    .map(|(name, values)| Parameter { name: name.to_string(), values })
    .to_vec()
}

/// The items of a `--search`, between commas. A part without `=` continues a list, as in `hidden=30|100,50`.
fn items(search: &str) -> Vec<String> {
    let mut items: Vec<String> = Vec::new();
    for part in search.split(',') {
        match items.last_mut() {
            Some(item) if !part.contains('=') => *item += &format!(",{part}"),
            _ => items.push(part.to_string()),
        }
    }
    items
}

fn parameter(item: &str, fixed: &Fixed) -> Result<Parameter, SearchError> {
    let (wanted, values) = item.split_once('=').ok_or_else(|| SearchError::NoValues(item.to_string()))?;
    let wanted = wanted.trim().trim_start_matches("--");
    let Some(option) = searchable().find(|option| name(option) == wanted) else {
        let known = searchable().map(|option| name(&option).to_string()).collect();
        return Err(SearchError::Unknown { name: wanted.to_string(), known });
    };
    if fixed.has(wanted) {
        return Err(SearchError::Fixed(wanted.to_string()));
    }
    let values = Values::parse(values.trim(), kind(&option));
    let values = values.map_err(|error| SearchError::Values { name: wanted.to_string(), error })?;
    Ok(Parameter { name: wanted.to_string(), values })
}

/// The kind of values that an option takes, according to its parser.
fn kind(option: &Arg) -> Kind {
    if is_real(option) {
        Kind::Real
    } else if is_whole(option) {
        Kind::Whole
    } else {
        Kind::Word
    }
}

/// Points of the space that together contain every extreme value once: the ends of each range, and all choices.
pub fn extremes(space: &Space) -> Vec<Vec<Value>> {
    let extremes: Vec<_> = space.parameters.iter().map(|parameter| parameter.values.extremes()).collect();
    let ordinary: Vec<_> = extremes.iter().map(|values| values[0].clone()).collect();
    let points = extremes.into_iter().enumerate().flat_map(|(i, values)| {
        let ordinary = &ordinary;
        values.into_iter().map(move |value| [&ordinary[..i], &[value], &ordinary[i + 1..]].concat())
    });
    points.collect()
}

/// Describes the space: "eta 0.01..10 (log), activation sigmoid|relu".
pub fn introduction(space: &Space) -> String {
    let each = |Parameter { name, values }: &Parameter| {
        format!("{name} {values}{}", if values.by_factors() { " (log)" } else { "" })
    };
    space.parameters.iter().map(each).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::args::{Arguments, Command};

    fn parse(line: &str) -> Result<Space, SearchError> {
        let Command::Tune(tune) = Arguments::try_parse_from(line.split(' ')).unwrap().command else {
            panic!("not tune")
        };
        let mut train = vec!["mnist".into(), "train".into()];
        train.extend(tune.fixed.words_without(&[]));
        let Command::Train(train) = Arguments::try_parse_from(train).unwrap().command else { panic!("not train") };
        space(&tune.search, &tune.fixed, &train.descent, 50_000)
    }

    fn texts(line: &str) -> Vec<String> {
        let space = parse(line).unwrap();
        space.parameters.iter().map(|parameter| format!("{}={}", parameter.name, parameter.values)).collect()
    }

    #[test]
    fn what_is_given_is_not_searched_and_what_is_named_is_as_named() {
        assert_eq!(texts("mnist tune"), ["eta=0.01..10", "lambda=0.1..20", "hidden=10..200", "batch-size=1..100"]);
        assert_eq!(texts("mnist tune --optimizer adamw --hidden 30 -b 10"), ["eta=0.00002..0.02", "lambda=0.1..20"]);
        let named = texts("mnist tune --search hidden=30|100,50|200,eta=1..5 --search dropout=0..0.5 -b 10");
        assert_eq!(named, ["eta=1..5", "lambda=0.1..20", "hidden=30|100,50|200", "dropout=0..0.5"]);
    }

    #[test]
    fn kinds_follow_from_what_an_option_takes() {
        for (text, expected) in [
            ("hidden=1..2", Values::Whole { low: 1, high: 2 }),
            ("batch-size=1..2", Values::Whole { low: 1, high: 2 }),
            ("patience=1..2", Values::Whole { low: 1, high: 2 }),
            ("lambda=1..2", Values::Real { low: 1.0, high: 2.0 }),
            ("momentum=0..1", Values::Real { low: 0.0, high: 1.0 }),
        ] {
            let name = text.split('=').next().unwrap();
            let space = parse(&format!("mnist tune --search {text}")).unwrap();
            let found = space.parameters.iter().find(|parameter| parameter.name == name).unwrap();
            assert_eq!(found.values, expected, "{text}");
        }
        assert!(matches!(parse("mnist tune --search cost=quadratic..cross-entropy"), Err(SearchError::Values { .. })));
    }

    #[test]
    fn what_cannot_be_searched_is_refused() {
        use SearchError as E;
        let error = |line: &str| parse(&format!("mnist tune {line}")).unwrap_err();
        for unknown in ["epochs", "data", "seed", "rate", "nesterov", "out"] {
            assert!(matches!(error(&format!("--search {unknown}=1..2")), E::Unknown { .. }), "{unknown}");
        }
        assert!(matches!(error("--search eta"), E::NoValues(_)));
        assert!(matches!(error("--search eta=1..5 --search dropout"), E::NoValues(name) if name == "dropout"));
        assert!(matches!(error("--search eta=1..2,eta=1..3"), E::Twice(_)));
        assert!(matches!(error("--eta 1 --search eta=1..2"), E::Fixed(_)));
        assert!(matches!(error("--search eta=a..b"), E::Values { .. }));
        assert!(matches!(error("--eta 1 --lambda 1 --hidden 30 --batch-size 10"), E::Nothing));
    }

    #[test]
    fn every_end_and_every_choice_is_tried() {
        let space = parse("mnist tune --lambda 1 --hidden 30 -b 10 --search activation=relu|tanh").unwrap();
        let text = |point: &Vec<Value>| point.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        let points: Vec<_> = extremes(&space).iter().map(text).collect();
        assert_eq!(points, ["0.01 relu", "10 relu", "0.01 relu", "0.01 tanh"]);
    }
}
