//! The progress of a training, and how it is saved and resumed.

use thiserror::Error;

use super::Settings;
use super::stopping::Course;
use crate::engine::State;
use crate::model::{Checkpoint, EpochRecord, Model, PackedNumbers, TrainingRecord, UnpackError};
use crate::network::Network;
use crate::real::Real;

/// The progress of a training: its result so far, and all that is needed to resume it as if it had never stopped.
///
/// The learning rate, the remaining patience and the best accuracy so far follow from the history. The order of the
/// images, the dropout and the distortions of each epoch follow from the seed.
#[derive(Debug, Clone)]
pub struct Progress<F: Real> {
    /// The network after the last completed epoch, or after the best one if that one is kept; the start network if no
    /// epoch was completed.
    pub network: Network<F>,
    /// The epoch of `network`; 0 for the start network.
    pub epoch: usize,
    /// One record per completed epoch.
    pub history: Vec<EpochRecord>,
    /// The state of the engine after the last completed epoch. `None` if `network` is the whole state, or if no epoch
    /// can follow.
    pub state: Option<State<F>>,
}

/// Why the training of a model file cannot be resumed.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum ResumeError {
    /// The file has no record of a training; network2.py's files have none.
    #[error("it does not say how it was trained")]
    NoTraining,
    /// The model was merged from this many networks.
    #[error("{0} networks were merged into it, and their training is over")]
    Merged(usize),
    /// The history is empty.
    #[error("no epoch of its training is recorded")]
    NoEpoch,
    /// The file names something that this program does not know.
    #[error("it was trained with the {what} '{}', which this program does not know", name.escape_debug())]
    Unknown {
        /// "engine", "schedule" and so on.
        what: &'static str,
        /// The name in the file.
        name: String,
    },
    /// The history does not fit the training.
    #[error("the row of epoch {epoch} in its history cannot be of this training")]
    History {
        /// The epoch, 1 for the first.
        epoch: usize,
    },
    /// The file holds weights, but lacks something else that the training needs.
    #[error("it holds weights, but not {0}, which the training needs to go on")]
    Missing(&'static str),
    /// A part of the checkpoint is damaged.
    #[error("{what} in it are damaged: {error}")]
    Damaged {
        /// Which part.
        what: &'static str,
        /// What is wrong with it.
        error: UnpackError,
    },
}

impl ResumeError {
    /// Why a model without a training of its own cannot be resumed.
    #[must_use]
    pub fn untrained<F: Real>(model: &Model<F>) -> Self {
        match model.members.len() {
            0 => ResumeError::NoTraining,
            networks => ResumeError::Merged(networks),
        }
    }
}

impl<F: Real> Progress<F> {
    /// The progress before the first epoch.
    #[must_use]
    pub fn start(network: Network<F>) -> Self {
        Progress { network, epoch: 0, history: Vec::new(), state: None }
    }

    /// The progress of the training in a model file.
    ///
    /// # Errors
    /// A [`ResumeError`] if the training cannot be resumed.
    pub fn of_model(model: Model<F>, settings: &Settings) -> Result<Self, ResumeError> {
        let untrained = ResumeError::untrained(&model);
        let Model { network, training: Some(record), history, checkpoint, .. } = model else {
            return Err(untrained);
        };
        check_history(&history, settings)?;
        let (course, last) = (Course::of(&history, settings), history.len());
        if record.epochs_done != last || record.course.epoch.unwrap_or(last) != course.kept {
            return Err(ResumeError::History { epoch: last });
        }
        let state = match course.ending {
            Some(ending) if ending.is_final(settings) => None,
            _ => state(&network, &record, settings, &checkpoint.unwrap_or_default())?,
        };
        Ok(Progress { network, epoch: course.kept, history, state })
    }

    /// The model to save at this point of the training. The rest of its training record is taken from `record`.
    #[must_use]
    pub fn model(&self, record: &TrainingRecord, settings: &Settings) -> Model<F> {
        let epochs_done = self.history.len();
        let course = settings.course_record(self.epoch, epochs_done);
        Model {
            network: self.network.clone(),
            training: Some(TrainingRecord { epochs_done, course, ..record.clone() }),
            members: Vec::new(),
            history: self.history.clone(),
            checkpoint: self.checkpoint(),
        }
    }

    /// What a model file must hold besides the network, if anything.
    fn checkpoint(&self) -> Option<Checkpoint> {
        let State { network, average, moments, .. } = self.state.as_ref()?;
        let is_last = self.epoch == self.history.len();
        let pack = |network: &Network<F>| PackedNumbers::pack(network.weights(), network.biases());
        let checkpoint = Checkpoint {
            network: (!is_last || average.is_some()).then(|| pack(network)),
            average: average.as_ref().filter(|_| !is_last).map(pack),
            moments: moments.iter().map(|moments| PackedNumbers::pack(&moments.nabla_w, &moments.nabla_b)).collect(),
        };
        (checkpoint != Checkpoint::default()).then_some(checkpoint)
    }
}

/// Checks that there is one record per epoch, that each has an evaluation accuracy if and only if it is monitored, and
/// that none follows the end of the training.
fn check_history(history: &[EpochRecord], settings: &Settings) -> Result<(), ResumeError> {
    let (_, before) = history.split_last().ok_or(ResumeError::NoEpoch)?;
    let is_row = |(row, epoch): (&EpochRecord, usize)| {
        row.epoch == epoch && row.evaluation_accuracy.is_some() == settings.monitors.evaluation_accuracy
    };
    if let Some(i) = history.iter().zip(1..).position(|row| !is_row(row)) {
        return Err(ResumeError::History { epoch: i + 1 });
    }
    let mut course = Course::of(&[], settings);
    let mut has_ended = |row: &&EpochRecord| {
        course.watch(row);
        course.ending.is_some()
    };
    match before.iter().find(|row| has_ended(row)) {
        Some(last) => Err(ResumeError::History { epoch: last.epoch + 1 }),
        None => Ok(()),
    }
}

/// The parts of a checkpoint, in words.
const LAST: &str = "the weights of the last epoch";
const AVERAGE: &str = "the running averages of the last epoch";
const MOMENTS: &str = "the moments of the optimizer";

/// The state of the engine after the last epoch; `None` if `network`, the network of the kept epoch, is the whole
/// state.
fn state<F: Real>(
    network: &Network<F>,
    record: &TrainingRecord,
    settings: &Settings,
    checkpoint: &Checkpoint,
) -> Result<Option<State<F>>, ResumeError> {
    let last = record.epochs_done;
    let is_last = record.course.epoch.is_none_or(|kept| kept == last);
    let (averages, moments) = (settings.ema.is_some(), settings.optimizer.moments());
    if is_last && !averages && moments == 0 {
        return Ok(None);
    }
    let unpack = |what, packed: &Option<PackedNumbers>| {
        let packed = packed.as_ref().ok_or(ResumeError::Missing(what))?;
        packed.unpack_network(network).map_err(|error| ResumeError::Damaged { what, error })
    };
    let now = if is_last && !averages { network.clone() } else { unpack(LAST, &checkpoint.network)? };
    let average = match averages {
        true if is_last => Some(network.clone()),
        true => Some(unpack(AVERAGE, &checkpoint.average)?),
        false => None,
    };
    let packed = checkpoint.moments.get(..moments).ok_or(ResumeError::Missing(MOMENTS))?;
    let unpack = |packed: &PackedNumbers| packed.unpack(network);
    let moments = packed.iter().map(unpack).collect::<Result<_, _>>();
    let moments = moments.map_err(|error| ResumeError::Damaged { what: MOMENTS, error })?;
    // Images are counted in 32 bits, so that for no file the number of updates overflows 64 bits.
    let n_train = u32::try_from(record.n_train).map_err(|_| ResumeError::History { epoch: last })? as usize;
    let updates = last as u64 * n_train.div_ceil(settings.batch_size.max(1)) as u64;
    Ok(Some(State { network: now, average, moments, updates }))
}

#[cfg(test)]
mod tests;
