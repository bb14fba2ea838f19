//! The arguments of `mnist train`.

use std::ffi::OsStr;
use std::path::PathBuf;

use clap::builder::TypedValueParser;
use clap::{Arg, ArgAction, Args, Command, ValueEnum};
use mnist_mlp::Precision;
use mnist_mlp::engine::EngineKind;
use mnist_mlp::model::Monitor;
use mnist_mlp::network::{Activation, Init, Optimizer};
use mnist_mlp::numbers::one_digit;

use super::descent::DescentArguments;
use super::images::ImageArguments;
use super::resume::ResumeArguments;
use super::schedule::ScheduleArguments;
use crate::cli::args::{DataArguments, cost_name, one_of};
use crate::cli::usage::Usage;

/// The default number of images in a mini-batch, as in the book.
pub const DEFAULT_BATCH_SIZE: usize = 10;
/// The default number of epochs, as in the book.
pub const DEFAULT_EPOCHS: usize = 30;
/// The default L2 regularization parameter, the book's for [`IMAGES_OF_LAMBDA`] training images.
pub const DEFAULT_LAMBDA: f64 = 5.0;
/// The number of training images for which the default lambda was chosen.
pub const IMAGES_OF_LAMBDA: usize = 50_000;
/// With fewer training images than this, the default lambda is so strong that it costs accuracy.
const FEW_IMAGES: usize = 10_000;

/// The default lambda or, for few training images, the one that is as strong for these: what counts is lambda/n. With
/// AdamW, lambda counts for little, and stays.
pub fn fitting_lambda(n_train: usize, optimizer: Optimizer) -> f64 {
    if n_train >= FEW_IMAGES || optimizer == Optimizer::AdamW {
        return DEFAULT_LAMBDA;
    }
    one_digit(DEFAULT_LAMBDA * n_train as f64 / IMAGES_OF_LAMBDA as f64)
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

    /// Neurons in the hidden layers, as in 100 or 100,50, or none for no hidden layer [default: 30].
    #[arg(
        long,
        value_name = "N,…",
        action = ArgAction::Set, // twice would add layers
        value_delimiter = ',',
        value_parser = Neurons
    )]
    pub hidden: Option<Vec<u32>>,

    /// Passes over the training images; with --resume, by default the number that the run began with.
    #[arg(short, long, value_name = "N", default_value_t = DEFAULT_EPOCHS)]
    pub epochs: usize,

    /// Images in a mini-batch.
    #[arg(short, long, value_name = "M", default_value_t = DEFAULT_BATCH_SIZE)]
    pub batch_size: usize,

    /// Learning rate [default: 0.5, with adamw 0.001].
    #[arg(long, aliases = ["lr", "learning-rate"])] // as other programs call it
    pub eta: Option<f64>,

    /// L2 regularization parameter; 0 for none [default: 5, which suits 50,000 images; fewer need less].
    #[arg(long)]
    pub lambda: Option<f64>,

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

    /// Set the last N training images aside for validation [default: 10000, of fewer than 20000 images a sixth].
    #[arg(long, value_name = "N")]
    pub validation: Option<usize>,

    /// What the evaluation monitors watch.
    #[arg(long, value_enum, default_value_t)]
    pub evaluate_on: EvaluateOn,

    /// What to watch after each epoch: all, none, or a list of monitors.
    #[arg(
        long,
        value_parser = one_of(MonitorName::ALL, MonitorName::name),
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

impl TrainArguments {
    /// The L2 regularization parameter.
    pub fn lambda(&self) -> f64 {
        self.lambda.unwrap_or(DEFAULT_LAMBDA)
    }

    /// The number of neurons in each hidden layer, if given; no number for no hidden layer.
    pub fn hidden_layers(&self) -> Result<Option<Vec<usize>>, Usage> {
        match self.hidden.as_deref() {
            None => Ok(None),
            Some([NO_LAYER]) => Ok(Some(Vec::new())),
            Some(hidden) if hidden.contains(&NO_LAYER) => Err(Usage::NoLayerAndOthers),
            Some(hidden) => Ok(Some(hidden.iter().map(|&n| n as usize).collect())),
        }
    }
}

/// What stands for `none` in the list of hidden layers.
const NO_LAYER: u32 = 0;

/// Parses the number of neurons of a layer, or `none`.
#[derive(Debug, Clone)]
struct Neurons;

impl TypedValueParser for Neurons {
    type Value = u32;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<u32, clap::Error> {
        if value.eq_ignore_ascii_case("none") {
            return Ok(NO_LAYER);
        }
        clap::value_parser!(u32).range(1..).parse_ref(command, arg, value)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum EvaluateOn {
    #[default]
    Validation,
    Test,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MonitorName {
    All,
    None,
    One(Monitor),
}

impl MonitorName {
    const ALL: [Self; 6] = {
        let [a, b, c, d] = Monitor::ALL;
        [Self::All, Self::None, Self::One(a), Self::One(b), Self::One(c), Self::One(d)]
    };

    fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::None => "none",
            Self::One(monitor) => monitor.name(),
        }
    }
}

fn activation_name() -> impl TypedValueParser<Value = Activation> {
    one_of(Activation::ALL, Activation::name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_images_need_a_smaller_lambda() {
        let found = |n| fitting_lambda(n, Optimizer::default()).to_string();
        let expected = ["5", "5", "0.9", "0.05", "0.005", "0.0001"];
        assert_eq!([50_000, 10_000, 9_000, 500, 53, 1].map(found), expected);
        assert_eq!(fitting_lambda(500, Optimizer::AdamW).to_string(), "5");
    }
}
