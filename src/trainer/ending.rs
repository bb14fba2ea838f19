//! The ways in which a training ends.

use thiserror::Error;

use super::Settings;
use crate::model::EpochRecord;
use crate::network::{Network, NetworkError, Optimizer};
use crate::numbers::{as_typed, one_digit};
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

    /// The epoch in which the training diverged, if it did.
    #[must_use]
    pub fn diverged_in(&self) -> Option<usize> {
        match self {
            Ending::Diverged(divergence) => Some(divergence.epoch),
            _ => None,
        }
    }
}

/// A training whose numbers are no longer finite.
#[derive(Debug, Clone, PartialEq, Error)]
#[error("training diverged in epoch {epoch}: {cause}; try a smaller {}", remedy(self))]
pub struct Divergence {
    /// The epoch in which it happened.
    pub epoch: usize,
    /// The learning rate.
    pub eta: f64,
    /// The L2 regularization parameter.
    pub lambda: f64,
    /// The number of training images.
    pub n_train: usize,
    /// How the gradient became a step.
    pub optimizer: Optimizer,
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

/// Names the settings to reduce, and suggests values. Each update multiplies the weights by 1 - eta lambda / n; if
/// lambda makes this less than -1, the weights diverge whatever the gradient. But lambda is to blame only if it would
/// do so at the optimizer's usual eta too, and eta if it is so large that even the suggested lambda would do so.
fn remedy(&Divergence { eta, lambda, n_train, optimizer, .. }: &Divergence) -> String {
    let in_short = |x: f64| as_typed(one_digit(x));
    let usual = optimizer.usual_eta();
    let limit = |eta: f64| 2.0 * n_train as f64 / eta;
    let suggested = limit(usual) / 10.0;
    let of_lambda = lambda > limit(eta) && lambda > limit(usual);
    let of_eta = !of_lambda || suggested > limit(eta);
    let eta = of_eta.then(|| format!("eta, such as {}", in_short((eta / 10.0).min(usual))));
    let lambda = of_lambda.then(|| format!("lambda, such as {}", in_short(suggested)));
    eta.into_iter().chain(lambda).collect::<Vec<_>>().join(", and a smaller ")
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
    use super::*;

    #[test]
    fn a_divergence_names_what_was_too_large() {
        let remedy = |optimizer, eta, lambda, n_train| {
            remedy(&Divergence { epoch: 1, eta, lambda, n_train, optimizer, cause: NotFinite::Cost("training") })
        };
        let sgd = |eta, lambda, n_train| remedy(Optimizer::default(), eta, lambda, n_train);
        assert_eq!(sgd(0.5, 5.0, 50_000), "eta, such as 0.05");
        assert_eq!(sgd(500.0, 5.0, 1_000), "eta, such as 0.5", "lambda is the default");
        assert_eq!(sgd(1.0, 2e10, 20_000), "lambda, such as 8000");
        assert_eq!(sgd(1e300, 1e300, 50), "eta, such as 0.5, and a smaller lambda, such as 20");
        assert_eq!(sgd(0.5, 1e308, 50_000), "lambda, such as 20000");
        let adamw = |eta, lambda| remedy(Optimizer::AdamW, eta, lambda, 1_000);
        assert_eq!(adamw(0.5, 5.0), "eta, such as 0.001");
        assert_eq!(adamw(0.5, 1e5), "eta, such as 0.001");
        assert_eq!(adamw(0.001, 5.0), "eta, such as 0.0001");
        assert_eq!(adamw(0.001, 1e7), "lambda, such as 200000");
    }
}
