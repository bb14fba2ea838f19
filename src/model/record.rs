//! The contents of a model file without weights and biases.

use serde::Deserialize;

use super::reader::{Head, Members, Sizes};
use super::{Activations, EpochRecord, ModelError, TrainingRecord, cost_in_file};
use crate::network::{Activation, Cost};

/// The part of a model file that does not depend on the precision.
///
/// Weights and biases are skipped, and not checked.
#[derive(Debug, Clone)]
pub struct ModelRecord {
    /// Layer sizes, input first.
    pub sizes: Vec<usize>,
    /// The name of the cost, as in "cross-entropy".
    pub cost: &'static str,
    /// The activations of the hidden layers: one for all, or one for each.
    pub activations: Vec<Activation>,
    /// How the network was trained; `None` for files of network2.py and for merged models.
    pub training: Option<TrainingRecord>,
    /// How each network merged into this one was trained; empty if the model is not merged.
    pub members: Vec<Option<TrainingRecord>>,
    /// What the monitors measured, one record per epoch.
    pub history: Vec<EpochRecord>,
}

#[derive(Deserialize)]
struct Read {
    sizes: Sizes,
    cost: String,
    #[serde(default)]
    activation: Activations,
    training: Option<TrainingRecord>,
    #[serde(default)]
    members: Members<TrainingRecord>,
    #[serde(default)]
    history: Vec<EpochRecord>,
}

impl ModelRecord {
    /// Reads the record from the text of a model file, of this program or of network2.py.
    ///
    /// # Errors
    /// [`ModelError::Log`], [`ModelError::Json`], [`ModelError::NotFinite`], [`ModelError::Format`],
    /// [`ModelError::Members`] or [`ModelError::Cost`].
    pub fn from_json(json: &[u8]) -> Result<Self, ModelError> {
        Head::read(json)?;
        let Read { sizes: Sizes(sizes), cost, activation, training, members: Members(members), history } =
            serde_json::from_slice(json)?;
        let cost = cost_in_file::<f64>(cost).map(Cost::name)?;
        Ok(ModelRecord { sizes, cost, activations: activation.into_vec(), training, members, history })
    }

    /// The known training records of the model: its own, or those of its members.
    pub fn trainings(&self) -> impl Iterator<Item = &TrainingRecord> {
        self.training.iter().chain(self.members.iter().flatten())
    }

    /// Whether the network sees deskewed images.
    #[must_use]
    pub fn sees_deskewed(&self) -> bool {
        self.trainings().any(|training| training.deskew)
    }

    /// The record of the epoch whose weights the file holds; `None` if that epoch is not in the history.
    #[must_use]
    pub fn kept(&self) -> Option<&EpochRecord> {
        let kept = self.training.as_ref().and_then(|training| training.course.epoch);
        match kept {
            Some(epoch) => self.history.iter().find(|record| record.epoch == epoch),
            None => self.history.last(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_record_is_read_whatever_the_weights() {
        let json =
            r#"{"sizes": [784, 30, 10], "weights": "passed over", "cost": "QuadraticCost", "activation": "relu"}"#;
        let record = ModelRecord::from_json(json.as_bytes()).unwrap();
        assert_eq!((record.sizes.as_slice(), record.cost), ([784, 30, 10].as_slice(), "quadratic"));
        assert_eq!(record.activations, [Activation::Relu]);
        assert!(record.training.is_none() && record.kept().is_none());
        assert!(matches!(ModelRecord::from_json(br#"{"sizes": [], "cost": "?"}"#), Err(ModelError::Cost { .. })));
        assert!(matches!(ModelRecord::from_json(br#"{"format": 99}"#), Err(ModelError::Format(99))));
    }
}
