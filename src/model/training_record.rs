//! The training record of a model file.

use serde::{Deserialize, Deserializer, Serialize};

use super::Told;
use crate::data::distort::Distortion;
use crate::data::{ClassNames, expand};
use crate::network::Optimizer;
use crate::printable;
use crate::real::Precision;

/// The name and version of this program, as written to its files.
pub const PROGRAM: &str = concat!("mnist ", env!("CARGO_PKG_VERSION"));

/// How a model was trained: everything that is needed to repeat the training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrainingRecord {
    /// Name and version of the program.
    pub program: String,
    /// The name of the dataset.
    #[serde(deserialize_with = "printable")]
    pub dataset: String,
    /// The names of the classes; empty if they have no names.
    #[serde(default, skip_serializing_if = "is_default")]
    pub classes: ClassNames,
    /// Height and width of the images, if they are no squares.
    #[serde(default, skip_serializing_if = "is_default")]
    pub image: Option<(usize, usize)>,
    /// Number of training images.
    pub n_train: usize,
    /// Number of images set aside for validation.
    pub n_validation: usize,
    /// The images that the evaluation monitors used: "validation" or "test".
    #[serde(deserialize_with = "printable")]
    pub evaluate_on: String,
    /// How the start weights were drawn; "model" if they came from another model file.
    pub init: String,
    /// The number of epochs asked for.
    pub epochs: usize,
    /// The number of images in a mini-batch.
    pub batch_size: usize,
    /// The learning rate.
    pub eta: f64,
    /// The L2 regularization parameter.
    pub lambda: f64,
    /// The L1 regularization parameter.
    #[serde(default, skip_serializing_if = "is_default")]
    pub l1: f64,
    /// How the gradient became a step.
    #[serde(default, skip_serializing_if = "is_default")]
    pub optimizer: Told<Optimizer>,
    /// The share of the hidden neurons that was dropped for each image.
    #[serde(default, skip_serializing_if = "is_default")]
    pub dropout: f64,
    /// The share of the inputs that was dropped for each image.
    #[serde(default, skip_serializing_if = "is_default")]
    pub input_dropout: f64,
    /// The largest norm of the weights into a hidden neuron.
    #[serde(default, skip_serializing_if = "is_default")]
    pub max_norm: Option<f64>,
    /// Images whose outputs were all within this distance of their targets were not learned from.
    #[serde(default, skip_serializing_if = "is_default")]
    pub tolerance: f64,
    /// The share of itself that the running average kept at each mini-batch. The network's weights are that average.
    #[serde(default, skip_serializing_if = "is_default")]
    pub ema: Option<f64>,
    /// How the training images were expanded before the training: "shift".
    #[serde(default, skip_serializing_if = "is_default")]
    pub expand: Option<String>,
    /// Whether all images, including the evaluation images, were deskewed before the network saw them.
    #[serde(default, skip_serializing_if = "is_default")]
    pub deskew: bool,
    /// How the training images were distorted in every epoch; if the distortion fades, how in the first epoch.
    #[serde(default, skip_serializing_if = "is_default")]
    pub augment: Option<Distortion>,
    /// The seed of every random choice.
    pub seed: u64,
    /// Whether each epoch had its own order of the images.
    pub shuffle: bool,
    /// The precision of the weights.
    pub precision: Told<Precision>,
    /// The engine that did the updates.
    pub engine: String,
    /// The number of completed epochs. The weights are those after the last of them, unless `course.epoch` says
    /// otherwise.
    pub epochs_done: usize,
    /// Schedule and stopping; a plain training has none of these keys.
    #[serde(flatten)]
    pub course: CourseRecord,
}

impl TrainingRecord {
    /// The number of images in the file that were trained on; it is less than `n_train` if the images were expanded.
    #[must_use]
    pub fn images_of_file(&self) -> usize {
        if self.expand.is_some() { self.n_train / expand::VERSIONS } else { self.n_train }
    }
}

/// Schedule and stopping of a training. Values of a plain training are left out.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct CourseRecord {
    /// How the learning rate changed, if it was not constant: "halve-on-plateau", "cosine" or "one-cycle".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<String>,
    /// The number of warm-up epochs; left out if there were none, except for one-cycle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warm_up: Option<f64>,
    /// The number of epochs without a better evaluation accuracy after which eta was halved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patience: Option<usize>,
    /// The number of epochs without a better evaluation accuracy after which the training was to end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub early_stop: Option<usize>,
    /// "best" if the weights are those of the best epoch; "last" is written only together with `early_stop`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep: Option<String>,
    /// The epoch whose weights the file holds, if it is not the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<usize>,
    /// The epoch in which the training diverged, and would again; the file holds an earlier one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diverged: Option<usize>,
}

/// Whether a value is left out of the file. Thus a file without a newer feature is the same as before the feature
/// existed.
fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Reads a text that will be printed, and replaces characters that could control a terminal.
fn printable<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    String::deserialize(deserializer).map(printable::printable)
}

/// What the monitors measured after an epoch. Monitors that were off are left out.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct EpochRecord {
    /// The epoch, 1 for the first.
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
    /// The learning rate of the last mini-batch of the epoch; left out if the rate is constant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eta: Option<f64>,
}
