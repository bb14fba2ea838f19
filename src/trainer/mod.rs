//! The epoch loop: mini-batch stochastic gradient descent, watched by monitors. It never prints.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use thiserror::Error;

use crate::data::Dataset;
use crate::data::batches::EpochOrder;
use crate::engine::{Engine, Looked, Looking, Trainable, Watched};
use crate::evaluate::{Evaluation, FitError, check_fit};
use crate::network::{EpochRecord, Network, NetworkError};
use crate::real::Real;

mod config;
pub mod neuron;
mod observer;
mod schedule;
mod stopping;

pub use config::{ConfigError, MAX_THREADS, Monitors, Settings, TrainConfig};
pub use observer::{Observer, Silent, Warning};
pub use schedule::Schedule;
use stopping::{Course, Kept};
pub use stopping::{Keep, Patience};

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
    /// The time spent training, without the monitors.
    pub training_time: Duration,
    /// How it ended.
    pub ending: Ending,
}

/// How a training ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Ending {
    /// All epochs were completed.
    Completed,
    /// The evaluation accuracy had not improved for as long as [`Settings::early_stop`] allows.
    EarlyStopped,
    /// The evaluation accuracy had not improved although eta was halved down to 1/128.
    Plateau,
    /// The observer asked to stop.
    Stopped,
    /// A number was no longer finite.
    Diverged(Divergence),
}

/// A training whose numbers are no longer finite.
#[derive(Debug, Clone, PartialEq, Error)]
#[error("training diverged in epoch {epoch}: {cause}; try a smaller eta, such as {:?}", suggested_eta(*eta))]
pub struct Divergence {
    /// The epoch in which it happened.
    pub epoch: usize,
    /// The learning rate that was too large.
    pub eta: f64,
    /// Which number it was.
    pub cause: NotFinite,
}

/// The number that was not finite.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum NotFinite {
    /// A weight or bias.
    #[error(transparent)]
    Network(NetworkError),
    /// A cost.
    #[error("the {0} cost is not finite")]
    Cost(&'static str),
}

/// A tenth of what diverged, in short.
fn suggested_eta(eta: f64) -> f64 {
    format!("{:.0e}", eta / 10.0).parse().unwrap_or(0.5)
}

/// Trains `network` on `training`, watched by the monitors on `training` and `evaluation`.
///
/// # Errors
/// A [`FitError`] if the network is not for such images.
pub fn train<F: Trainable>(
    network: Network<F>,
    training: &Dataset,
    evaluation: &Dataset,
    config: &TrainConfig,
    observer: &mut dyn Observer,
) -> Result<Trained<F>, FitError> {
    check_fit(&network, training)?;
    check_fit(&network, evaluation)?;
    let settings = config.settings();
    let kept = Kept::start(network.clone(), settings.kept());
    let watched = if settings.monitors.watched().contains(&Watched::Evaluation) { 0..evaluation.len() } else { 0..0 };
    let data = (training.clone(), evaluation.slice(watched));
    let mut session = Session {
        engine: settings.engine.start(network, data, settings.batch_size, settings.machine),
        images: (training.len(), evaluation.len()),
        training: training.clone(),
        course: Course::new(settings),
        kept,
        at_chance: AtChance::default(),
        learned: None,
        history: Vec::new(),
        training_time: Duration::ZERO,
    };
    let mut order = EpochOrder::new(training.len(), settings.shuffle.then_some(settings.seed));
    let ending = session.run(&mut order, observer).break_value().unwrap_or(Ending::Completed);
    let Session { kept, history, training_time, .. } = session;
    Ok(Trained { network: kept.network, epoch: kept.epoch, history, training_time, ending })
}

/// A training as it goes on.
struct Session<F: Real> {
    engine: Box<dyn Engine<F>>,
    /// The numbers of images to train and to evaluate on.
    images: (usize, usize),
    /// To be distorted in every epoch, if that was asked for.
    training: Dataset,
    course: Course,
    kept: Kept<F>,
    at_chance: AtChance,
    /// The epoch that the monitors are still looking at.
    learned: Option<Learned<F>>,
    history: Vec<EpochRecord>,
    training_time: Duration,
}

/// An epoch whose images are learned, before it is known what that was good for.
struct Learned<F: Real> {
    epoch: usize,
    /// The learning rate that it ended with.
    eta: f64,
    seconds: Duration,
    network: Network<F>,
    looking: Looking,
}

impl<F: Real> Session<F> {
    /// Goes through the epochs until one of them is the last.
    fn run(&mut self, order: &mut EpochOrder, observer: &mut dyn Observer) -> ControlFlow<Ending> {
        let settings = *self.course.settings();
        for epoch in 1..=settings.epochs {
            let (eta, seconds) = self.learn(epoch, order, observer)?;
            self.conclude(observer)?; // the epoch before this one, if that is still open
            observer.monitoring(epoch);
            let network = self.engine.network();
            let looking = self.engine.watch(&network, settings.monitors.watched());
            let is_open = !looking.is_done() && epoch < settings.epochs && !self.course.decides();
            self.learned = Some(Learned { epoch, eta, seconds, network, looking });
            if !is_open {
                self.conclude(observer)?;
            }
        }
        ControlFlow::Continue(())
    }

    /// One pass over the training images. Goes on with the learning rate that it ended with and the time it took.
    fn learn(
        &mut self,
        epoch: usize,
        order: &mut EpochOrder,
        observer: &mut dyn Observer,
    ) -> ControlFlow<Ending, (f64, Duration)> {
        let settings = *self.course.settings();
        let (start, mut concluding) = (Instant::now(), Duration::ZERO);
        if let Some(distortion) = &settings.augment {
            let threads = settings.machine.threads;
            self.engine.learn_from(distortion.epoch(&self.training, settings.seed, epoch as u64, threads));
        }
        let n_train = order.len();
        let (mut done, mut eta) = (0, settings.eta);
        let mut mini_batches = order.mini_batches(epoch, settings.batch_size).peekable();
        while let Some(mini_batch) = mini_batches.next() {
            let middle = (done as f64 + mini_batch.len() as f64 / 2.0) / n_train as f64;
            eta = self.course.eta((epoch - 1) as f64 + middle);
            let step = settings.step(eta, epoch, n_train);
            self.engine.update(mini_batch, mini_batches.peek().copied().unwrap_or_default(), step);
            done += mini_batch.len();
            let stop = observer.mini_batch(epoch, done).is_break();
            if stop || self.learned.as_ref().is_some_and(|learned| learned.looking.is_done()) {
                let start = Instant::now();
                self.conclude(observer)?;
                concluding += start.elapsed();
            }
            if stop {
                return ControlFlow::Break(Ending::Stopped);
            }
        }
        ControlFlow::Continue((eta, start.elapsed().saturating_sub(concluding)))
    }

    /// Waits for what the monitors see of the open epoch, if there is one, and makes it known.
    fn conclude(&mut self, observer: &mut dyn Observer) -> ControlFlow<Ending> {
        let Some(Learned { epoch, eta, seconds, network, looking }) = self.learned.take() else {
            return ControlFlow::Continue(());
        };
        let settings = *self.course.settings();
        self.training_time += seconds;
        let looked = looking.wait();
        let record = EpochRecord {
            epoch,
            n_training: self.images.0,
            n_evaluation: self.images.1,
            eta: settings.eta_varies().then_some(eta),
            ..figures(&looked, &network, &settings)
        };
        if let Err(cause) = check_finite(&network, &record) {
            return ControlFlow::Break(Ending::Diverged(Divergence { epoch, eta: settings.eta, cause }));
        }
        self.kept.offer(network, &record);
        self.at_chance.watch(&looked, &settings, observer);
        let answer = observer.epoch(&record, seconds);
        let reason = if answer.is_break() { Some(Ending::Stopped) } else { self.course.watch(&record) };
        self.history.push(record);
        match reason.filter(|_| epoch < settings.epochs) {
            Some(reason) => ControlFlow::Break(reason),
            None => ControlFlow::Continue(()),
        }
    }
}

/// The figures that are monitored. A cost is the mean of C_x and the regularization term over the same images.
fn figures<F: Real>(looked: &Looked, network: &Network<F>, settings: &Settings) -> EpochRecord {
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

fn check_finite<F: Real>(network: &Network<F>, record: &EpochRecord) -> Result<(), NotFinite> {
    network.check_finite().map_err(NotFinite::Network)?;
    for (name, cost) in [("training", record.training_cost), ("evaluation", record.evaluation_cost)] {
        if cost.is_some_and(|cost| !cost.is_finite()) {
            return Err(NotFinite::Cost(name));
        }
    }
    Ok(())
}

/// Counts the epochs in a row in which nothing was learned, or nothing is left of what was.
#[derive(Default)]
struct AtChance {
    epochs: usize,
}

impl AtChance {
    fn watch(&mut self, looked: &Looked, settings: &Settings, observer: &mut dyn Observer) {
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
