//! Training settings and their validation.

use thiserror::Error;

use super::{Keep, Schedule};
use crate::data::distort::{Distortion, DistortionError};
use crate::engine::{EngineKind, Machine, Subset};
use crate::model::Monitor;
use crate::network::{Dropout, Optimizer, Step};
use crate::numbers::as_typed;

/// The largest number of threads that can be asked for.
pub const MAX_THREADS: usize = 256;

/// Which of network2.py's four monitors are on. Each takes time after every epoch.
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
    /// No monitors.
    pub const NONE: Monitors =
        Monitors { training_cost: false, training_accuracy: false, evaluation_cost: false, evaluation_accuracy: false };

    /// All four monitors.
    pub const ALL: Monitors =
        Monitors { training_cost: true, training_accuracy: true, evaluation_cost: true, evaluation_accuracy: true };

    /// The monitors for which `is_on` returns true.
    #[must_use]
    pub fn of(is_on: impl Fn(Monitor) -> bool) -> Self {
        Monitors {
            training_cost: is_on(Monitor::TrainingCost),
            training_accuracy: is_on(Monitor::TrainingAccuracy),
            evaluation_cost: is_on(Monitor::EvaluationCost),
            evaluation_accuracy: is_on(Monitor::EvaluationAccuracy),
        }
    }

    /// The image sets that the monitors evaluate.
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

/// The settings of a training. [`check`](Settings::check) turns them into a [`TrainConfig`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// Passes over the training images; 1 or more, default 30.
    pub epochs: usize,
    /// m, the number of images in a mini-batch; 1 to the number of training images, default 10.
    pub batch_size: usize,
    /// The learning rate; above 0 and finite, default 0.5.
    pub eta: f64,
    /// The L2 regularization parameter; 0 or more and finite, default 5.
    pub lambda: f64,
    /// The L1 regularization parameter; 0 or more and finite, default 0.
    pub l1: f64,
    /// How the gradient becomes a step; a momentum must be 0 or more and below 1; default plain gradient descent.
    pub optimizer: Optimizer,
    /// The share of the hidden neurons dropped for each image; 0 or more and below 1, default 0.
    pub dropout: f64,
    /// The share of the inputs dropped for each image; 0 or more and below 1, default 0.
    pub input_dropout: f64,
    /// The largest norm of the weights into a hidden neuron; above 0 and finite, default no limit.
    pub max_norm: Option<f64>,
    /// Learns only from images with an output further than this from its target; 0 or more and below 1. The default 0
    /// learns from all images.
    pub tolerance: f64,
    /// The share of itself that the running average of the weights keeps at each mini-batch; that average is then the
    /// result. 0 or more and below 1, default no average.
    pub ema: Option<f64>,
    /// Distorts every image anew in every epoch; default no distortion.
    pub augment: Option<Distortion>,
    /// The seed of the order of the images, of dropout and of distortions; default 0.
    pub seed: u64,
    /// Whether each epoch has its own order of the images, default yes.
    pub shuffle: bool,
    /// What is monitored after each epoch.
    pub monitors: Monitors,
    /// The engine that does the arithmetic.
    pub engine: EngineKind,
    /// What the engine may use of the machine; 1 to [`MAX_THREADS`] threads, default 1.
    pub machine: Machine,
    /// How the learning rate changes, default constant.
    pub schedule: Schedule,
    /// Epochs of warm-up, in which the learning rate rises; 0 or more and below `epochs`, default as the schedule
    /// defines.
    pub warm_up: Option<f64>,
    /// Ends the training after this many epochs without a better evaluation accuracy; 1 or more, default never.
    pub early_stop: Option<usize>,
    /// Which epoch is kept; by default the best with `early_stop`, and the last without.
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

/// A setting that is out of range, with the valid range.
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
    /// A learning rate that is zero, negative, infinite or NaN.
    #[error("eta {} is out of range: choose a number above 0, such as 0.5", as_typed(*.0))]
    Eta(f64),
    /// An L2 regularization parameter that is negative, infinite or NaN.
    #[error("lambda {} is out of range: choose 0 (no regularization) or a number above 0, such as 5", as_typed(*.0))]
    Lambda(f64),
    /// An L1 regularization parameter that is negative, infinite or NaN.
    #[error("l1 {} is out of range: choose 0 (none) or a number above 0, such as 1", as_typed(*.0))]
    L1(f64),
    /// A momentum that is negative, NaN, or 1 or more.
    #[error("momentum {} is out of range: choose 0 (none) to below 1, such as 0.9", as_typed(*.0))]
    Momentum(f64),
    /// A dropout share that is negative, NaN, or 1 or more.
    #[error("{what} {} is out of range: choose 0 (none) to below 1, such as 0.5", as_typed(*rate))]
    Dropout {
        /// "dropout" or "input dropout".
        what: &'static str,
        /// The share asked for.
        rate: f64,
    },
    /// A largest norm that is zero, negative, infinite or NaN.
    #[error("max norm {} is out of range: choose a number above 0, such as 3", as_typed(*.0))]
    MaxNorm(f64),
    /// A tolerance that is negative, NaN, or 1 or more.
    #[error("tolerance {} is out of range: choose 0 to below 1, such as 0.1", as_typed(*.0))]
    Tolerance(f64),
    /// An average that is negative, NaN, or 1 or more.
    #[error("ema {} is out of range: choose 0 to below 1, such as 0.999", as_typed(*.0))]
    Ema(f64),
    /// A distortion out of range.
    #[error(transparent)]
    Distortion(#[from] DistortionError),
    /// No threads, or more than [`MAX_THREADS`].
    #[error("threads {0} is out of range: choose 1 to {MAX_THREADS}")]
    Threads(usize),
    /// The evaluation monitors are on, but there are no evaluation images.
    #[error("there are no evaluation images for the evaluation monitors")]
    NothingToEvaluate,
    /// A warm-up that is negative, NaN, or not shorter than the training.
    #[error("warm-up {} is out of range: choose 0 or more and less than {epochs}, the number of epochs", as_typed(*asked))]
    WarmUp {
        /// The epochs of warm-up asked for.
        asked: f64,
        /// The epochs of training.
        epochs: usize,
    },
    /// A patience of 0 epochs.
    #[error("patience 0 is out of range: choose 1 or more")]
    Patience,
    /// Early stopping after 0 epochs.
    #[error("early stop 0 is out of range: choose 1 or more")]
    EarlyStop,
    /// A setting depends on the evaluation accuracy, which is not monitored.
    #[error("{0} needs the evaluation accuracy, which is not monitored")]
    NeedsAccuracy(&'static str),
}

/// Settings that passed the check; training takes nothing else.
#[derive(Debug, Clone, Copy)]
pub struct TrainConfig(Settings);

impl Settings {
    /// The parameters of an update in `epoch` (1 for the first), with `n_train` training images.
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

    /// The setting, if any, that makes every epoch depend on the total number of epochs, so that none can be added
    /// later: "the one-cycle schedule" or "the fading of the distortions", for example.
    #[must_use]
    pub fn depends_on_epochs(&self) -> Option<String> {
        if self.schedule.depends_on_epochs() {
            return Some(format!("the {} schedule", self.schedule.name()));
        }
        self.augment.filter(Distortion::fades).map(|_| "the fading of the distortions".to_string())
    }

    /// Checks the settings for `n_train` training images and `n_evaluation` evaluation images.
    ///
    /// # Errors
    /// A [`ConfigError`] that names the first setting that is out of range, and its range.
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

    /// The part of [`check`](Settings::check) that needs no images.
    ///
    /// # Errors
    /// As for [`check`](Settings::check).
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
