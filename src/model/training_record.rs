//! What a model file says of the training behind it.

use serde::{Deserialize, Deserializer, Serialize};

use crate::data::distort::Distortion;
use crate::data::{ClassNames, expand};
use crate::network::Optimizer;
use crate::printable;
use crate::real::Precision;

/// Name and version of this program, as its files have them.
pub const PROGRAM: &str = concat!("mnist ", env!("CARGO_PKG_VERSION"));

/// How a model was trained: everything that it takes to train it again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrainingRecord {
    /// Name and version of the program.
    pub program: String,
    /// The name of the dataset.
    #[serde(deserialize_with = "printable")]
    pub dataset: String,
    /// What its classes are called, if not by number.
    #[serde(default, skip_serializing_if = "is_default")]
    pub classes: ClassNames,
    /// Number of training images.
    pub n_train: usize,
    /// Number of images set aside for validation.
    pub n_validation: usize,
    /// What the evaluation monitors watched: "validation" or "test".
    #[serde(deserialize_with = "printable")]
    pub evaluate_on: String,
    /// How the start weights were drawn; "model" if they came from another model file.
    pub init: String,
    /// Epochs asked for.
    pub epochs: usize,
    /// Images in a mini-batch.
    pub batch_size: usize,
    /// The learning rate.
    pub eta: f64,
    /// The L2 regularization parameter.
    pub lambda: f64,
    /// The L1 regularization parameter.
    #[serde(default, skip_serializing_if = "is_default")]
    pub l1: f64,
    /// What was made of the gradient.
    #[serde(default, skip_serializing_if = "is_default")]
    pub optimizer: Optimizer,
    /// The share of the hidden neurons that was dropped for each image.
    #[serde(default, skip_serializing_if = "is_default")]
    pub dropout: f64,
    /// The share of the inputs that was dropped.
    #[serde(default, skip_serializing_if = "is_default")]
    pub input_dropout: f64,
    /// The largest norm of the weights into a hidden neuron.
    #[serde(default, skip_serializing_if = "is_default")]
    pub max_norm: Option<f64>,
    /// How close all outputs of an image were to their targets if nothing was learned from it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub tolerance: f64,
    /// What each mini-batch kept of the running average; these weights are that average.
    #[serde(default, skip_serializing_if = "is_default")]
    pub ema: Option<f64>,
    /// How the training images were multiplied before the training: "shift".
    #[serde(default, skip_serializing_if = "is_default")]
    pub expand: Option<String>,
    /// Whether all images were deskewed before the network saw them, those of the evaluation too.
    #[serde(default, skip_serializing_if = "is_default")]
    pub deskew: bool,
    /// How they were distorted in every epoch; in the first, if that fades.
    #[serde(default, skip_serializing_if = "is_default")]
    pub augment: Option<Distortion>,
    /// What every random choice derives from.
    pub seed: u64,
    /// Whether each epoch had an order of its own.
    pub shuffle: bool,
    /// The precision of the weights.
    pub precision: Precision,
    /// The engine that did the updates.
    pub engine: String,
    /// Epochs of this training that were completed. All of them are behind these weights unless `course.epoch` says
    /// otherwise.
    pub epochs_done: usize,
    /// Schedule and stopping; none of its keys in a plain training.
    #[serde(flatten)]
    pub course: CourseRecord,
}

impl TrainingRecord {
    /// How many images of the file were trained on: fewer than `n_train` if they were multiplied first.
    #[must_use]
    pub fn images_of_file(&self) -> usize {
        if self.expand.is_some() { self.n_train / expand::VERSIONS } else { self.n_train }
    }
}

/// Schedule and stopping of a training. What is as it would be anyway is left out.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct CourseRecord {
    /// How the learning rate went, if it was not constant: "halve-on-plateau", "cosine" or "one-cycle".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<String>,
    /// Epochs of warm-up; left out if eta was constant from the start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warm_up: Option<f64>,
    /// Epochs without a better evaluation accuracy after which eta was halved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patience: Option<usize>,
    /// Epochs without a better evaluation accuracy after which the training was to end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub early_stop: Option<usize>,
    /// "best" if the weights are those of the best epoch; "last" is written only beside `early_stop`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep: Option<String>,
    /// The epoch whose weights the file holds, if it is not the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<usize>,
}

/// What is left out of the file, so that a training without it leaves the file as it was before there was such a thing.
fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// A text that is printed as it stands: what would move the cursor of a terminal, or worse, is replaced.
fn printable<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    String::deserialize(deserializer).map(printable::printable)
}

/// What the monitors saw after an epoch. A monitor that was off is left out.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct EpochRecord {
    /// 1 for the first.
    pub epoch: usize,
    /// The cost on the training images, regularization included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub training_cost: Option<f64>,
    /// How many training images were classified correctly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub training_accuracy: Option<usize>,
    /// The cost on the evaluation images, regularization included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evaluation_cost: Option<f64>,
    /// How many evaluation images were classified correctly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evaluation_accuracy: Option<usize>,
    /// Number of training images.
    pub n_training: usize,
    /// Number of evaluation images.
    pub n_evaluation: usize,
    /// The learning rate of the epoch's last mini-batch; left out if it never changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eta: Option<f64>,
}
