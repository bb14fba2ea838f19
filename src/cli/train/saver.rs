//! Saves a model during and after its training, and decides how often.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use mnist_mlp::Real;
use mnist_mlp::claim::Claim;
use mnist_mlp::model::{ModelError, TrainingRecord};
use mnist_mlp::trainer::{Progress, Settings};

use crate::cli::Failure;
use crate::cli::outputs::claim_model_file;

/// After saving, work continues for at least this many times as long as saving took, unless every epoch is to be saved.
const SHARE: u32 = 20;

/// Decides when to save.
pub struct Pace {
    every: Duration,
    next: Instant,
}

impl Pace {
    /// Saves for the first time after `first`, then at intervals of at least `every`.
    pub fn new(first: Duration, every: Duration) -> Self {
        Pace { every, next: Instant::now() + first }
    }

    /// Whether it is time to save.
    pub fn is_due(&self) -> bool {
        Instant::now() >= self.next
    }

    /// Records that saving began at `start` and has just ended.
    pub fn saved(&mut self, start: Instant) {
        let took = start.elapsed();
        let pause = if self.every.is_zero() { self.every } else { self.every.max(SHARE * took) };
        self.next = start + took + pause;
    }
}

/// Writes the result of long work to `out`. If that fails, writes it to the directory for temporary files, so that the
/// work is not lost. This is still a failure.
pub fn save_or_rescue(out: &Path, write: impl Fn(&Path) -> Result<(), ModelError>) -> Result<(), Failure> {
    let Err(error) = write(out) else { return Ok(()) };
    let rescue = || {
        let file = tempfile::Builder::new().prefix("mnist-").suffix(".json").tempfile().ok()?;
        let path = file.into_temp_path();
        write(&path).ok()?;
        path.keep().ok()
    };
    Err(match rescue() {
        Some(path) => Failure::Rescued { error, path: path.display().to_string() },
        None => Failure::ModelFile(error),
    })
}

/// The model file of a training, which no other process may write meanwhile.
pub struct Saver {
    out: PathBuf,
    /// The training record, without the number of epochs done.
    record: TrainingRecord,
    settings: Settings,
    pace: Pace,
    /// The number of epochs in the last save.
    saved: usize,
    _claim: Claim,
}

impl Saver {
    /// Saves to `out`, during the training at intervals of at least `every`.
    pub fn new(out: &Path, record: TrainingRecord, settings: Settings, every: Duration) -> Result<Self, Failure> {
        let claim = claim_model_file(out)?;
        Ok(Saver { out: out.to_path_buf(), record, settings, pace: Pace::new(every, every), saved: 0, _claim: claim })
    }

    /// Writes the model file.
    pub fn save<F: Real>(&mut self, progress: &Progress<F>) -> Result<(), Failure> {
        self.write(progress, None, &self.out).map_err(|error| self.not_saved(error))?;
        self.saved = progress.history.len();
        Ok(())
    }

    /// Writes the model file for the last time. `diverged` is the epoch in which the training diverged, if it did.
    pub fn save_last<F: Real>(&self, progress: &Progress<F>, diverged: Option<usize>) -> Result<(), Failure> {
        save_or_rescue(&self.out, |path| self.write(progress, diverged, path)).map_err(|failure| match failure {
            Failure::ModelFile(error) => self.not_saved(error),
            rescued => rescued,
        })
    }

    fn write<F: Real>(&self, progress: &Progress<F>, diverged: Option<usize>, path: &Path) -> Result<(), ModelError> {
        let mut model = progress.model(&self.record, &self.settings);
        if let Some(training) = &mut model.training {
            training.course.diverged = diverged;
        }
        model.save(path)
    }

    fn not_saved(&self, error: ModelError) -> Failure {
        match self.saved {
            0 => Failure::ModelFile(error),
            epochs => Failure::NotReplaced { error, epochs },
        }
    }

    /// Writes the model file if it is time.
    pub fn offer<F: Real>(&mut self, progress: &Progress<F>) -> Result<(), Failure> {
        if !self.pace.is_due() {
            return Ok(());
        }
        let start = Instant::now();
        let result = self.save(progress);
        self.pace.saved(start);
        result
    }
}
