//! The command line: the only place that knows clap, terminals, colours and progress bars.

use clap::Parser;
use mnist_mlp::data::source::SourceError;
use mnist_mlp::data::splits::SplitError;
use mnist_mlp::evaluate::FitError;
use mnist_mlp::network::{ModelError, NetworkError};
use mnist_mlp::trainer::neuron::NeuronError;
use mnist_mlp::trainer::{ConfigError, Divergence};
use thiserror::Error;

mod args;
mod dataset;
mod eval;
mod log;
pub mod output;
mod progress;
mod slowdown;
mod train;

use args::{Arguments, Command};

/// Does what the command line asks for.
pub fn run() -> Result<(), Failure> {
    match Arguments::parse().command {
        Command::Train(arguments) => train::run(&arguments),
        Command::Eval(arguments) => eval::run(&arguments),
        Command::Slowdown(arguments) => slowdown::run(&arguments),
    }
}

/// Why a command did not do what was asked.
#[derive(Debug, Error)]
pub enum Failure {
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error(transparent)]
    Split(#[from] SplitError),
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error("{0}: give other sizes with --hidden")]
    Sizes(NetworkError),
    #[error(transparent)]
    Neuron(#[from] NeuronError),
    #[error("--hidden {asked} does not fit {path}, whose hidden layers are {found}: leave --hidden out")]
    HiddenOfModel { asked: String, path: String, found: String },
    #[error("{path}: {error}")]
    Model { path: String, error: ModelError },
    #[error(transparent)]
    Save(ModelError),
    #[error("the split '{split}' of this data is empty: the model was trained with --validation {validation}")]
    EmptySplit { split: &'static str, validation: usize },
    #[error("the model in {path} is not for these images: {error}")]
    Fit { path: String, error: FitError },
    #[error("{divergence} ({saved})")]
    Diverged { divergence: Divergence, saved: String },
    #[error("the log {path} cannot be written: {error}")]
    Log { path: String, error: std::io::Error },
    #[error("cannot write to standard output: {0}")]
    Output(std::io::Error),
    #[error("interrupted: {0}")]
    Interrupted(String),
}

impl Failure {
    /// 1 failed, 2 wrong usage, 130 interrupted.
    pub fn exit_code(&self) -> u8 {
        match self {
            Failure::Split(_)
            | Failure::Config(_)
            | Failure::Sizes(_)
            | Failure::Neuron(_)
            | Failure::HiddenOfModel { .. }
            | Failure::Source(SourceError::SyntheticSeed(_)) => 2,
            Failure::Interrupted(_) => 130,
            _ => 1,
        }
    }
}
