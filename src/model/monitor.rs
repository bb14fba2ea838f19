//! What is monitored during a training.

use super::EpochRecord;

/// One of network2.py's four monitors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Monitor {
    /// The cost on the training images, regularization included.
    TrainingCost,
    /// The share of training images that are classified correctly.
    TrainingAccuracy,
    /// The cost on the evaluation images, regularization included.
    EvaluationCost,
    /// The share of evaluation images that are classified correctly.
    EvaluationAccuracy,
}

impl Monitor {
    /// All monitors, costs first.
    pub const ALL: [Monitor; 4] =
        [Monitor::TrainingCost, Monitor::EvaluationCost, Monitor::TrainingAccuracy, Monitor::EvaluationAccuracy];

    /// The name on the command line. In an [`EpochRecord`] it has an underscore instead of the hyphen.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Monitor::TrainingCost => "training-cost",
            Monitor::TrainingAccuracy => "training-accuracy",
            Monitor::EvaluationCost => "evaluation-cost",
            Monitor::EvaluationAccuracy => "evaluation-accuracy",
        }
    }

    /// Whether this monitor is a cost, not an accuracy.
    #[must_use]
    pub fn is_cost(self) -> bool {
        matches!(self, Monitor::TrainingCost | Monitor::EvaluationCost)
    }

    /// Whether this monitor evaluates the evaluation images, not the training images.
    #[must_use]
    pub fn is_of_evaluation(self) -> bool {
        matches!(self, Monitor::EvaluationCost | Monitor::EvaluationAccuracy)
    }

    /// The name of the images that this monitor evaluates: "training", or `evaluated_on` for the evaluation images.
    #[must_use]
    pub fn images(self, evaluated_on: &str) -> &str {
        if self.is_of_evaluation() { evaluated_on } else { "training" }
    }

    /// The value of this monitor in an epoch: a cost, or a share from 0 to 1; `None` if it was off.
    #[must_use]
    pub fn of(self, record: &EpochRecord) -> Option<f64> {
        let share = |count: Option<usize>, n: usize| count.filter(|_| n > 0).map(|count| count as f64 / n as f64);
        match self {
            Monitor::TrainingCost => record.training_cost,
            Monitor::TrainingAccuracy => share(record.training_accuracy, record.n_training),
            Monitor::EvaluationCost => record.evaluation_cost,
            Monitor::EvaluationAccuracy => share(record.evaluation_accuracy, record.n_evaluation),
        }
    }
}
