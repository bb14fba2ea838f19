//! Saves a model during its training and after it, and decides how often.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use mnist_mlp::Real;
use mnist_mlp::claim::Claim;
use mnist_mlp::model::{ModelError, TrainingRecord};
use mnist_mlp::trainer::{Progress, Settings};

use super::Failure;
use super::outputs::claim_model_file;

/// Work goes on for so many times as long as saving it took before it is saved again.
const SHARE: u32 = 20;

/// When to save what takes long.
pub struct Pace {
    every: Duration,
    next: Instant,
}

impl Pace {
    /// For the first time after `first`, then not sooner than `every` so often.
    pub fn new(first: Duration, every: Duration) -> Self {
        Pace { every, next: Instant::now() + first }
    }

    /// Whether it is time.
    pub fn is_due(&self) -> bool {
        Instant::now() >= self.next
    }

    /// It was saved, which began at `start`.
    pub fn saved(&mut self, start: Instant) {
        let took = start.elapsed();
        let pause = if self.every.is_zero() { self.every } else { self.every.max(SHARE * took) };
        self.next = start + took + pause;
    }
}

/// The model file of a training, which nobody else may write meanwhile.
pub struct Saver {
    out: PathBuf,
    /// What is said of the training, but for how far it has come.
    record: TrainingRecord,
    settings: Settings,
    pace: Pace,
    /// The epochs behind what was saved so far.
    saved: usize,
    _claim: Claim,
}

impl Saver {
    /// Saves to `out`, while the training goes on not sooner than `every` so often.
    pub fn new(out: &Path, record: TrainingRecord, settings: Settings, every: Duration) -> Result<Self, Failure> {
        let claim = claim_model_file(out)?;
        Ok(Saver { out: out.to_path_buf(), record, settings, pace: Pace::new(every, every), saved: 0, _claim: claim })
    }

    /// Writes the model file.
    pub fn save<F: Real>(&mut self, progress: &Progress<F>) -> Result<(), Failure> {
        self.write(progress, &self.out).map_err(|error| self.not_saved(error))?;
        self.saved = progress.history.len();
        Ok(())
    }

    /// Writes it when nothing follows. What cannot be written where it was meant to be goes into the directory `spare`,
    /// so that the work is not lost; it is a failure all the same.
    pub fn save_last<F: Real>(&mut self, progress: &Progress<F>, spare: &Path) -> Result<(), Failure> {
        let Err(error) = self.write(progress, &self.out) else { return Ok(()) };
        Err(match self.rescue(progress, spare) {
            Some(path) => Failure::Rescued { error, path: path.display().to_string() },
            None => self.not_saved(error),
        })
    }

    fn write<F: Real>(&self, progress: &Progress<F>, path: &Path) -> Result<(), ModelError> {
        progress.model(&self.record, &self.settings).save(path)
    }

    /// Writes it to a new file of the directory `spare`, if that can be done.
    fn rescue<F: Real>(&self, progress: &Progress<F>, spare: &Path) -> Option<PathBuf> {
        let file = tempfile::Builder::new().prefix("mnist-").suffix(".json").tempfile_in(spare).ok()?;
        let path = file.into_temp_path();
        self.write(progress, &path).ok()?;
        path.keep().ok()
    }

    fn not_saved(&self, error: ModelError) -> Failure {
        match self.saved {
            0 => Failure::ModelFile(error),
            epochs => Failure::NotReplaced { error, epochs },
        }
    }

    /// Writes it if it is time.
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
