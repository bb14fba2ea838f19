//! The arguments of `mnist tune`: its own options, and those options of `mnist train` that determine the training.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::time::Duration;

use clap::error::Error;
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};

use crate::cli::args::Format;
use crate::cli::shell::words;
use crate::cli::train::arguments::TrainArguments;
use crate::cli::train::descent::DescentArguments;
use crate::cli::train::images::ImageArguments;
use crate::cli::train::schedule::ScheduleArguments;

/// Search for settings that train well.
///
/// Trials are drawn at random and trained one per core, in rounds of successive halving: all trials of a round for a
/// few epochs, the best third of them for three times as many, and so on up to --epochs. A trial that advances is
/// trained again from the start, so every figure comes from a complete training, schedule included.
///
/// Trials are chosen by their accuracy on the validation images. The test set is never used.
#[derive(Debug, Args)]
#[command(after_help = "The options of mnist train that say what to train on and how (--data, --hidden, --epochs, \
--train-size, --optimizer, …) apply to all trials.

Examples:
  mnist tune
  mnist tune --budget 5m -o best.json
  mnist tune --trials 54 --hidden 30 --epochs 10
  mnist tune --search 'eta=0.1..5,activation=sigmoid|tanh,hidden=30|100|100,50'
  mnist tune --optimizer adamw --init he --activation relu --search dropout=0..0.5")]
pub struct TuneArguments {
    /// Search for this long, as in 60s, 5m or 1h [default: 60s].
    #[arg(long, value_name = "TIME", value_parser = time, conflicts_with = "trials", allow_hyphen_values = true)]
    pub budget: Option<Duration>,

    /// Search until N trials are through, which gives the same result every time.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub trials: Option<u32>,

    /// What to search: options of mnist train, each with a range (0.01..10) or a list of values ('30|100').
    ///
    /// Ranges that span a factor of ten or more are sampled log-uniformly, others uniformly. An empty value leaves the
    /// option out, as in 'augment=|affine'. Eta, lambda, hidden and batch-size are searched unless they are given:
    /// eta=0.01..10 (with adamw 0.00002..0.02), lambda=0.1..20 (smaller for fewer than 10,000 images), hidden=10..200,
    /// batch-size=1..100.
    #[arg(long, value_name = "NAME=VALUES,…")]
    pub search: Vec<String>,

    /// Save the best trial's model.
    #[arg(short, long, value_name = "FILE")]
    pub out: Option<PathBuf>,

    /// How to print the result.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,

    /// Train at most N trials at a time, each on one thread [default: as many as there are cores].
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub threads: Option<u16>,

    /// Print nothing but the result, warnings and errors.
    #[arg(short, long)]
    pub quiet: bool,

    #[command(flatten)]
    pub fixed: Fixed,
}

/// Options of `mnist train` that apply to all trials, in the order of its help. Each has its name and its words, as in
/// `--eta 0.5`.
#[derive(Debug, Clone, Default)]
pub struct Fixed(Vec<(String, Vec<OsString>)>);

/// The options of `mnist train`, of those without a heading, that determine what is trained on and how. The others
/// determine where to start, what to monitor and where to write.
const INHERITED: [&str; 15] = [
    "data",
    "cost",
    "hidden",
    "epochs",
    "batch-size",
    "eta",
    "lambda",
    "activation",
    "init",
    "seed",
    "train-size",
    "validation",
    "engine",
    "precision",
    "no-shuffle",
];

/// Why trials cannot have an option that `mnist train` has.
pub fn why_not(name: &str) -> &'static str {
    match name {
        "monitor" | "evaluate-on" => "trials are compared by their accuracy on the validation images",
        "from" => "every trial starts from new weights",
        "log" => "all trials are printed with --format json",
        _ => "it is for a single training",
    }
}

/// The options that must be the same for all trials: those that make trials comparable, and their length.
const COMMON: [&str; 8] = ["data", "epochs", "seed", "train-size", "validation", "engine", "precision", "expand"];

/// The options of `mnist train` that apply to trials.
fn inherited() -> Vec<Arg> {
    let train = TrainArguments::augment_args(Command::new("train"));
    let grouped = ImageArguments::augment_args(DescentArguments::augment_args(ScheduleArguments::augment_args(
        Command::new("groups"),
    )));
    let plain = train.get_arguments().filter(|option| INHERITED.contains(&name(option)));
    plain.chain(grouped.get_arguments()).cloned().collect()
}

/// The options of `mnist train` that can be searched: those with a value that may differ between trials.
pub fn searchable() -> impl Iterator<Item = Arg> {
    inherited().into_iter().filter(|option| option.get_action().takes_values() && !COMMON.contains(&name(option)))
}

/// The name of an option without its hyphens.
pub fn name(option: &Arg) -> &str {
    option.get_long().unwrap_or_default()
}

impl Fixed {
    /// Whether an option is given.
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(option, _)| option == name)
    }

    /// The words of all options except those with these names.
    pub fn words_without(&self, names: &[&str]) -> impl Iterator<Item = OsString> {
        let wanted = self.0.iter().filter(move |(option, _)| !names.contains(&option.as_str()));
        wanted.flat_map(|(_, words)| words.clone())
    }
}

/// The words of an option, if it was typed.
fn typed(option: &Arg, matches: &ArgMatches) -> Option<Vec<OsString>> {
    let id = option.get_id().as_str();
    if matches.value_source(id) != Some(ValueSource::CommandLine) {
        return None;
    }
    if !option.get_action().takes_values() {
        return Some(vec![format!("--{}", name(option)).into()]);
    }
    let values: Vec<_> = matches.get_raw(id)?.collect();
    Some(words(name(option), &values.join(OsStr::new(","))))
}

impl FromArgMatches for Fixed {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let option = |option: &Arg| Some((name(option).to_string(), typed(option, matches)?));
        Ok(Fixed(inherited().iter().filter_map(option).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for Fixed {
    fn augment_args(command: Command) -> Command {
        // They are explained in the help of `mnist train`.
        command.args(inherited().into_iter().map(|option| option.hide(true)))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

/// Parses "60s", "5m" or "1h"; a bare number is in seconds.
fn time(text: &str) -> Result<Duration, &'static str> {
    const HOW: &str = "write a time above 0 as 60s, 5m or 1h";
    let unit = |(letter, seconds)| Some((text.strip_suffix(letter)?, seconds));
    let (number, unit) = [('s', 1.0), ('m', 60.0), ('h', 3600.0)].into_iter().find_map(unit).unwrap_or((text, 1.0));
    let seconds = number.trim().parse::<f64>().map_err(|_| HOW)? * unit;
    // Less than a nanosecond becomes zero.
    Duration::try_from_secs_f64(seconds).ok().filter(|time| !time.is_zero()).ok_or(HOW)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::args::{self, Arguments};

    fn fixed(line: &str) -> Vec<OsString> {
        let arguments = Arguments::try_parse_from(line.split(' ')).unwrap();
        let args::Command::Tune(tune) = arguments.command else { panic!("not tune") };
        tune.fixed.words_without(&["seed"]).collect()
    }

    #[test]
    fn options_of_a_training_come_out_as_they_went_in() {
        let words = "--hidden 30,20 --eta 1e-2 --no-shuffle --schedule cosine --augment affine,elastic --nesterov";
        let line = format!("mnist tune {words} --momentum 0.9 --seed 3 --trials 5 -q");
        let found = fixed(&line);
        let mut train = vec!["mnist".into(), "train".into()];
        train.extend(found.iter().cloned());
        let arguments = Arguments::try_parse_from(train).unwrap();
        let args::Command::Train(train) = arguments.command else { panic!("not train") };
        assert_eq!((train.hidden, train.eta, train.no_shuffle), (Some(vec![30, 20]), Some(0.01), true));
        assert_eq!((train.images.augment.len(), train.descent.momentum, train.seed), (2, Some(0.9), 0));
        assert_eq!(found.join(OsStr::new(" ")).to_str().unwrap().split(' ').count(), line.split(' ').count() - 7);
    }

    #[test]
    fn a_value_that_begins_with_a_hyphen_stays_beside_its_name() {
        assert_eq!(fixed("mnist tune --data=-odd"), ["--data=-odd"]);
        assert_eq!(fixed("mnist tune --data odd"), ["--data", "odd"]);
    }

    #[test]
    fn all_that_can_be_inherited_or_shared_is_an_option_of_train() {
        let names: Vec<_> = inherited().iter().map(|option| name(option).to_string()).collect();
        assert!(INHERITED.iter().chain(&COMMON).all(|name| names.iter().any(|found| found == name)), "{names:?}");
        assert!(names.len() > INHERITED.len() + 15, "{names:?}");
    }

    #[test]
    fn times_are_read() {
        let seconds = |text| time(text).map(|time| time.as_secs_f64());
        assert_eq!(["60s", "1.5m", "1h", "90"].map(seconds), [Ok(60.0), Ok(90.0), Ok(3600.0), Ok(90.0)]);
        for text in ["", "s", "0s", "-1s", "nan", "infs", "1e300h", "1d", "sixty"] {
            assert!(time(text).is_err(), "{text}");
        }
    }
}
