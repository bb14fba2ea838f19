//! The epoch loop: mini-batch stochastic gradient descent, watched by monitors. It never prints.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use crate::data::batches::EpochOrder;
use crate::engine::{Engine, Evaluations, Images, PendingEvaluations, State, Subset, Trainable};
use crate::evaluate::{Evaluation, FitError, check_fit};
use crate::model::EpochRecord;
use crate::network::Network;
use crate::real::Real;

mod config;
mod ending;
pub mod neuron;
mod observer;
mod progress;
mod record;
mod schedule;
mod stopping;

pub use config::{ConfigError, MAX_THREADS, Monitors, Settings, TrainConfig};
use ending::check_finite;
pub use ending::{Divergence, Ending, NotFinite};
pub use observer::{Observer, Silent, Warning};
pub use progress::{Progress, ResumeError};
pub use record::Background;
pub use schedule::Schedule;
use stopping::Course;
pub use stopping::Keep;

/// So many epochs at chance are needed before anyone is warned.
const PATIENCE_AT_CHANCE: usize = 3;

/// What training made.
#[derive(Debug, Clone)]
pub struct Trained<F: Real> {
    /// The network after the last epoch that was completed with finite numbers, or after the best of them if that is
    /// kept; the start network if there is none.
    pub network: Network<F>,
    /// Which epoch that is; 0 for the start network.
    pub epoch: usize,
    /// A row for each epoch that was completed with finite numbers.
    pub history: Vec<EpochRecord>,
    /// See [`Progress::state`].
    pub state: Option<State<F>>,
    /// The time spent training, without the monitors, since it was started or gone on with.
    pub training_time: Duration,
    /// How it ended.
    pub ending: Ending,
}

impl<F: Real> Trained<F> {
    /// How far it has come.
    #[must_use]
    pub fn into_progress(self) -> Progress<F> {
        let Trained { network, epoch, history, state, .. } = self;
        Progress { network, epoch, history, state }
    }
}

/// Trains `network` on `training`, watched by the monitors on `training` and `evaluation`. Both may be a `&Dataset`;
/// several trainings on the same images should be given the same [`Images`], which are made ready once.
///
/// # Errors
/// A [`FitError`] if the network is not for such images.
pub fn train<F: Trainable>(
    network: Network<F>,
    training: impl Into<Images>,
    evaluation: impl Into<Images>,
    config: &TrainConfig,
    observer: &mut dyn Observer<F>,
) -> Result<Trained<F>, FitError> {
    resume(Progress::start(network), training, evaluation, config, observer)
}

/// Goes on with a training on the same images under the same settings, of which only the numbers of epochs and of
/// threads may be others, and that of epochs only if nothing [depends](Settings::depends_on_epochs) on it. What comes
/// out is what would have come out without the interruption, to the last bit.
///
/// # Errors
/// A [`FitError`] if the network is not for such images.
pub fn resume<F: Trainable>(
    progress: Progress<F>,
    training: impl Into<Images>,
    evaluation: impl Into<Images>,
    config: &TrainConfig,
    observer: &mut dyn Observer<F>,
) -> Result<Trained<F>, FitError> {
    let (training, mut evaluation) = (training.into(), evaluation.into());
    check_fit(&progress.network, training.data())?;
    check_fit(&progress.network, evaluation.data())?;
    let images = Counts { training: training.data().len(), evaluation: evaluation.data().len() };
    let settings = config.settings();
    if !settings.monitors.watched().contains(&Subset::Evaluation) {
        evaluation = evaluation.data().slice(0..0).into();
    }
    let start = |state| settings.engine.start(state, training, evaluation, settings.batch_size, settings.machine);
    Ok(resume_with(start, progress, images, config, observer))
}

/// Goes on with a training, as [`resume`] does, by an engine that `start` makes from the state to begin with. Its
/// images must fit the network.
pub fn resume_with<'a, F: Trainable>(
    start: impl FnOnce(State<F>) -> Box<dyn Engine<F> + 'a>,
    mut progress: Progress<F>,
    images: Counts,
    config: &TrainConfig,
    observer: &mut dyn Observer<F>,
) -> Trained<F> {
    let settings = config.settings();
    let course = Course::of(&progress.history, settings);
    let (training_time, ending) = if let Some(ending) = course.ending {
        (Duration::ZERO, ending)
    } else {
        // A clone: if no further epoch is completed, `progress` is returned with the state that it has.
        let state = progress.state.clone().unwrap_or_else(|| progress.network.clone().into());
        let mut session = Session {
            engine: start(state),
            images,
            settings: *settings,
            course,
            at_chance: AtChance::default(),
            learned: None,
            progress,
            training_time: Duration::ZERO,
        };
        let mut order = EpochOrder::new(images.training, settings.shuffle.then_some(settings.seed));
        let ending = session.run(&mut order, observer).break_value().unwrap_or(Ending::Completed);
        progress = session.progress;
        (session.training_time, ending)
    };
    let Progress { network, epoch, history, state } = progress;
    let state = state.filter(|_| !ending.is_final(settings));
    Trained { network, epoch, history, state, training_time, ending }
}

/// How many images there are.
#[derive(Debug, Clone, Copy)]
pub struct Counts {
    /// To train on.
    pub training: usize,
    /// To evaluate on.
    pub evaluation: usize,
}

/// A training as it goes on.
///
/// An epoch is learned while spare threads still look at the network that the one before it left. Where the figures
/// decide how the next epoch goes, or whether there is one, it waits for them.
struct Session<'a, F: Real> {
    engine: Box<dyn Engine<F> + 'a>,
    images: Counts,
    settings: Settings,
    course: Course,
    at_chance: AtChance,
    /// The epoch that the monitors are still looking at.
    learned: Option<Learned<F>>,
    progress: Progress<F>,
    training_time: Duration,
}

/// An epoch whose images are learned, before it is known what that was good for.
struct Learned<F: Real> {
    epoch: usize,
    /// The learning rate that it ended with.
    eta: f64,
    seconds: Duration,
    state: State<F>,
    looking: PendingEvaluations,
}

impl<F: Real> Session<'_, F> {
    /// Goes through the epochs until one of them is the last.
    fn run(&mut self, order: &mut EpochOrder, observer: &mut dyn Observer<F>) -> ControlFlow<Ending> {
        let settings = self.settings;
        for epoch in self.progress.history.len() + 1..=settings.epochs {
            let (eta, seconds, stop) = self.learn(epoch, order, observer)?;
            self.conclude(observer)?; // the epoch before this one, if that is still open
            observer.monitoring(epoch);
            let state = self.engine.state();
            let looking = self.engine.watch(state.result(), settings.monitors.watched());
            let is_last = stop || epoch == settings.epochs;
            let is_open = !looking.is_done() && !is_last && !self.course.decides();
            self.learned = Some(Learned { epoch, eta, seconds, state, looking });
            if !is_open {
                self.conclude(observer)?;
            }
            if stop {
                return ControlFlow::Break(Ending::Stopped);
            }
        }
        ControlFlow::Continue(())
    }

    /// One pass over the training images. Goes on with the learning rate that it ended with, the time it took, and
    /// whether the observer asked to stop at its end, when nothing but the monitors is missing from a whole epoch.
    fn learn(
        &mut self,
        epoch: usize,
        order: &mut EpochOrder,
        observer: &mut dyn Observer<F>,
    ) -> ControlFlow<Ending, (f64, Duration, bool)> {
        let settings = self.settings;
        let (start, mut concluding) = (Instant::now(), Duration::ZERO);
        if let Some(distortion) = &settings.augment {
            let distortion = distortion.faded(epoch as u64, settings.epochs as u64);
            self.engine.distort(&distortion, settings.seed, epoch as u64);
        }
        let n_train = order.len();
        let (mut done, mut eta, mut stop) = (0, settings.eta, false);
        let mut mini_batches = order.mini_batches(epoch, settings.batch_size).peekable();
        while let Some(mini_batch) = mini_batches.next() {
            let middle = (done as f64 + mini_batch.len() as f64 / 2.0) / n_train as f64;
            eta = self.course.eta((epoch - 1) as f64 + middle);
            let step = settings.step(eta, epoch, n_train);
            self.engine.update(mini_batch, mini_batches.peek().copied().unwrap_or_default(), step);
            done += mini_batch.len();
            stop = observer.mini_batch(epoch, done).is_break();
            if stop || self.learned.as_ref().is_some_and(|learned| learned.looking.is_done()) {
                let start = Instant::now();
                self.conclude(observer)?;
                concluding += start.elapsed();
            }
            if stop && done < n_train {
                return ControlFlow::Break(Ending::Stopped);
            }
        }
        ControlFlow::Continue((eta, start.elapsed().saturating_sub(concluding), stop))
    }

    /// Waits for what the monitors see of the open epoch, if there is one, and makes it known.
    fn conclude(&mut self, observer: &mut dyn Observer<F>) -> ControlFlow<Ending> {
        let Some(Learned { epoch, eta, seconds, state, looking }) = self.learned.take() else {
            return ControlFlow::Continue(());
        };
        let settings = self.settings;
        let looked = looking.wait();
        let record = EpochRecord {
            epoch,
            n_training: self.images.training,
            n_evaluation: self.images.evaluation,
            eta: settings.eta_varies().then_some(eta),
            ..figures(&looked, state.result(), &settings)
        };
        if let Err(cause) = check_finite(state.result(), &record) {
            let (Settings { eta, lambda, .. }, n_train) = (settings, self.images.training);
            return ControlFlow::Break(Ending::Diverged(Divergence { epoch, eta, lambda, n_train, cause }));
        }
        self.training_time += seconds; // not that of an epoch of which nothing is left
        self.at_chance.watch(&looked, &settings, observer);
        if self.course.watch(&record) {
            (self.progress.network, self.progress.epoch) = (state.result().clone(), epoch);
        }
        let answer = observer.epoch(&record, seconds, self.course.patience_left());
        self.progress.history.push(record);
        self.progress.state = Some(state);
        if answer.is_break() && epoch < settings.epochs {
            return ControlFlow::Break(Ending::Stopped);
        }
        if let Some(ending) = self.course.ending.take() {
            return ControlFlow::Break(ending);
        }
        observer.progress(&self.progress);
        ControlFlow::Continue(())
    }
}

/// The figures that are monitored. A cost is the mean of C_x and the regularization term over the same images.
fn figures<F: Real>(looked: &Evaluations, network: &Network<F>, settings: &Settings) -> EpochRecord {
    let Settings { monitors, lambda, l1, .. } = *settings;
    let cost = |seen: &Evaluation| seen.mean_cost() + network.regularization(lambda, l1, seen.n());
    let training = |wanted: bool| looked.training.as_ref().filter(|_| wanted);
    let evaluation = |wanted: bool| looked.evaluation.as_ref().filter(|_| wanted);
    EpochRecord {
        training_cost: training(monitors.training_cost).map(cost),
        training_accuracy: training(monitors.training_accuracy).map(Evaluation::correct),
        evaluation_cost: evaluation(monitors.evaluation_cost).map(cost),
        evaluation_accuracy: evaluation(monitors.evaluation_accuracy).map(Evaluation::correct),
        ..EpochRecord::default()
    }
}

/// Counts the epochs in a row in which nothing was learned, or nothing is left of what was. Who goes on with a training
/// is warned anew.
#[derive(Default)]
struct AtChance {
    epochs: usize,
}

impl AtChance {
    fn watch<F: Real>(&mut self, looked: &Evaluations, settings: &Settings, observer: &mut dyn Observer<F>) {
        let Some(figures) = looked.evaluation.as_ref().or(looked.training.as_ref()) else { return };
        let (accuracy, chance) = (figures.accuracy(), figures.chance());
        // Where all images are of one class there is nothing to be better at.
        self.epochs = if accuracy <= chance && chance < 1.0 { self.epochs + 1 } else { 0 };
        if self.epochs == PATIENCE_AT_CHANCE {
            observer.warning(&Warning::AtChance { epochs: self.epochs, chance, eta: settings.eta });
        }
    }
}

#[cfg(test)]
mod tests;
