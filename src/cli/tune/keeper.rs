//! Keeps the best model of a search in its file while the search goes on: an hour's work is worth it.

use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use mnist_mlp::engine::Trainable;
use mnist_mlp::replace_file::replace_file;

use super::Trainer;
use crate::cli::Failure;
use crate::cli::outputs::not_written;
use crate::cli::saver::Pace;

/// Not sooner than so often.
const EVERY: Duration = Duration::from_secs(5);

/// Writes the best model on the way.
pub struct Keeper<'a> {
    out: &'a Path,
    pace: Pace,
}

impl<'a> Keeper<'a> {
    pub fn new(out: &'a Path) -> Self {
        Keeper { out, pace: Pace::new(Duration::ZERO, EVERY) }
    }

    /// Writes the best of the models that were trained here if it is time, and it is another than before.
    pub fn offer<F: Trainable>(&mut self, trainer: &Trainer<F>) -> Result<(), Failure> {
        if !self.pace.is_due() {
            return Ok(());
        }
        let start = Instant::now();
        let Some(model) = trainer.newest() else { return Ok(()) };
        let result = save(self.out, &model);
        self.pace.saved(start);
        result
    }
}

/// Writes a model's file.
pub fn save(out: &Path, model: &[u8]) -> Result<(), Failure> {
    replace_file(out, |file| file.write_all(model)).map_err(not_written(out))
}
