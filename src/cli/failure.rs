//! What goes wrong in any command: the words for it, and the exit code.

use std::io;
use std::ops::Range;
use std::path::PathBuf;

use mnist_mlp::committee::JoinError;
use mnist_mlp::data::memory::TooMany;
use mnist_mlp::data::source::SourceError;
use mnist_mlp::data::splits::SplitError;
use mnist_mlp::download::DownloadError;
use mnist_mlp::engine::UnknownInstructionSet;
use mnist_mlp::evaluate::FitError;
use mnist_mlp::export::UnknownEnding;
use mnist_mlp::model::ModelError;
use mnist_mlp::network::{MergeError, NetworkError, Unlike};
use mnist_mlp::picture::find::NoDigit;
use mnist_mlp::picture::read::FileError;
use mnist_mlp::picture::sheet::SheetError;
use mnist_mlp::report::plot::{PlotError, ReadError};
use mnist_mlp::report::{epochs as in_epochs, thousands};
use mnist_mlp::trainer::neuron::NeuronError;
use mnist_mlp::trainer::{ConfigError, Divergence, ResumeError};
use thiserror::Error;

use super::mistyped::NotANumber;
use super::tune::SearchError;
use super::{dataset, output};

/// Why a command did not do what was asked.
#[derive(Debug, Error)]
pub enum Failure {
    #[error("-{0} has one dash: did you mean --{0}?")]
    OneDash(String),
    #[error(transparent)]
    NotANumber(#[from] NotANumber),
    #[error("{0}{command}", command = dataset::completion(.0))]
    Source(#[from] SourceError),
    #[error("{0}, with --{option}", option = option_of(.0))]
    Split(#[from] SplitError),
    #[error(transparent)]
    Download(#[from] DownloadError),
    #[error("{0}")]
    Config(ConfigError),
    #[error(
        "{0}: set some aside with --validation, use --evaluate-on test, or monitor only the training images with \
        --monitor training-cost,training-accuracy"
    )]
    NothingToEvaluate(ConfigError),
    #[error("MNIST_SIMD: {0}")]
    Instructions(UnknownInstructionSet),
    #[error("MNIST_DATA_DIR: {0}")]
    DataVariable(SourceError),
    #[error("--data is empty: name a directory, or 'synthetic' for the built-in digits")]
    EmptyData,
    #[error("--{option} is for --{of}: choose that, or leave --{option} out")]
    Idle { option: &'static str, of: &'static str },
    #[error("{0}: add it with --monitor evaluation-accuracy")]
    NotWatched(ConfigError),
    #[error("a model is not written to standard output: name a file, as in --out model.json (./- for one called '-')")]
    ModelToOutput,
    #[error("--out and --log both name {0}: give each a file of its own")]
    SameFile(String),
    #[error(
        "{0} would be replaced by the result: name another file with --out (short: -o), or {0} itself if you mean that"
    )]
    ReplacesStart(String),
    #[error("{0} is one of the models to merge and would be replaced: name another file with --out (short: -o)")]
    ReplacesMember(String),
    #[error("{path} cannot be merged with the models named before it: {unlike}, so it has a different task")]
    OtherTask { path: String, unlike: Unlike },
    #[error(
        "{path} cannot be merged with the models named before it: {unlike}; '{} eval' averages them as they are",
        output::program()
    )]
    OtherKind { path: String, unlike: Unlike },
    #[error("{} has the classes {}, but {} has {}: these models have different tasks", first.0, first.1, other.0, other.1)]
    OtherClasses { first: (String, String), other: (String, String) },
    #[error("{model} knows no class called {unknown}: its classes are {known}")]
    UnknownClasses { unknown: String, model: String, known: String },
    #[error("the models cannot be merged: {0}; '{program} eval' averages them as they are", program = output::program())]
    Merge(MergeError),
    #[error("{0} exists and is not {1}, so it is not overwritten: choose another name, or remove it first")]
    Foreign(String, &'static str),
    #[error(
        "{path} exists and cannot be read ({error}), so it is not overwritten: choose another name, or remove it first"
    )]
    Unreadable { path: String, error: io::Error },
    #[error(transparent)]
    Ending(#[from] UnknownEnding),
    #[error(
        "{0}: a model is saved as JSON; name a .json file, then convert it to .{1} with '{program} export'",
        program = output::program()
    )]
    EndingOfExport(String, &'static str),
    #[error("--input is for .onnx: a .{0} file holds only weights, so leave --input out")]
    IdleInput(&'static str),
    #[error("{0}, or give --force")]
    Unforced(Box<Failure>),
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
    #[error("{path} cannot be resumed: {error}; --from {path} starts a new training from its weights")]
    Resume { path: String, error: ResumeError },
    #[error("{path} cannot be resumed: its settings are damaged, {error}")]
    Settings { path: String, error: ConfigError },
    #[error("{path} was trained on {expected}, but these are {found}: name the data of the training with --data")]
    OtherData { path: String, expected: String, found: String },
    #[error("{0}: give other sizes with --hidden")]
    Sizes(NetworkError),
    #[error("{0}, with --activation")]
    Activations(NetworkError),
    #[error(transparent)]
    Neuron(#[from] NeuronError),
    #[error("--hidden {asked} does not fit {path}, whose hidden layers are {found}: leave --hidden out")]
    HiddenOfModel { asked: String, path: String, found: String },
    #[error("{path}: {error}")]
    Model { path: String, error: ModelError },
    #[error(transparent)]
    ModelFile(ModelError),
    #[error("{error}; what stands there has {}, from which train --resume goes on", in_epochs(*epochs as f64))]
    NotReplaced { error: ModelError, epochs: usize },
    #[error("{error}; the model was saved as {path} instead")]
    Rescued { error: ModelError, path: String },
    #[error(
        "--schedule halve-on-plateau would never halve: --early-stop {early_stop} ends the training before \
        --patience {patience} is used up; choose a larger --early-stop, or a smaller --patience"
    )]
    NeverHalves { early_stop: usize, patience: usize },
    #[error("--monitor none cannot be combined with other monitors: leave it out, or the others")]
    NoneAndOthers,
    #[error(transparent)]
    Memory(#[from] TooMany),
    #[error("{0}: choose fewer with --train-size")]
    TrainSize(TooMany),
    #[error("there is no image to draw, so {0} was not written")]
    NothingToDraw(String),
    #[error("the {split} split has no images: the training had --validation {validation}")]
    EmptySplit { split: &'static str, validation: usize },
    #[error(
        "{images} images are too few for the {split} split of the training, which had {validation} validation images: \
        are these the data of the training?"
    )]
    OtherSplit { split: &'static str, validation: usize, images: usize },
    #[error("the images to evaluate on have {0:?} pixels, those to train on {1:?}: both must be of one size")]
    Geometry((usize, usize), (usize, usize)),
    #[error("the model in {path} is not for these images: {error}")]
    Fit { path: String, error: FitError },
    #[error("{path} cannot be averaged with the models named before it: {error}; evaluate it alone")]
    Join { path: String, error: JoinError },
    #[error(
        "the models have no {split} split in common: that of {} has {} images from number {} on, that of {} has {} from \
        {} on; evaluate each alone, or all with --split test",
        first.0, first.1.len(), first.1.start, other.0, other.1.len(), other.1.start
    )]
    SplitsDiffer { split: &'static str, first: (String, Range<usize>), other: (String, Range<usize>) },
    #[error("there is no image {index} in the {split} split: its {images} images are numbered from 0")]
    Index { index: usize, split: &'static str, images: usize },
    #[error("no image can have the label {label}: {known}")]
    Label { label: String, known: String },
    #[error("these are {} pictures, too many to show at once: choose fewer with --count or --epochs", thousands(*.0))]
    TooMany(usize),
    #[error("{0}: show fewer with --count")]
    Sheet(SheetError),
    #[error("the picture {path} cannot be written: {error}")]
    Picture { path: String, error: std::io::Error },
    #[error(
        "{path} takes {inputs} inputs, which do not make a square image: predict turns pictures into squares, 28 x 28 \
        pixels for 784 inputs"
    )]
    NotSquare { path: String, inputs: usize },
    #[error("{0} has one output only, which cannot tell classes apart: use a model with two or more")]
    OneOutput(String),
    #[error("{model} has no answer for {images}: its weights are so large that sums overflow")]
    NoAnswer { model: String, images: String },
    #[error("{path} {error}")]
    File { path: String, error: FileError },
    #[error("{path} is {width} pixels wide and {height} high: --as-is only scales, so cut it to a square first")]
    PictureNotSquare { path: String, width: usize, height: usize },
    #[error("{path} is {error}")]
    NoDigit { path: String, error: NoDigit },
    #[error("{failed} of {all} pictures have no answer")]
    Unanswered { failed: usize, all: usize },
    #[error("{divergence} ({saved})")]
    Diverged { divergence: Box<Divergence>, saved: String },
    #[error("the manual pages cannot be written to {}: {error}", directory.display())]
    Manual { directory: PathBuf, error: std::io::Error },
    #[error(transparent)]
    Search(#[from] SearchError),
    #[error(
        "all {0} trials were lost because they diverged: try a smaller eta, as in --search eta=0.001..1, or a smaller \
        lambda"
    )]
    AllLost(usize),
    #[error("no trial finished in this time: allow more with --budget, or train for fewer --epochs")]
    NoTrial,
    #[error("no thread can be started to train on: {0}")]
    NoThread(std::io::Error),
    #[cfg(feature = "mpi")]
    #[error(transparent)]
    Ranks(#[from] mnist_mlp::cluster::Disagreement),
    #[cfg(feature = "mpi")]
    #[error("{0}")]
    OtherRank(String),
    #[error(transparent)]
    Plot(PlotError),
    #[error("{path}: {error}")]
    NoRun { path: String, error: ReadError },
    #[error("{0}: name the picture .svg or .png")]
    PictureName(String),
    #[error("{0}: name the contact sheet .png")]
    SheetName(String),
    #[error("the log {path} cannot be written: {error}")]
    Log { path: String, error: std::io::Error },
    #[error("the page {path} cannot be written: {error}")]
    Page { path: String, error: std::io::Error },
    #[error("the answers {path} cannot be written: {error}")]
    Answers { path: String, error: std::io::Error },
    #[error("cannot write to standard output: {0}")]
    Output(std::io::Error),
    #[error("interrupted: {saved}")]
    Interrupted { signal: u8, saved: String },
}

impl Failure {
    /// 1 failed, 2 wrong usage, 128 + signal (130 for Ctrl-C) interrupted.
    pub fn exit_code(&self) -> u8 {
        match self {
            Failure::OneDash(_)
            | Failure::NotANumber(_)
            | Failure::Split(_)
            | Failure::Config(_)
            | Failure::NothingToEvaluate(_)
            | Failure::NotWatched(_)
            | Failure::EmptyData
            | Failure::Idle { .. }
            | Failure::NoneAndOthers
            | Failure::NeverHalves { .. }
            | Failure::Instructions(_)
            | Failure::SameFile(_)
            | Failure::ModelToOutput
            | Failure::ReplacesStart(_)
            | Failure::ReplacesMember(_)
            | Failure::Ending(_)
            | Failure::EndingOfExport(..)
            | Failure::IdleInput(_)
            | Failure::PictureName(_)
            | Failure::SheetName(_)
            | Failure::Sizes(_)
            | Failure::Activations(_)
            | Failure::Neuron(_)
            | Failure::HiddenOfModel { .. }
            | Failure::Index { .. }
            | Failure::Label { .. }
            | Failure::TooMany(_)
            | Failure::Sheet(_)
            | Failure::Search(_)
            | Failure::FixedOption { .. }
            | Failure::FixedEpochs { .. }
            | Failure::EpochsDone { .. }
            | Failure::Source(SourceError::SyntheticSeed(_))
            | Failure::DataVariable(SourceError::SyntheticSeed(_)) => 2,
            Failure::Interrupted { signal, .. } => 128 + signal,
            _ => 1,
        }
    }
}

/// The option that says how the images are split.
fn option_of(error: &SplitError) -> &'static str {
    match error {
        SplitError::Validation { .. } => "validation",
        SplitError::TrainSize { .. } => "train-size",
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        match error {
            ConfigError::NothingToEvaluate => Failure::NothingToEvaluate(error),
            ConfigError::NeedsAccuracy(_) => Failure::NotWatched(error),
            error => Failure::Config(error),
        }
    }
}
