//! Keeps an interrupted training whose model file is about to be replaced.

use std::io::Write;
use std::path::Path;

use mnist_mlp::engine::Machine;
use mnist_mlp::model::{ModelRecord, TrainingRecord, UNQUESTIONED_SIZE, read_model_file};
use mnist_mlp::replace_file::replace_file;
use mnist_mlp::trainer::Settings;

use super::args::DataArguments;
use super::outputs::check_model_file;
use super::{output, shell};

/// A model file of a training that could be resumed.
struct Interrupted {
    file: Vec<u8>,
    dataset: String,
    done: usize,
    epochs: usize,
}

impl Interrupted {
    /// What the file at `path` holds, if it is of an interrupted training.
    fn at(path: &Path) -> Option<Self> {
        if path.metadata().map_or(true, |metadata| metadata.len() > UNQUESTIONED_SIZE) {
            return None; // to read so much would take longer than it is worth
        }
        let file = read_model_file(path).ok()?;
        let ModelRecord { training, history, .. } = ModelRecord::from_json(&file).ok()?;
        let training = training?;
        let settings = Settings::of_record(&training, &history, Machine::default()).ok()?;
        let TrainingRecord { dataset, epochs_done: done, epochs, .. } = training;
        (done < epochs && !settings.has_stopped_early(&history)).then_some(Interrupted { file, dataset, done, epochs })
    }
}

/// Copies the model at `out`, which is about to be replaced, to a file beside it if it is of an interrupted training,
/// and warns. A file of one such training is kept for each `out`: the one with the most epochs, which took the longest.
/// `data` is the dataset of this command and how it was named, if the command has any.
pub fn keep(out: &Path, data: Option<(&str, &DataArguments)>) {
    let Some(found) = Interrupted::at(out) else { return };
    let Interrupted { dataset, done, epochs, .. } = &found;
    let copy = out.with_extension("interrupted.json");
    let is_kept = Interrupted::at(&copy).is_none_or(|kept| kept.done <= *done)
        && check_model_file(&copy).is_ok()
        && replace_file(&copy, |writer| writer.write_all(&found.file)).is_ok();
    let (kept, file) = if is_kept {
        (format!("and is kept as {}", copy.display()), copy.as_path())
    } else {
        ("and is replaced: to keep it, name another file with --out (short: -o)".to_string(), out)
    };
    let resumed = match data {
        Some((these, data)) if these == dataset => shell::file_and_data(file, data),
        _ => shell::file_and_data(file, &DataArguments { data: None }) + " with its own --data",
    };
    output::warning(format_args!(
        "{} holds {done} of {epochs} epochs of another training, {kept}; to go on with it: {} train --resume {resumed}",
        out.display(),
        shell::program(),
    ));
}
