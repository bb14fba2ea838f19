//! What the monitors of a training saw, as numbers to draw.

use super::Unit;
use crate::model::EpochRecord;

/// A monitor of the training.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metric {
    /// The cost on the training images.
    TrainingCost,
    /// The share of training images that are classified correctly.
    TrainingAccuracy,
    /// The cost on the evaluation images.
    EvaluationCost,
    /// The share of evaluation images that are classified correctly.
    EvaluationAccuracy,
}

impl Metric {
    /// All of them, costs first.
    pub const ALL: [Metric; 4] =
        [Metric::TrainingCost, Metric::EvaluationCost, Metric::TrainingAccuracy, Metric::EvaluationAccuracy];

    /// The name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Metric::TrainingCost => "training-cost",
            Metric::TrainingAccuracy => "training-accuracy",
            Metric::EvaluationCost => "evaluation-cost",
            Metric::EvaluationAccuracy => "evaluation-accuracy",
        }
    }

    pub(super) fn unit(self) -> Unit {
        match self {
            Metric::TrainingCost | Metric::EvaluationCost => Unit::Number,
            Metric::TrainingAccuracy | Metric::EvaluationAccuracy => Unit::Percent,
        }
    }

    pub(super) fn is_of_evaluation(self) -> bool {
        matches!(self, Metric::EvaluationCost | Metric::EvaluationAccuracy)
    }

    /// Which images it looks at.
    pub(super) fn images(self, evaluated_on: &str) -> &str {
        match self {
            Metric::TrainingCost | Metric::TrainingAccuracy => "training",
            Metric::EvaluationCost | Metric::EvaluationAccuracy => evaluated_on,
        }
    }

    /// Its figure of an epoch: a cost, or a share from 0 to 1.
    pub(super) fn of(self, record: &EpochRecord) -> Option<f64> {
        let share = |count: Option<usize>, n: usize| count.filter(|_| n > 0).map(|count| count as f64 / n as f64);
        match self {
            Metric::TrainingCost => record.training_cost,
            Metric::TrainingAccuracy => share(record.training_accuracy, record.n_training),
            Metric::EvaluationCost => record.evaluation_cost,
            Metric::EvaluationAccuracy => share(record.evaluation_accuracy, record.n_evaluation),
        }
    }
}
