//! From what was asked to what can be trained.

use thiserror::Error;

use super::{Keep, Schedule};
use crate::data::distort::{Distortion, DistortionError};
use crate::engine::{EngineKind, Machine, Subset};
use crate::model::Monitor;
use crate::network::{Dropout, Optimizer, Step};

/// The most threads that can be asked for.
pub const MAX_THREADS: usize = 256;

/// Which of network2.py's four monitors watch the training. Each costs time after every epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "four switches that the book has, each on its own")]
pub struct Monitors {
    /// The cost on the training images.
    pub training_cost: bool,
    /// The accuracy on the training images.
    pub training_accuracy: bool,
    /// The cost on the evaluation images.
    pub evaluation_cost: bool,
    /// The accuracy on the evaluation images.
    pub evaluation_accuracy: bool,
}

impl Monitors {
    /// No monitor at all.
    pub const NONE: Monitors =
        Monitors { training_cost: false, training_accuracy: false, evaluation_cost: false, evaluation_accuracy: false };

    /// All four.
    pub const ALL: Monitors =
        Monitors { training_cost: true, training_accuracy: true, evaluation_cost: true, evaluation_accuracy: true };

    /// Those that `is_on` says.
    #[must_use]
    pub fn of(is_on: impl Fn(Monitor) -> bool) -> Self {
        Monitors {
            training_cost: is_on(Monitor::TrainingCost),
            training_accuracy: is_on(Monitor::TrainingAccuracy),
            evaluation_cost: is_on(Monitor::EvaluationCost),
            evaluation_accuracy: is_on(Monitor::EvaluationAccuracy),
        }
    }

    /// The images that are looked at.
    #[must_use]
    pub fn watched(&self) -> &'static [Subset] {
        use Subset::{Evaluation, Training};
        let training = self.training_cost || self.training_accuracy;
        match (training, self.evaluation_cost || self.evaluation_accuracy) {
            (true, true) => &[Training, Evaluation],
            (true, false) => &[Training],
            (false, true) => &[Evaluation],
            (false, false) => &[],
        }
    }
}

impl Default for Monitors {
    /// The cost on the training images and the accuracy on the evaluation images.
    fn default() -> Self {
        Monitors { training_cost: true, evaluation_accuracy: true, ..Monitors::NONE }
    }
}

/// How to train: what may be asked for. [`check`](Settings::check) makes a [`TrainConfig`] of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// Passes over the training images; 1 or more, default 30.
    pub epochs: usize,
    /// m, the images in a mini-batch; 1 to the number of training images, default 10.
    pub batch_size: usize,
    /// The learning rate; above 0 and finite, default 0.5.
    pub eta: f64,
    /// The L2 regularization parameter; 0 or more and finite, default 5.
    pub lambda: f64,
    /// The L1 regularization parameter; 0 or more and finite, default 0.
    pub l1: f64,
    /// What is made of the gradient; a momentum is 0 or more and below 1, default plain gradient descent.
    pub optimizer: Optimizer,
    /// The share of the hidden neurons that is dropped for each image; 0 or more and below 1, default 0.
    pub dropout: f64,
    /// The share of the inputs that is dropped, likewise.
    pub input_dropout: f64,
    /// The largest norm of the weights into a hidden neuron; above 0, default none.
    pub max_norm: Option<f64>,
    /// Learns from those images alone of which an output is further than this from its target; 0 or more and below 1,
    /// default 0: from all.
    pub tolerance: f64,
    /// What each mini-batch keeps of the running average of the weights, which is then what comes out; 0 or more and
    /// below 1, default no average.
    pub ema: Option<f64>,
    /// Distorts every image anew in every epoch, default not.
    pub augment: Option<Distortion>,
    /// What the order of the images derives from, default 0.
    pub seed: u64,
    /// Whether each epoch has an order of its own, default yes.
    pub shuffle: bool,
    /// What is watched after each epoch.
    pub monitors: Monitors,
    /// What does the arithmetic.
    pub engine: EngineKind,
    /// What may be used of the machine; 1 to [`MAX_THREADS`] threads, default 1.
    pub machine: Machine,
    /// How the learning rate goes, default constant.
    pub schedule: Schedule,
    /// Epochs in which the learning rate rises; 0 or more and below `epochs`, default the schedule's own.
    pub warm_up: Option<f64>,
    /// Ends the training after so many epochs without a better evaluation accuracy; 1 or more, default never.
    pub early_stop: Option<usize>,
    /// Which epoch is kept, default the best with `early_stop` and the last without.
    pub keep: Option<Keep>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            epochs: 30,
            batch_size: 10,
            eta: 0.5,
            lambda: 5.0,
            l1: 0.0,
            optimizer: Optimizer::default(),
            dropout: 0.0,
            input_dropout: 0.0,
            max_norm: None,
            tolerance: 0.0,
            ema: None,
            augment: None,
            seed: 0,
            shuffle: true,
            monitors: Monitors::default(),
            engine: EngineKind::default(),
            machine: Machine::default(),
            schedule: Schedule::default(),
            warm_up: None,
            early_stop: None,
            keep: None,
        }
    }
}

/// A setting that makes no sense, with the range that does.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum ConfigError {
    /// No epochs.
    #[error("epochs {0} is out of range: choose 1 or more")]
    Epochs(usize),
    /// An empty mini-batch, or one larger than the training set.
    #[error("batch size {asked} is out of range: choose 1 to {n_train}, the number of training images")]
    BatchSize {
        /// The mini-batch size asked for.
        asked: usize,
        /// The number of training images.
        n_train: usize,
    },
    /// A learning rate that is zero, negative, infinite or no number.
    #[error("eta {0:?} is out of range: choose a number above 0, such as 0.5")]
    Eta(f64),
    /// A regularization parameter that is negative, infinite or no number.
    #[error("lambda {0:?} is out of range: choose 0 (no regularization) or a number above 0, such as 5.0")]
    Lambda(f64),
    /// An L1 regularization parameter that is negative, infinite or no number.
    #[error("l1 {0:?} is out of range: choose 0 (none) or a number above 0, such as 1.0")]
    L1(f64),
    /// A momentum that is negative or does not let go.
    #[error("momentum {0:?} is out of range: choose 0 (none) to below 1, such as 0.9")]
    Momentum(f64),
    /// Nothing to drop out, or everything.
    #[error("{what} {rate:?} is out of range: choose 0 (none) to below 1, such as 0.5")]
    Dropout {
        /// "dropout" or "input dropout".
        what: &'static str,
        /// The share asked for.
        rate: f64,
    },
    /// A largest norm that leaves nothing.
    #[error("max norm {0:?} is out of range: choose a number above 0, such as 3")]
    MaxNorm(f64),
    /// A tolerance that no answer is within, or every one.
    #[error("tolerance {0:?} is out of range: choose 0 to below 1, such as 0.1")]
    Tolerance(f64),
    /// An average that keeps nothing sensible.
    #[error("ema {0:?} is out of range: choose 0 to below 1, such as 0.999")]
    Ema(f64),
    /// A distortion out of range.
    #[error(transparent)]
    Distortion(#[from] DistortionError),
    /// No threads, or more than any machine has use for.
    #[error("threads {0} is out of range: choose 1 to {MAX_THREADS}")]
    Threads(usize),
    /// Monitors without images to look at.
    #[error("there are no evaluation images for the evaluation monitors")]
    NothingToEvaluate,
    /// A warm-up that is negative, no number, or as long as the training.
    #[error("warm-up {asked:?} is out of range: choose 0 or more and less than {epochs}, the number of epochs")]
    WarmUp {
        /// The epochs of warm-up asked for.
        asked: f64,
        /// The epochs of training.
        epochs: usize,
    },
    /// A plateau of no epochs.
    #[error("patience 0 is out of range: choose 1 or more")]
    Patience,
    /// Stopping before anything could improve.
    #[error("early stop 0 is out of range: choose 1 or more")]
    EarlyStop,
    /// Something goes by a figure that no monitor takes.
    #[error("{0} needs the evaluation accuracy, which is not monitored")]
    NeedsAccuracy(&'static str),
}

/// Checked settings: the only thing that can train.
#[derive(Debug, Clone, Copy)]
pub struct TrainConfig(Settings);

impl Settings {
    /// The constants of an update in `epoch`, 1 for the first, of `n_train` images.
    pub(super) fn step(&self, eta: f64, epoch: usize, n_train: usize) -> Step {
        let dropout = Dropout { hidden: self.dropout, input: self.input_dropout, seed: self.seed, epoch: epoch as u64 };
        Step {
            eta,
            lambda: self.lambda,
            l1: self.l1,
            optimizer: self.optimizer,
            dropout,
            max_norm: self.max_norm,
            tolerance: self.tolerance,
            ema: self.ema,
            n_train,
        }
    }

    /// What makes every epoch depend on how many there will be, so that none can be added later: if anything, "the
    /// one-cycle schedule" or "the fading of the distortions".
    #[must_use]
    pub fn depends_on_epochs(&self) -> Option<String> {
        if self.schedule.depends_on_epochs() {
            return Some(format!("the {} schedule", self.schedule.name()));
        }
        self.augment.filter(Distortion::fades).map(|_| "the fading of the distortions".to_string())
    }

    /// Checks the settings for a training set of `n_train` and an evaluation set of `n_evaluation` images.
    ///
    /// # Errors
    /// A [`ConfigError`] that names the first setting that makes no sense, and its range.
    pub fn check(self, n_train: usize, n_evaluation: usize) -> Result<TrainConfig, ConfigError> {
        self.check_beforehand()?;
        if !(1..=n_train).contains(&self.batch_size) {
            return Err(ConfigError::BatchSize { asked: self.batch_size, n_train });
        }
        if self.monitors.watched().contains(&Subset::Evaluation) && n_evaluation == 0 {
            return Err(ConfigError::NothingToEvaluate);
        }
        Ok(TrainConfig(self))
    }

    /// What of [`check`](Settings::check) can be told before there are images.
    ///
    /// # Errors
    /// As there.
    pub fn check_beforehand(&self) -> Result<(), ConfigError> {
        if self.epochs == 0 {
            return Err(ConfigError::Epochs(self.epochs));
        }
        if !(self.eta > 0.0 && self.eta.is_finite()) {
            return Err(ConfigError::Eta(self.eta));
        }
        if !(self.lambda >= 0.0 && self.lambda.is_finite()) {
            return Err(ConfigError::Lambda(self.lambda));
        }
        if !(self.l1 >= 0.0 && self.l1.is_finite()) {
            return Err(ConfigError::L1(self.l1));
        }
        if let Optimizer::Sgd { momentum, .. } = self.optimizer
            && !(0.0..1.0).contains(&momentum)
        {
            return Err(ConfigError::Momentum(momentum));
        }
        for (what, rate) in [("dropout", self.dropout), ("input dropout", self.input_dropout)] {
            if !(0.0..1.0).contains(&rate) {
                return Err(ConfigError::Dropout { what, rate });
            }
        }
        if let Some(max_norm) = self.max_norm
            && !(max_norm > 0.0 && max_norm.is_finite())
        {
            return Err(ConfigError::MaxNorm(max_norm));
        }
        if !(0.0..1.0).contains(&self.tolerance) {
            return Err(ConfigError::Tolerance(self.tolerance));
        }
        if let Some(ema) = self.ema
            && !(0.0..1.0).contains(&ema)
        {
            return Err(ConfigError::Ema(ema));
        }
        if let Some(distortion) = &self.augment {
            distortion.check()?;
        }
        if !(1..=MAX_THREADS).contains(&self.machine.threads) {
            return Err(ConfigError::Threads(self.machine.threads));
        }
        self.check_course()
    }
}

impl TrainConfig {
    /// The settings that were checked.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_pass() {
        assert!(Settings::default().check(50_000, 10_000).is_ok());
    }

    #[test]
    fn nonsense_is_refused() {
        let check = |change: fn(&mut Settings)| {
            let mut settings = Settings::default();
            change(&mut settings);
            settings.check(100, 10).unwrap_err()
        };
        assert_eq!(check(|s| s.epochs = 0), ConfigError::Epochs(0));
        assert_eq!(check(|s| s.batch_size = 0), ConfigError::BatchSize { asked: 0, n_train: 100 });
        assert_eq!(check(|s| s.batch_size = 101), ConfigError::BatchSize { asked: 101, n_train: 100 });
        for eta in [0.0, -0.5, f64::INFINITY, f64::NAN] {
            let settings = Settings { eta, ..Settings::default() };
            assert!(matches!(settings.check(100, 10), Err(ConfigError::Eta(_))), "eta {eta}");
        }
        for lambda in [-1e-9, f64::INFINITY, f64::NAN] {
            let settings = Settings { lambda, ..Settings::default() };
            assert!(matches!(settings.check(100, 10), Err(ConfigError::Lambda(_))), "lambda {lambda}");
        }
        assert_eq!(check(|s| s.l1 = -1.0), ConfigError::L1(-1.0));
        let momentum =
            |momentum| Settings { optimizer: Optimizer::Sgd { momentum, nesterov: false }, ..Settings::default() };
        assert_eq!(momentum(1.0).check(100, 10).unwrap_err(), ConfigError::Momentum(1.0));
        assert!(matches!(momentum(f64::NAN).check(100, 10), Err(ConfigError::Momentum(_))));
        assert_eq!(check(|s| s.machine.threads = 0), ConfigError::Threads(0));
        assert_eq!(check(|s| s.machine.threads = 257), ConfigError::Threads(257));
        assert_eq!(Settings::default().check(100, 0).unwrap_err(), ConfigError::NothingToEvaluate);
        let unwatched = Settings { monitors: Monitors::NONE, ..Settings::default() };
        assert!(unwatched.check(100, 0).is_ok());
    }
}
