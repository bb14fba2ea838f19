//! Conversion between the settings of a training and its record in a model file.

use super::{Keep, Monitors, ResumeError, Schedule, Settings};
use crate::data::ClassNames;
use crate::engine::{EngineKind, Machine};
use crate::model::{CourseRecord, EpochRecord, PROGRAM, TrainingRecord};
use crate::real::Precision;

/// What a training record holds besides the settings: the images and the origin of the network.
#[derive(Debug, Clone)]
pub struct Background {
    /// The name of the dataset.
    pub dataset: String,
    /// The names of its classes.
    pub classes: ClassNames,
    /// Height and width of the images.
    pub geometry: (usize, usize),
    /// Number of training images.
    pub n_train: usize,
    /// Number of images set aside for validation.
    pub n_validation: usize,
    /// What the evaluation monitors watch: "validation" or "test".
    pub evaluate_on: String,
    /// How the start weights were drawn; "model" if they came from another model file.
    pub init: String,
    /// How the training images were expanded: "shift".
    pub expand: Option<String>,
    /// Whether all images were deskewed.
    pub deskew: bool,
    /// The precision of the weights.
    pub precision: Precision,
}

impl Settings {
    /// The record of a training with these settings that has not begun.
    #[must_use]
    pub fn record(&self, background: Background) -> TrainingRecord {
        let Background {
            dataset,
            classes,
            geometry,
            n_train,
            n_validation,
            evaluate_on,
            init,
            expand,
            deskew,
            precision,
        } = background;
        TrainingRecord {
            program: PROGRAM.to_string(),
            dataset,
            classes,
            image: Some(geometry).filter(|(height, width)| height != width),
            n_train,
            n_validation,
            evaluate_on,
            init,
            epochs: self.epochs,
            batch_size: self.batch_size,
            eta: self.eta,
            lambda: self.lambda,
            l1: self.l1,
            optimizer: self.optimizer.into(),
            dropout: self.dropout,
            input_dropout: self.input_dropout,
            max_norm: self.max_norm,
            tolerance: self.tolerance,
            ema: self.ema,
            expand,
            deskew,
            augment: self.augment,
            seed: self.seed,
            shuffle: self.shuffle,
            precision: precision.into(),
            engine: self.engine.name().to_string(),
            epochs_done: 0,
            course: self.course_record(0, 0),
        }
    }

    /// The record of schedule and stopping; empty for a plain training. `epoch` is the epoch whose weights the file
    /// holds.
    #[must_use]
    pub fn course_record(&self, epoch: usize, epochs_done: usize) -> CourseRecord {
        CourseRecord {
            schedule: (self.schedule != Schedule::Constant).then(|| self.schedule.name().to_string()),
            warm_up: Some(self.warm_up_epochs()).filter(|&w| w > 0.0 || self.schedule == Schedule::OneCycle),
            patience: match self.schedule {
                Schedule::HalveOnPlateau { patience } => Some(patience),
                _ => None,
            },
            early_stop: self.early_stop,
            keep: (self.early_stop.is_some() || self.kept() == Keep::Best).then(|| self.kept().name().to_string()),
            epoch: (epoch != epochs_done).then_some(epoch),
            diverged: None,
        }
    }

    /// The settings in a training record. The monitors are those that have a value in the first record of `history`.
    ///
    /// # Errors
    /// [`ResumeError::Unknown`] or [`ResumeError::NoEpoch`].
    pub fn of_record(record: &TrainingRecord, history: &[EpochRecord], machine: Machine) -> Result<Self, ResumeError> {
        let unknown = |what, name: &str| ResumeError::Unknown { what, name: name.to_string() };
        let first = history.first().ok_or(ResumeError::NoEpoch)?;
        let CourseRecord { schedule, warm_up, patience, early_stop, keep, .. } = &record.course;
        let optimizer = record.optimizer.known().map_err(|name| unknown("optimizer", name))?;
        record.precision.known().map_err(|name| unknown("precision", name))?;
        let engine = EngineKind::ALL.into_iter().find(|kind| kind.name() == record.engine);
        let schedule = match schedule {
            None => Schedule::Constant,
            Some(name) => [
                Schedule::HalveOnPlateau { patience: patience.unwrap_or_default() },
                Schedule::Cosine,
                Schedule::OneCycle,
            ]
            .into_iter()
            .find(|schedule| schedule.name() == name)
            .ok_or_else(|| unknown("schedule", name))?,
        };
        let keep = match keep {
            None => None,
            Some(name) => {
                let known = Keep::ALL.into_iter().find(|keep| keep.name() == name);
                Some(known.ok_or_else(|| unknown("choice of an epoch", name))?)
            }
        };
        Ok(Settings {
            epochs: record.epochs,
            batch_size: record.batch_size,
            eta: record.eta,
            lambda: record.lambda,
            l1: record.l1,
            optimizer,
            dropout: record.dropout,
            input_dropout: record.input_dropout,
            max_norm: record.max_norm,
            tolerance: record.tolerance,
            ema: record.ema,
            augment: record.augment,
            seed: record.seed,
            shuffle: record.shuffle,
            monitors: Monitors::of(|monitor| monitor.of(first).is_some()),
            engine: engine.ok_or_else(|| unknown("engine", &record.engine))?,
            machine,
            schedule,
            warm_up: *warm_up,
            early_stop: *early_stop,
            keep,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_training_has_nothing_to_record() {
        assert_eq!(Settings::default().course_record(30, 30), CourseRecord::default());
        let settings =
            Settings { epochs: 10, schedule: Schedule::OneCycle, early_stop: Some(3), ..Settings::default() };
        let record = settings.course_record(4, 7);
        assert_eq!((record.schedule.as_deref(), record.warm_up), (Some("one-cycle"), Some(3.0)));
        assert_eq!((record.early_stop, record.keep.as_deref(), record.epoch), (Some(3), Some("best"), Some(4)));
    }
}
