//! The log: a line of JSON for each epoch.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use mnist_mlp::network::EpochRecord;
use serde::Serialize;

use super::Failure;

/// A log file in the writing. It starts empty, whatever stood there before.
pub struct EpochLog {
    path: PathBuf,
    file: File,
}

/// A line of the log.
#[derive(Serialize)]
struct Line {
    epoch: usize,
    /// The training of this epoch alone, without the monitors.
    seconds: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    training_cost: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    training_accuracy: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    evaluation_cost: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    evaluation_accuracy: Option<usize>,
    n_training: usize,
    n_evaluation: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    eta: Option<f64>,
}

impl EpochLog {
    pub fn create(path: &Path) -> Result<Self, Failure> {
        let file = File::create(path).map_err(|error| failure(path, error))?;
        Ok(EpochLog { path: path.to_path_buf(), file })
    }

    /// Adds a line, in one write so that whoever reads along sees whole lines.
    pub fn add(&mut self, record: &EpochRecord, training: Duration) -> Result<(), Failure> {
        let line = Line {
            epoch: record.epoch,
            seconds: training.as_secs_f64(),
            training_cost: record.training_cost,
            training_accuracy: record.training_accuracy,
            evaluation_cost: record.evaluation_cost,
            evaluation_accuracy: record.evaluation_accuracy,
            n_training: record.n_training,
            n_evaluation: record.n_evaluation,
            eta: record.eta,
        };
        let json = serde_json::to_string(&line).map_err(io::Error::from);
        json.and_then(|json| self.file.write_all(format!("{json}\n").as_bytes()))
            .map_err(|error| failure(&self.path, error))
    }
}

fn failure(path: &Path, error: io::Error) -> Failure {
    Failure::Log { path: path.display().to_string(), error }
}
