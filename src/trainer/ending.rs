//! How a training ends.

use thiserror::Error;

use super::Settings;
use crate::network::{EpochRecord, Network, NetworkError};
use crate::real::Real;

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

impl Ending {
    /// Whether nothing can follow, even if more epochs are asked for.
    pub(super) fn is_final(&self, settings: &Settings) -> bool {
        match self {
            Ending::EarlyStopped | Ending::Plateau => true,
            Ending::Completed => settings.depends_on_epochs().is_some(),
            Ending::Stopped | Ending::Diverged(_) => false,
        }
    }
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

/// Whether the network and the costs of an epoch are finite numbers.
pub(super) fn check_finite<F: Real>(network: &Network<F>, record: &EpochRecord) -> Result<(), NotFinite> {
    network.check_finite().map_err(NotFinite::Network)?;
    for (name, cost) in [("training", record.training_cost), ("evaluation", record.evaluation_cost)] {
        if cost.is_some_and(|cost| !cost.is_finite()) {
            return Err(NotFinite::Cost(name));
        }
    }
    Ok(())
}
