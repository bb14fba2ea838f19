//! The keys of a model file that say how eta went and how the training ended.

use serde::{Deserialize, Serialize};

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
