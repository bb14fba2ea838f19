//! The epoch loop: mini-batch stochastic gradient descent with monitors. Nothing here prints.

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

/// After this many epochs in a row at chance, the observer is warned.
const PATIENCE_AT_CHANCE: usize = 3;

/// The result of a training.
#[derive(Debug, Clone)]
pub struct Trained<F: Real> {
    /// The network after the last epoch that was completed with finite numbers, or after the best such epoch if that
    /// one is kept; the start network if there is no such epoch.
    pub network: Network<F>,
    /// The epoch of `network`; 0 for the start network.
    pub epoch: usize,
    /// One record per epoch that was completed with finite numbers.
    pub history: Vec<EpochRecord>,
    /// See [`Progress::state`].
    pub state: Option<State<F>>,
    /// The time spent training since it was started or resumed, without the monitors.
    pub training_time: Duration,
    /// How the training ended.
    pub ending: Ending,
}

impl<F: Real> Trained<F> {
    /// The progress of the training, from which it can be resumed.
    #[must_use]
    pub fn into_progress(self) -> Progress<F> {
        let Trained { network, epoch, history, state, .. } = self;
        Progress { network, epoch, history, state }
    }
}

/// Trains `network` on `training`; the monitors watch `training` and `evaluation`. Both may be a `&Dataset`. For
/// several trainings on the same images pass clones of the same [`Images`], which are prepared only once.
///
/// # Errors
/// A [`FitError`] if the network does not fit the images.
pub fn train<F: Trainable>(
    network: Network<F>,
    training: impl Into<Images>,
    evaluation: impl Into<Images>,
    config: &TrainConfig,
    observer: &mut dyn Observer<F>,
) -> Result<Trained<F>, FitError> {
    resume(Progress::start(network), training, evaluation, config, observer)
}

/// Resumes a training. Images and settings must be the same as before, except for the number of threads and, if nothing
/// [depends](Settings::depends_on_epochs) on it, the number of epochs. The result is the same, to the last bit, as
/// without the interruption.
///
/// # Errors
/// A [`FitError`] if the network does not fit the images.
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

/// Resumes a training as [`resume`] does, with the engine that `start` creates from the initial state. The engine's
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
        // Cloned because `progress` keeps its state if no further epoch is completed.
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

/// The numbers of images.
#[derive(Debug, Clone, Copy)]
pub struct Counts {
    /// Images to train on.
    pub training: usize,
    /// Images to evaluate on.
    pub evaluation: usize,
}

/// A training in progress.
///
/// While an epoch is being learned, spare threads may still evaluate the network of the previous epoch. If the results
/// of the monitors determine how the next epoch is trained, or whether there is one, training waits for them.
struct Session<'a, F: Real> {
    engine: Box<dyn Engine<F> + 'a>,
    images: Counts,
    settings: Settings,
    course: Course,
    at_chance: AtChance,
    /// The epoch that the monitors are still evaluating.
    learned: Option<Learned<F>>,
    progress: Progress<F>,
    training_time: Duration,
}

/// An epoch whose images are learned but whose monitors may not have finished.
struct Learned<F: Real> {
    epoch: usize,
    /// The learning rate of its last mini-batch.
    eta: f64,
    seconds: Duration,
    state: State<F>,
    looking: PendingEvaluations,
}

impl<F: Real> Session<'_, F> {
    /// Trains epoch by epoch, up to the last.
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

    /// One pass over the training images. Continues with the learning rate of the last mini-batch, the time taken, and
    /// whether the observer asked to stop after the last mini-batch, when only the monitors are missing from a complete
    /// epoch.
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

    /// Waits for the monitors of the open epoch, if there is one, and records and reports their results.
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
            let (Settings { eta, lambda, optimizer, .. }, n_train) = (settings, self.images.training);
            return ControlFlow::Break(Ending::Diverged(Divergence { epoch, eta, lambda, n_train, optimizer, cause }));
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

/// The monitored values. A cost is the mean of C_x plus the regularization term, both over the same images.
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

/// Counts the epochs in a row with an accuracy no better than chance. A resumed training starts counting again, so it
/// may warn again.
#[derive(Default)]
struct AtChance {
    epochs: usize,
}

impl AtChance {
    fn watch<F: Real>(&mut self, looked: &Evaluations, settings: &Settings, observer: &mut dyn Observer<F>) {
        let Some(figures) = looked.evaluation.as_ref().or(looked.training.as_ref()) else { return };
        let (accuracy, chance) = (figures.accuracy(), figures.chance());
        // If all images are of one class, no accuracy can be better than chance.
        self.epochs = if accuracy <= chance && chance < 1.0 { self.epochs + 1 } else { 0 };
        if self.epochs == PATIENCE_AT_CHANCE {
            observer.warning(&Warning::AtChance { epochs: self.epochs, chance, eta: settings.eta });
        }
    }
}

#[cfg(test)]
mod tests;
