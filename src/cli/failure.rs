//! Errors of all commands: their messages and exit codes.

use std::io;
use std::ops::Range;
use std::path::PathBuf;

use mnist_mlp::committee::JoinError;
use mnist_mlp::data::classes::UnknownClasses;
use mnist_mlp::data::memory::TooMany;
use mnist_mlp::data::source::SourceError;
use mnist_mlp::download::DownloadError;
use mnist_mlp::evaluate::FitError;
use mnist_mlp::model::ModelError;
use mnist_mlp::network::{MergeError, Unlike};
use mnist_mlp::picture::find::NoDigit;
use mnist_mlp::picture::read::FileError;
use mnist_mlp::report::epochs as in_epochs;
use mnist_mlp::report::plot::{PlotError, ReadError};
use mnist_mlp::trainer::{ConfigError, Divergence, ResumeError};
use thiserror::Error;

use super::usage::Usage;
use super::{dataset, shell};

/// Why a command failed.
#[derive(Debug, Error)]
pub enum Failure {
    #[error(transparent)]
    Usage(Usage),
    #[error("{0}{command}", command = dataset::completion(.0))]
    Source(#[from] SourceError),
    #[error(transparent)]
    Download(#[from] DownloadError),
    #[error("MNIST_DATA_DIR: {0}")]
    DataVariable(SourceError),
    #[error("{path} cannot be merged with the models named before it: {unlike}, so it has a different task")]
    OtherTask { path: String, unlike: Unlike },
    #[error(
        "{path} cannot be merged with the models named before it: {unlike}; '{} eval' averages them as they are",
        shell::program()
    )]
    OtherKind { path: String, unlike: Unlike },
    #[error("{} has the classes {}, but {} has {}: these models have different tasks", first.0, first.1, other.0, other.1)]
    OtherClasses { first: (String, String), other: (String, String) },
    #[error("{model} {error}")]
    UnknownClasses { model: String, error: UnknownClasses },
    #[error("the models cannot be merged: {0}; '{program} eval' averages them as they are", program = shell::program())]
    Merge(MergeError),
    #[error("{0} exists and is not {1}, so it is not overwritten: choose another name, or remove it first")]
    Foreign(String, &'static str),
    #[error(
        "{path} exists and cannot be read ({error}), so it is not overwritten: choose another name, or remove it first"
    )]
    Unreadable { path: String, error: io::Error },
    #[error("{0}, or give --force")]
    Unforced(Box<Failure>),
    #[error("{path} cannot be resumed: {error}; --from {path} starts a new training from its weights")]
    Resume { path: String, error: ResumeError },
    #[error("{path} cannot be resumed: its settings are damaged, {error}")]
    Settings { path: String, error: ConfigError },
    #[error(
        "{path} was trained on {expected}, but these are {found}: name the data of the training with --data, or learn \
        from others with train --from {path}"
    )]
    OtherData { path: String, expected: String, found: String },
    #[error("{path}: {error}")]
    Model { path: String, error: ModelError },
    #[error(transparent)]
    ModelFile(ModelError),
    #[error(
        "{} holds {} of an interrupted training, and no copy of it can be kept as {}: {error}; name another file with \
        --out (short: -o)", path.display(), in_epochs(*done as f64), copy.display()
    )]
    NotKept { path: PathBuf, done: usize, copy: PathBuf, error: io::Error },
    #[error("{error}; what stands there has {}, from which train --resume goes on", in_epochs(*epochs as f64))]
    NotReplaced { error: ModelError, epochs: usize },
    #[error("{error}; the model was saved as {path} instead")]
    Rescued { error: ModelError, path: String },
    #[error(transparent)]
    Memory(#[from] TooMany),
    #[error("{0}: choose fewer with --train-size")]
    TrainSize(TooMany),
    #[error("there is no image to draw, so {0} was not written")]
    NothingToDraw(String),
    #[error("the {split} split has no images: the training had --validation {validation}")]
    EmptySplit { split: &'static str, validation: usize },
    #[error(
        "{images} images are too few for the {split} split of {path}, whose training had {validation} validation images: \
        are these its data? --split all takes all images"
    )]
    OtherSplit { path: String, split: &'static str, validation: usize, images: usize },
    #[error("the images to evaluate on have {0:?} pixels, those to train on {1:?}: both must be of one size")]
    Geometry((usize, usize), (usize, usize)),
    #[error(
        "the model in {path} was trained on images of {} x {} pixels, these have {} x {}: turn or cut them as its own",
        expected.0, expected.1, found.0, found.1
    )]
    Shape { path: String, expected: (usize, usize), found: (usize, usize) },
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
    #[error(
        "{path} takes {of}, which do not make a square image: predict turns pictures into squares, 28 x 28 \
        pixels for 784 inputs"
    )]
    NotSquare { path: String, of: String },
    #[error(
        "{file} does not say how high and how wide its images of {inputs} pixels are, and they are no squares, but {need} \
        must know: give them as IDX, or as an .npz archive with an array of three dimensions"
    )]
    NoShape { file: String, inputs: usize, need: &'static str },
    #[error("{0} has one output only, which cannot tell classes apart: use a model with two or more")]
    OneOutput(String),
    #[error("{model} has no answer for {images}: its weights are so large that sums overflow")]
    NoAnswer { model: String, images: String },
    #[error("{0} is neither PNG nor JPEG, nor a file of images: CSV, IDX or .npz (of which none is read from a pipe)")]
    NoPicture(String),
    #[error("{path} {error}")]
    File { path: String, error: FileError },
    #[error("{path} is {width} pixels wide and {height} high: --as-is only scales, so cut it to a square first")]
    PictureNotSquare { path: String, width: usize, height: usize },
    #[error("{path} is {error}")]
    NoDigit { path: String, error: NoDigit },
    #[error("{failed} of {all} files have no answer")]
    Unanswered { failed: usize, all: usize },
    #[error("{divergence} ({saved})")]
    Diverged { divergence: Box<Divergence>, saved: String },
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
    #[error("the {what} {path} cannot be written: {error}")]
    NotWritten { what: &'static str, path: String, error: std::io::Error },
    #[error("cannot write to standard output: {0}")]
    Output(std::io::Error),
    #[error("{failure}; {saved}")]
    AfterSaving { failure: Box<Failure>, saved: String },
    #[error("interrupted: {saved}")]
    Interrupted { signal: u8, saved: String },
}

impl Failure {
    /// 1 for a failure, 2 for wrong usage, 128 + signal for an interruption (130 for Ctrl-C).
    pub fn exit_code(&self) -> u8 {
        match self {
            Failure::Usage(_)
            | Failure::Source(SourceError::SyntheticSeed(_))
            | Failure::DataVariable(SourceError::SyntheticSeed(_)) => 2,
            Failure::Interrupted { signal, .. } => 128 + signal,
            _ => 1,
        }
    }
}

/// Every usage error is a failure.
impl<E> From<E> for Failure
where
    Usage: From<E>,
{
    fn from(error: E) -> Self {
        Failure::Usage(Usage::from(error))
    }
}
