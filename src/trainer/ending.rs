//! The ways in which a training ends.

use thiserror::Error;

use super::Settings;
use crate::model::EpochRecord;
use crate::network::{Network, NetworkError};
use crate::numbers::as_typed;
use crate::real::Real;

/// How a training ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Ending {
    /// All epochs were completed.
    Completed,
    /// The evaluation accuracy did not improve for [`Settings::early_stop`] epochs.
    EarlyStopped,
    /// The evaluation accuracy stopped improving even with eta halved down to 1/128.
    Plateau,
    /// The observer asked to stop.
    Stopped,
    /// A number was no longer finite.
    Diverged(Divergence),
}

impl Ending {
    /// Whether no epoch can follow, even if more are asked for.
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
#[error("training diverged in epoch {epoch}: {cause}; try a smaller {}", remedy(*eta, *lambda, *n_train))]
pub struct Divergence {
    /// The epoch in which it happened.
    pub epoch: usize,
    /// The learning rate.
    pub eta: f64,
    /// The L2 regularization parameter.
    pub lambda: f64,
    /// The number of training images.
    pub n_train: usize,
    /// Which number is not finite.
    pub cause: NotFinite,
}

/// The number that is not finite.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum NotFinite {
    /// A weight or bias.
    #[error(transparent)]
    Network(NetworkError),
    /// A cost.
    #[error("the {0} cost is not finite")]
    Cost(&'static str),
}

/// Names the setting to reduce, and suggests a value. Each update multiplies the weights by 1 - eta lambda / n; if
/// lambda makes this less than -1, the weights diverge whatever the gradient, so lambda is to blame. But if eta is so
/// large that lambda would have to be 1 or less, eta is to blame. The suggested eta is never above 1, because larger
/// values hardly ever work.
fn remedy(eta: f64, lambda: f64, n_train: usize) -> String {
    let in_short = |x: f64| as_typed(format!("{x:.0e}").parse().unwrap_or(x));
    let limit = 2.0 * n_train as f64 / eta;
    if lambda > limit && limit > 1.0 {
        format!("lambda, such as {}", in_short(limit / 10.0))
    } else {
        format!("eta, such as {}", in_short((eta / 10.0).min(1.0)))
    }
}

/// Checks that the network and the costs of an epoch are finite.
pub(super) fn check_finite<F: Real>(network: &Network<F>, record: &EpochRecord) -> Result<(), NotFinite> {
    network.check_finite().map_err(NotFinite::Network)?;
    for (name, cost) in [("training", record.training_cost), ("evaluation", record.evaluation_cost)] {
        if cost.is_some_and(|cost| !cost.is_finite()) {
            return Err(NotFinite::Cost(name));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::remedy;

    #[test]
    fn a_divergence_names_what_was_too_large() {
        assert_eq!(remedy(0.5, 5.0, 50_000), "eta, such as 0.05");
        assert_eq!(remedy(1.0, 2e10, 20_000), "lambda, such as 4000");
        assert_eq!(remedy(1e300, 1e300, 50), "eta, such as 1");
        assert_eq!(remedy(0.5, 1e308, 50_000), "lambda, such as 20000");
    }
}
