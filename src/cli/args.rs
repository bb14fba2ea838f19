//! The commands, and the options that several commands share. This module only defines them; others interpret their
//! values.

use std::ffi::OsString;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum, value_parser};
use mnist_mlp::network::{Cost, costs};

use super::completions::CompletionsArguments;
use super::download::DownloadArguments;
use super::eval::EvalArguments;
use super::export::ExportArguments;
use super::machine;
use super::man::ManArguments;
use super::merge::MergeArguments;
use super::plot::PlotArguments;
use super::predict::PredictArguments;
use super::report::ReportArguments;
use super::show::ShowArguments;
use super::slowdown::SlowdownArguments;
use super::train::arguments::TrainArguments;
use super::tune::TuneArguments;

/// Train and evaluate small neural networks on handwritten digits.
///
/// The Rust successor of network2.py from chapter 3 of Michael Nielsen's "Neural Networks and Deep Learning".
#[derive(Debug, Parser)]
#[command(
    name = "mnist",
    version,
    long_version = machine::long_version(),
    arg_required_else_help = true,
    after_help = "Example:\n  mnist train && mnist eval model.json"
)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    Train(Box<TrainArguments>),
    Eval(EvalArguments),
    Show(Box<ShowArguments>),
    Tune(TuneArguments),
    Plot(PlotArguments),
    Predict(PredictArguments),
    Report(ReportArguments),
    Slowdown(SlowdownArguments),
    Merge(MergeArguments),
    Export(ExportArguments),
    Completions(CompletionsArguments),
    Man(ManArguments),
    Download(DownloadArguments),
}

/// Where the images are.
#[derive(Debug, Args)]
pub struct DataArguments {
    /// A directory with the four IDX files (plain or .gz) or with pictures in directories of their classes, a file
    /// (.pkl.gz, .npz, .csv), or 'synthetic' for the built-in digits.
    ///
    /// Pictures, PNG or JPEG, are looked for in PATH/train/CLASS and PATH/test/CLASS, or in PATH/CLASS if all are to be
    /// trained on. If those to train on are squares of one size, at most 64 pixels a side, all are taken as they are;
    /// otherwise each is brought into the form of MNIST's digits, as mnist predict does it.
    ///
    /// Files are recognized by their contents: the book's mnist.pkl.gz, an archive like Keras's mnist.npz, or CSV with
    /// the label first or where its header says. Labels in .npz and, under a header, in CSV may be names. The test
    /// images of a CSV file are in the file beside it, with 'test' for 'train' in its name. 'synthetic:SEED' draws other
    /// built-in digits. Without this option, the environment variable MNIST_DATA_DIR names the data; without that, data/
    /// is used if the files are there, otherwise the built-in digits.
    #[arg(long, value_name = "PATH")]
    pub data: Option<OsString>,
}

/// How a model looks at images.
#[derive(Debug, Args)]
pub struct ViewArguments {
    /// Also look at each image shifted by up to N pixels, and answer by the mean z of all.
    ///
    /// N is 0 to 4: 1 adds the four shifts by one pixel that --expand shift of mnist train makes, 2 those by two steps as
    /// well, down and right for instance, which makes 13 places. It takes as many times as long, and mostly gains a little
    /// accuracy; the validation split tells. Deskewed images are shifted after that. Pixels that become free are black (0).
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true,
        value_parser = value_parser!(u8).range(0..=i64::from(MAX_SHIFTS)))]
    pub shifts: u8,
}

/// The most steps of `--shifts`, which is 41 places.
const MAX_SHIFTS: u8 = 4;

/// For commands that say what they saved.
#[derive(Debug, Args)]
pub struct QuietArguments {
    /// Print nothing but warnings and errors.
    #[arg(short, long)]
    pub quiet: bool,
}

/// The help of `--quiet` where it needs `--out`.
pub const QUIET_WITH_OUT: &str = "With --out: print nothing but warnings and errors";

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Split {
    #[default]
    Test,
    Validation,
    Train,
    /// All images to train on, those for validation included; for data without test images
    All,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Format {
    #[default]
    Text,
    Json,
}

/// A parser for the names of all costs in the library's list.
pub fn cost_name() -> impl TypedValueParser<Value = String> {
    PossibleValuesParser::new(costs::<f32>().map(Cost::name))
}

/// A parser for the names of these values.
pub fn one_of<T: Copy + Send + Sync + 'static, const N: usize>(
    all: [T; N],
    name: fn(T) -> &'static str,
) -> impl TypedValueParser<Value = T> {
    let named = move |typed: String| all.into_iter().find(|&one| name(one) == typed).ok_or("unknown");
    PossibleValuesParser::new(all.map(name)).try_map(named)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::mistyped;

    #[test]
    fn the_definition_is_sound() {
        mistyped::command().debug_assert();
    }

    #[test]
    fn the_readmes_command_parses() {
        let line = "mnist train --cost cross-entropy --epochs 30 --eta 0.5 --lambda 5.0";
        let arguments = Arguments::try_parse_from(line.split(' ')).unwrap();
        let Command::Train(train) = arguments.command else { panic!("not train") };
        assert_eq!(
            (train.cost.as_deref(), train.epochs, train.eta, train.lambda),
            (Some("cross-entropy"), 30, Some(0.5), Some(5.0))
        );
    }
}
