//! The log: a line of JSON for each epoch.

use std::collections::HashMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use mnist_mlp::claim::{Claim, IN_USE, claim};
use mnist_mlp::model::EpochRecord;
use mnist_mlp::replace_file::target;
use serde::{Deserialize, Serialize};

use crate::cli::Failure;
use crate::cli::outputs::not_written;

/// A log file that is being written. It replaces the file's former contents.
pub struct EpochLog {
    path: PathBuf,
    file: File,
    /// Whether old contents may follow the lines written so far.
    holds_more: bool,
    _claim: Option<Claim>,
}

/// A line of the log. (The keys repeat those of `EpochRecord`, because `seconds` comes second.)
#[derive(Serialize, Deserialize, PartialEq)]
struct Line {
    epoch: usize,
    /// The time to train this epoch, without the monitors. `None` if it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    seconds: Option<f64>,
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

impl Line {
    fn new(record: &EpochRecord, seconds: Option<f64>) -> Self {
        Line {
            epoch: record.epoch,
            seconds,
            training_cost: record.training_cost,
            training_accuracy: record.training_accuracy,
            evaluation_cost: record.evaluation_cost,
            evaluation_accuracy: record.evaluation_accuracy,
            n_training: record.n_training,
            n_evaluation: record.n_evaluation,
            eta: record.eta,
        }
    }

    fn json(&self) -> io::Result<String> {
        Ok(serde_json::to_string(self)? + "\n")
    }
}

/// Whether a log starts with a complete line in our format.
pub fn is_ours(start: &[u8]) -> bool {
    let line = start.split(|&byte| byte == b'\n').next().unwrap_or_default();
    serde_json::from_slice::<Line>(line).is_ok()
}

impl EpochLog {
    /// Creates a log that begins with the epochs of `history`. Their times are taken from the existing log, if it has
    /// the same epochs.
    pub fn create(path: &Path, history: &[EpochRecord]) -> Result<Self, Failure> {
        let failure = |error| not_written("log", path)(error);
        let is_file = path.metadata().map_or(true, |metadata| metadata.is_file());
        let claim = if is_file { claimed(path).map_err(failure)? } else { None };
        let mut file = open(path, is_file, claim.is_some()).map_err(failure)?;
        let mut old = String::new();
        if is_file && !history.is_empty() {
            let _ = file.read_to_string(&mut old); // what is no text is no log either
            file.rewind().map_err(failure)?;
        }
        let old = old.lines().filter_map(|line| serde_json::from_str(line).ok());
        let old: HashMap<_, _> = old.map(|line: Line| (line.epoch, line)).collect();
        let line = |record: &EpochRecord| {
            let is_it = |line: &&Line| **line == Line::new(record, line.seconds);
            let seconds = old.get(&record.epoch).filter(is_it).and_then(|line| line.seconds);
            Line::new(record, seconds).json()
        };
        let lines: String = history.iter().map(line).collect::<Result<_, _>>().map_err(failure)?;
        file.write_all(lines.as_bytes()).map_err(failure)?;
        let mut log = EpochLog { path: path.to_path_buf(), file, holds_more: is_file, _claim: claim };
        if !history.is_empty() {
            log.cut_off().map_err(failure)?;
        }
        Ok(log)
    }

    /// Appends a line, in a single write so that other readers see only complete lines.
    pub fn add(&mut self, record: &EpochRecord, training: Duration) -> Result<(), Failure> {
        let line = Line::new(record, Some(training.as_secs_f64()));
        let written = line.json().and_then(|json| {
            self.cut_off()?;
            self.file.write_all(json.as_bytes())
        });
        written.map_err(not_written("log", &self.path))
    }

    /// Truncates the file here if lines of another training may follow. This is done only once there is an epoch of
    /// this training, so that the old epochs are kept as long as the old model is.
    fn cut_off(&mut self) -> io::Result<()> {
        if std::mem::take(&mut self.holds_more) {
            let length = self.file.stream_position()?;
            self.file.set_len(length)?;
        }
        Ok(())
    }
}

/// Claims the log, if its directory allows that. (A log that is not a regular file, such as a terminal, needs no
/// claim.)
fn claimed(log: &Path) -> io::Result<Option<Claim>> {
    use io::ErrorKind::{PermissionDenied, ReadOnlyFilesystem};
    target(log)?; // a log that is write-protected is another matter, even to the administrator
    match claim(log) {
        Ok(claim) => Ok(Some(claim)),
        Err(error) if matches!(error.kind(), PermissionDenied | ReadOnlyFilesystem) && log.exists() => Ok(None),
        Err(error) => Err(error),
    }
}

/// Opens a file at its start, without truncating it. (A log that is not a regular file is opened for writing only:
/// reading a terminal would wait for input.)
fn open(path: &Path, is_file: bool, is_claimed: bool) -> io::Result<File> {
    let file = OpenOptions::new().read(is_file).write(true).create(true).truncate(false).open(path)?;
    // The lock protects logs without a claim. On Unix it does not block readers, so every log is locked there.
    if is_file && (cfg!(unix) || !is_claimed) && matches!(file.try_lock(), Err(TryLockError::WouldBlock)) {
        return Err(io::Error::new(io::ErrorKind::ResourceBusy, IN_USE));
    }
    Ok(file)
}
