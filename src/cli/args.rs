//! What can be typed, with help texts. Values only: what they mean is decided elsewhere.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use mnist_mlp::Precision;
use mnist_mlp::engine::EngineKind;
use mnist_mlp::network::{Activation, Cost, CrossEntropy, Init, costs};

use super::completions::CompletionsArguments;
use super::descent::DescentArguments;
use super::download::DownloadArguments;
use super::export::ExportArguments;
use super::images::ImageArguments;
use super::machine;
use super::man::ManArguments;
use super::member::DEFAULT_VALIDATION;
use super::merge::MergeArguments;
use super::plot::PlotArguments;
use super::predict::PredictArguments;
use super::report::ReportArguments;
use super::resume::ResumeArguments;
use super::schedule::ScheduleArguments;
use super::show::ShowArguments;
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

/// Images in a mini-batch, if nothing else is said: the book's.
pub const DEFAULT_BATCH_SIZE: usize = 10;

/// Where the images are.
#[derive(Debug, Args)]
pub struct DataArguments {
    /// A directory with the four IDX files (plain or .gz), a file (.pkl.gz, .npz, .csv), or 'synthetic' for the
    /// built-in digits.
    ///
    /// Files are recognized by their contents: the book's mnist.pkl.gz, Keras's mnist.npz, or CSV with the label first
    /// or where its header says. The test images of a CSV file are in the file beside it, with 'test' for 'train' in
    /// its name. 'synthetic:SEED' draws other built-in digits. Without this option, the environment variable
    /// MNIST_DATA_DIR names the data; without that, data/ is used if the files are there, otherwise the built-in
    /// digits.
    #[arg(long, value_name = "PATH")]
    pub data: Option<OsString>,
}

/// Train a network and save it.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  mnist train
  mnist train --cost cross-entropy --epochs 30 --eta 0.5 --lambda 5.0
  mnist train --hidden 100 --schedule cosine --keep best
  mnist train --epochs 200 --early-stop 10
  mnist train --resume model.json --epochs 60
  mnist train --hidden 100 --epochs 60 --eta 0.1 --monitor all --log run.jsonl -o wide.json")]
pub struct TrainArguments {
    #[command(flatten)]
    pub data: DataArguments,

    /// The cost to minimize; log-likelihood brings a softmax output layer.
    ///
    /// Default: cross-entropy, or with --from the cost of that model.
    #[arg(long, value_parser = cost_name())]
    pub cost: Option<String>,

    /// Neurons in the hidden layers, as in 100 or 100,50 [default: 30].
    #[arg(
        long,
        value_name = "N,…",
        action = ArgAction::Set, // twice would add layers
        value_delimiter = ',',
        value_parser = clap::value_parser!(u32).range(1..)
    )]
    pub hidden: Option<Vec<u32>>,

    /// Passes over the training images; with --resume, by default the number that the run began with.
    #[arg(short, long, value_name = "N", default_value_t = 30)]
    pub epochs: usize,

    /// Images in a mini-batch.
    #[arg(short, long, value_name = "M", default_value_t = DEFAULT_BATCH_SIZE)]
    pub batch_size: usize,

    /// Learning rate [default: 0.5, with adamw 0.001].
    #[arg(long)]
    pub eta: Option<f64>,

    /// L2 regularization parameter; 0 for none.
    #[arg(long, default_value_t = 5.0)]
    pub lambda: f64,

    #[command(flatten)]
    pub schedule: ScheduleArguments,

    /// Activation of the hidden neurons: sigmoid, tanh or relu, one for all layers or one for each, as in relu,tanh.
    ///
    /// Default: sigmoid, or with --from that of the model.
    #[arg(long, value_name = "NAME,…", action = ArgAction::Set, value_delimiter = ',', value_parser = activation_name())]
    pub activation: Option<Vec<Activation>>,

    /// Start weights: normal with deviation 1/√(inputs) (default), 1 as in the book's first chapters (large),
    /// √(2/inputs) for relu (he), or √(2/(inputs+outputs)) for tanh (xavier).
    #[arg(long, value_parser = one_of(Init::ALL, Init::name), default_value = Init::default().name())]
    pub init: Init,

    /// Seed of every random choice: the same seed gives the same model on the same kind of processor.
    #[arg(short, long, value_name = "N", default_value_t = 0)]
    pub seed: u64,

    /// Train on the first N images only [default: all but the validation images]; the built-in digits have no limit.
    #[arg(long, value_name = "N")]
    pub train_size: Option<usize>,

    /// Set the last N training images aside for validation.
    #[arg(long, value_name = "N", default_value_t = DEFAULT_VALIDATION)]
    pub validation: usize,

    /// What the evaluation monitors watch.
    #[arg(long, value_enum, default_value_t)]
    pub evaluate_on: EvaluateOn,

    /// What to watch after each epoch: all, none, or a list of monitors.
    #[arg(
        long,
        value_enum,
        value_name = "LIST",
        value_delimiter = ',',
        default_value = "training-cost,evaluation-accuracy"
    )]
    pub monitor: Vec<MonitorName>,

    /// What does the arithmetic: fast, or reference (image by image, as the book writes it).
    #[arg(long, value_parser = one_of(EngineKind::ALL, EngineKind::name), default_value = EngineKind::default().name())]
    pub engine: EngineKind,

    /// Precision of the weights.
    #[arg(long, value_parser = one_of(Precision::ALL, Precision::name), default_value = Precision::default().name())]
    pub precision: Precision,

    /// Use at most N threads [default: all cores]. Results do not depend on it; the fast engine has use for 16 at most.
    #[arg(short, long, value_name = "N")]
    pub threads: Option<usize>,

    #[command(flatten)]
    pub descent: DescentArguments,

    #[command(flatten)]
    pub images: ImageArguments,

    /// Start from the weights of a saved model, ours or network2.py's, instead of random ones.
    #[arg(long, value_name = "MODEL", conflicts_with = "init")]
    pub from: Option<PathBuf>,

    /// Keep the images in the order of the file.
    #[arg(long)]
    pub no_shuffle: bool,

    /// Where to save the model; with --resume, by default the resumed file.
    #[arg(short, long, value_name = "FILE", default_value = "model.json")]
    pub out: PathBuf,

    /// Write a line of JSON for each epoch to FILE.
    #[arg(long, value_name = "FILE")]
    pub log: Option<PathBuf>,

    /// Print nothing but warnings and errors.
    #[arg(short, long)]
    pub quiet: bool,

    #[command(flatten)]
    pub resume: ResumeArguments,
}

/// Evaluate a saved model: accuracy, cost, confusion matrix, figures per class.
///
/// Several models are evaluated each alone and as a committee, whose output is the mean of their outputs.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  mnist eval model.json
  mnist eval model.json --split validation
  mnist eval model.json --format json | jq .accuracy
  mnist eval model.json --answers answers.csv
  mnist eval seed-*.json
  mnist eval a.json b.json --format json | jq .committee.accuracy")]
pub struct EvalArguments {
    /// A model file, ours or network2.py's; several make a committee.
    ///
    /// They may differ in hidden layers, cost and precision, but not in the number of outputs, nor in the images that
    /// --split validation or --split train gives them. Outputs are averaged as they are, whether softmax or sigmoid. A
    /// committee has no cost.
    #[arg(required = true, value_name = "MODEL")]
    pub models: Vec<PathBuf>,

    #[command(flatten)]
    pub data: DataArguments,

    /// Which images.
    #[arg(long, value_enum, default_value_t)]
    pub split: Split,

    /// How to print the result.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,

    /// Also write the answer to each image to FILE, as CSV: index, label, answer and all outputs.
    ///
    /// The index counts the images of the split from 0, as in mnist show --index. Of several models, these are the
    /// answers of the committee.
    #[arg(long, value_name = "FILE")]
    pub answers: Option<PathBuf>,
}

/// Watch one sigmoid neuron learn to answer 0 to the input 1, as CSV.
///
/// The first experiment of chapter 3: starting badly wrong, the quadratic neuron hardly learns; the cross-entropy
/// neuron does. The book's animations of the latter use eta 0.005 but step as if sigma'(z) did not cancel, unlike in
/// the book's own equation; this command follows the true gradient.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  mnist slowdown --cost quadratic --weight 2 --bias 2 --eta 0.15 --epochs 300
  mnist slowdown --cost cross-entropy --weight 2 --bias 2 > curve.csv")]
pub struct SlowdownArguments {
    /// The cost to minimize.
    #[arg(long, value_parser = cost_name(), default_value = cost_default())]
    pub cost: String,

    /// Start weight.
    #[arg(long, default_value_t = 0.6)]
    pub weight: f64,

    /// Start bias.
    #[arg(long, default_value_t = 0.9)]
    pub bias: f64,

    /// Learning rate.
    #[arg(long, default_value_t = 0.15)]
    pub eta: f64,

    /// Updates to make.
    #[arg(short, long, value_name = "N", default_value_t = 300)]
    pub epochs: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum EvaluateOn {
    #[default]
    Validation,
    Test,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum MonitorName {
    All,
    None,
    TrainingCost,
    TrainingAccuracy,
    EvaluationCost,
    EvaluationAccuracy,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Split {
    #[default]
    Test,
    Validation,
    Train,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Format {
    #[default]
    Text,
    Json,
}

/// The names of all costs, from the library's list.
fn cost_name() -> impl TypedValueParser<Value = String> {
    PossibleValuesParser::new(costs::<f32>().map(Cost::name))
}

fn activation_name() -> impl TypedValueParser<Value = Activation> {
    one_of(Activation::ALL, Activation::name)
}

/// One of these by its name.
pub fn one_of<T: Copy + Send + Sync + 'static, const N: usize>(
    all: [T; N],
    name: fn(T) -> &'static str,
) -> impl TypedValueParser<Value = T> {
    let named = move |typed: String| all.into_iter().find(|&one| name(one) == typed).ok_or("unknown");
    PossibleValuesParser::new(all.map(name)).try_map(named)
}

fn cost_default() -> &'static str {
    Cost::<f32>::name(&CrossEntropy)
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
            (Some("cross-entropy"), 30, Some(0.5), 5.0)
        );
    }
}
