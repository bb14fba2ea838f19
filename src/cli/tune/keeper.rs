//! Saves the best model of a search while the search goes on, since its training may have taken an hour.

use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use mnist_mlp::engine::Trainable;
use mnist_mlp::model::ModelError;
use mnist_mlp::replace_file::replace_file;
use mnist_mlp::tune::Standing;

use super::trainer::Trainer;
use crate::cli::Failure;
use crate::cli::train::saver::{Pace, save_or_rescue};

/// The minimum interval between two saves.
const EVERY: Duration = Duration::from_secs(5);

/// Saves the best model so far.
pub struct Keeper<'a> {
    out: &'a Path,
    pace: Pace,
    /// The rank of the model in the file, if there is one.
    saved: Option<Standing>,
    /// Whether the last attempt failed.
    has_failed: bool,
}

impl<'a> Keeper<'a> {
    pub fn new(out: &'a Path) -> Self {
        Keeper { out, pace: Pace::new(Duration::ZERO, EVERY), saved: None, has_failed: false }
    }

    /// Saves the best model trained here, if it is time and the file does not hold it yet. Of several failures in
    /// succession only the first is reported.
    pub fn offer<F: Trainable>(&mut self, trainer: &Trainer<F>) -> Result<(), ModelError> {
        if !self.pace.is_due() {
            return Ok(());
        }
        let start = Instant::now();
        let Some((standing, model)) = trainer.better_than(self.saved) else { return Ok(()) };
        let result = write(self.out, &model);
        self.pace.saved(start);
        let is_news = !std::mem::replace(&mut self.has_failed, result.is_err());
        match result {
            Ok(()) => self.saved = Some(standing),
            Err(error) if is_news => return Err(error),
            Err(_) => {}
        }
        Ok(())
    }
}

/// Saves a model for the last time; if that fails, saves it elsewhere.
pub fn save_last(out: &Path, model: &[u8]) -> Result<(), Failure> {
    save_or_rescue(out, |path| write(path, model))
}

fn write(path: &Path, model: &[u8]) -> Result<(), ModelError> {
    replace_file(path, |file| file.write_all(model))
        .map_err(|error| ModelError::Write { path: path.to_path_buf(), error })
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use clap::Parser;
    use mnist_mlp::tune::Job;

    use super::*;
    use crate::cli::args::{Arguments, Command};
    use crate::cli::tune::{Hunt, common, extremes};

    #[test]
    fn a_model_that_could_not_be_saved_is_tried_again() {
        let line = "mnist tune --data synthetic --train-size 20 --validation 10 --search hidden=3|4 --eta 1 --lambda 1";
        let arguments = Arguments::try_parse_from(line.split(' ')).unwrap();
        let Command::Tune(arguments) = arguments.command else { panic!("not tune") };
        let hunt = Hunt::new::<f32>(&arguments, common(&arguments).unwrap()).unwrap();
        let trainer = hunt.trainer::<f32>(&arguments);
        let values = extremes(&hunt.space).into_iter().next().unwrap();
        trainer.train(&Job { number: 1, epochs: 1, values }, &AtomicBool::new(false));

        let directory = tempfile::tempdir().unwrap();
        let out = directory.path().join("out").join("best.json");
        let mut keeper = Keeper { pace: Pace::new(Duration::ZERO, Duration::ZERO), ..Keeper::new(&out) };
        keeper.offer(&trainer).unwrap_err();
        keeper.offer(&trainer).unwrap(); // it was told once, and is no news
        std::fs::create_dir(directory.path().join("out")).unwrap();
        keeper.offer(&trainer).unwrap();
        std::fs::remove_file(&out).unwrap();
        keeper.offer(&trainer).unwrap();
        assert!(!out.exists(), "it was saved already");
    }
}
