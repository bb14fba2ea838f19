//! Errors of the command line, reported before any work, with exit code 2.

use mnist_mlp::data::splits::SplitError;
use mnist_mlp::engine::UnknownInstructionSet;
use mnist_mlp::export::UnknownEnding;
use mnist_mlp::network::NetworkError;
use mnist_mlp::picture::sheet::SheetError;
use mnist_mlp::report::thousands;
use mnist_mlp::trainer::ConfigError;
use mnist_mlp::trainer::neuron::NeuronError;
use thiserror::Error;

use super::mistyped::{NotANumber, OfAnother};
use super::shell;
use super::tune::SearchError;

/// Why a command line is not valid.
#[derive(Debug, Error)]
pub enum Usage {
    #[error("-{0} has one dash: did you mean --{0}?")]
    OneDash(String),
    #[error(transparent)]
    NotANumber(#[from] NotANumber),
    #[error(transparent)]
    OfAnother(#[from] OfAnother),
    #[error("{0}, with --{option}", option = option_of(.0))]
    Split(#[from] SplitError),
    #[error("{0}")]
    Config(ConfigError),
    #[error(
        "{0}: set some aside with --validation, use --evaluate-on test, or monitor only the training images with \
        --monitor training-cost,training-accuracy"
    )]
    NothingToEvaluate(ConfigError),
    #[error("MNIST_SIMD: {0}")]
    Instructions(UnknownInstructionSet),
    #[error("--data is empty: name a directory, or 'synthetic' for the built-in digits")]
    EmptyData,
    #[error("--{option} is for --{of}: choose that, or leave --{option} out")]
    Idle { option: &'static str, of: &'static str },
    #[error("{0}: add it with --monitor evaluation-accuracy")]
    NotWatched(ConfigError),
    #[error("{0} is not written to standard output: name a file (./- for one called '-')")]
    ToOutput(&'static str),
    #[error("--out and --log both name {0}: give each a file of its own")]
    SameFile(String),
    #[error(
        "{0} would be replaced by the result: name another file with --out (short: -o), or {0} itself if you mean that"
    )]
    ReplacesStart(String),
    #[error("{0} is one of the models to merge and would be replaced: name another file with --out (short: -o)")]
    ReplacesMember(String),
    #[error(transparent)]
    Ending(#[from] UnknownEnding),
    #[error(
        "{0}: a model is saved as JSON; name a .json file, then convert it to .{1} with '{program} export'",
        program = shell::program()
    )]
    EndingOfExport(String, &'static str),
    #[error("--input is for .onnx: a .{0} file holds only weights, so leave --input out")]
    IdleInput(&'static str),
    #[error(
        "--{option} cannot be given with --resume, which keeps the settings in {path}: leave it out, or start a new \
        training from these weights with --from {path}"
    )]
    FixedOption { option: String, path: String },
    #[error(
        "--epochs cannot change here: {cause} was planned for {epochs} epochs, and would have differed from the start; \
        leave --epochs out"
    )]
    FixedEpochs { cause: String, epochs: usize },
    #[error("{done} epochs are done, so --epochs {asked} is too few: choose {done} or more")]
    EpochsDone { asked: usize, done: usize },
    #[error("--hidden none is for a network without a hidden layer: give it alone, or give sizes only")]
    NoLayerAndOthers,
    #[error("{0}: give other sizes with --hidden")]
    Sizes(NetworkError),
    #[error("{0}, with --activation")]
    Activations(NetworkError),
    #[error(transparent)]
    Neuron(#[from] NeuronError),
    #[error("--hidden {asked} does not fit {path}, whose hidden layers are {found}: leave --hidden out")]
    HiddenOfModel { asked: String, path: String, found: String },
    #[error(
        "--schedule halve-on-plateau would never halve: --early-stop {early_stop} ends the training before \
        --patience {patience} is used up; choose a larger --early-stop, or a smaller --patience"
    )]
    NeverHalves { early_stop: usize, patience: usize },
    #[error("--monitor none cannot be combined with other monitors: leave it out, or the others")]
    NoneAndOthers,
    #[error("there is no image {index} in the {split} split: its {images} images are numbered from 0")]
    Index { index: usize, split: &'static str, images: usize },
    #[error("no image can have the label {label}: {known}")]
    Label { label: String, known: String },
    #[error("these are {} pictures, too many to show at once: choose fewer with --count or --epochs", thousands(*.0))]
    TooMany(usize),
    #[error("{0}: show fewer with --count")]
    Sheet(SheetError),
    #[error(transparent)]
    Search(#[from] SearchError),
    #[error("{0}: name the picture .svg or .png")]
    PictureName(String),
    #[error("{0}: name the contact sheet .png")]
    SheetName(String),
}

/// The option that determines the split.
fn option_of(error: &SplitError) -> &'static str {
    match error {
        SplitError::Validation { .. } => "validation",
        SplitError::TrainSize { .. } => "train-size",
    }
}

impl From<ConfigError> for Usage {
    fn from(error: ConfigError) -> Self {
        match error {
            ConfigError::NothingToEvaluate => Usage::NothingToEvaluate(error),
            ConfigError::NeedsAccuracy(_) => Usage::NotWatched(error),
            error => Usage::Config(error),
        }
    }
}
