//! Keeps an interrupted training whose model file is about to be replaced.

use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};

use mnist_mlp::claim::{Claim, claim};
use mnist_mlp::engine::Machine;
use mnist_mlp::model::{ModelRecord, TrainingRecord, read_model_file};
use mnist_mlp::replace_file::replace_file;
use mnist_mlp::trainer::Settings;

use super::args::DataArguments;
use super::{Failure, output, shell};

/// A model file of a training that could be resumed.
struct Interrupted {
    file: Vec<u8>,
    model: ModelRecord,
    training: TrainingRecord,
}

impl Interrupted {
    /// What the file at `path` holds, if it is of an interrupted training.
    fn at(path: &Path) -> Option<Self> {
        let file = read_model_file(path).ok()?;
        let model = ModelRecord::from_json(&file).ok()?;
        let training = model.training.clone()?;
        let settings = Settings::of_record(&training, &model.history, Machine::default()).ok()?;
        let has_ended = training.epochs_done >= training.epochs
            || training.course.diverged.is_some()
            || settings.has_stopped_early(&model.history);
        (!has_ended).then_some(Interrupted { file, model, training })
    }

    /// Whether `later` is the same training, as far as here or further, so that resuming it makes this one up.
    fn is_part_of(&self, later: &Self) -> bool {
        let settings = |training: &TrainingRecord| {
            let mut settings = TrainingRecord { epochs_done: 0, ..training.clone() };
            settings.course.epoch = None; // which one is kept
            settings
        };
        let network = |model: &ModelRecord| (model.sizes.clone(), model.cost, model.activations.clone());
        settings(&self.training) == settings(&later.training)
            && self.training.init != "model" // whose start weights are not recorded
            && network(&self.model) == network(&later.model)
            && later.model.history.starts_with(&self.model.history)
    }

    /// The file beside `out` in which to keep this training: the first that is free or holds an earlier state of it and
    /// is not in use; or one that makes it up already.
    fn place(&self, out: &Path) -> Place {
        let numbers = std::iter::once(String::new()).chain((2..).map(|n: u64| format!("-{n}")));
        for path in numbers.map(|number| beside(out, &number)) {
            if path.symlink_metadata().is_err() {
                return Place { path, claim: None, is_written: false };
            }
            let Some(kept) = Interrupted::at(&path) else { continue };
            if self.is_part_of(&kept) {
                return Place { path, claim: None, is_written: true };
            }
            if kept.is_part_of(self)
                && let Ok(claim) = claim(&path)
            {
                return Place { path, claim: Some(claim), is_written: false };
            }
        }
        unreachable!("no directory has so many files")
    }
}

/// Where a training is kept.
struct Place {
    path: PathBuf,
    /// Keeps others from writing a file that is there.
    claim: Option<Claim>,
    is_written: bool,
}

/// "model.interrupted.json" for "model.json" and no number.
fn beside(out: &Path, number: &str) -> PathBuf {
    let is_json = out.extension().is_some_and(|extension| extension == "json");
    let mut name = OsString::from(if is_json { out.file_stem() } else { out.file_name() }.unwrap_or_default());
    name.push(format!(".interrupted{number}.json"));
    out.with_file_name(name)
}

/// Copies the model at `out`, which is about to be replaced, to a file beside it if it is of an interrupted training,
/// and warns. No other file is overwritten but an earlier state of the same training. `data` is the dataset of this
/// command and how it was named, if the command has any.
///
/// # Errors
/// A [`Failure::NotKept`] if there is no copy: then the model must not be replaced.
pub fn keep(out: &Path, data: Option<(&str, &DataArguments)>) -> Result<(), Failure> {
    let Some(found) = Interrupted::at(out) else { return Ok(()) };
    let TrainingRecord { dataset, epochs_done: done, epochs, .. } = &found.training;
    let Place { path, claim: _claim, is_written } = found.place(out);
    if !is_written {
        let not_kept = |error| Failure::NotKept { path: out.to_path_buf(), done: *done, copy: path.clone(), error };
        replace_file(&path, |file| file.write_all(&found.file)).map_err(not_kept)?;
    }
    let resumed = match data {
        Some((these, data)) if these == dataset => shell::file_and_data(&path, data),
        _ => shell::file_and_data(&path, &DataArguments { data: None }) + " with its own --data",
    };
    output::warning(format_args!(
        "{} holds {done} of {epochs} epochs of another training, and is kept as {}; to go on with it: {} train --resume \
        {resumed}",
        out.display(),
        path.display(),
        shell::program(),
    ));
    Ok(())
}
