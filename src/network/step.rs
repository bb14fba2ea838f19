//! The parameters of an update, apart from the gradient.

use super::{Dropout, Optimizer};
use crate::real::Real;

/// The parameters of one update.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// The learning rate.
    pub eta: f64,
    /// The L2 regularization parameter.
    pub lambda: f64,
    /// lambda_1, the L1 regularization parameter.
    pub l1: f64,
    /// How the gradient becomes a step.
    pub optimizer: Optimizer,
    /// Which neurons are dropped.
    pub dropout: Dropout,
    /// The largest norm of the weights into a hidden neuron; after the step, larger ones are scaled down to it
    /// (Srivastava et al. 2014).
    pub max_norm: Option<f64>,
    /// An image whose outputs are all within this distance of their targets is left out of the gradient, because it has
    /// almost nothing to teach. It still counts in m and n. With 0, no image is left out.
    pub tolerance: f64,
    /// The share of itself that the running average of the weights keeps at each update; smaller at first.
    pub ema: Option<f64>,
    /// n, the number of training images.
    pub n_train: usize,
}

impl Default for Step {
    /// Gradient descent with eta 0.5, without regularization.
    fn default() -> Self {
        Step {
            eta: 0.5,
            lambda: 0.0,
            l1: 0.0,
            optimizer: Optimizer::default(),
            dropout: Dropout::default(),
            max_norm: None,
            tolerance: 0.0,
            ema: None,
            n_train: 1,
        }
    }
}

impl Step {
    /// Whether this is the book's basic step, `w <- (1 - eta lambda/n) w - eta g`, which remembers nothing.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.l1 == 0.0 && self.max_norm.is_none() && matches!(self.optimizer, Optimizer::Sgd { momentum: 0.0, .. })
    }

    /// Whether the outputs `a` are so close to the targets `y` that the image is left out. NaN is never within the
    /// tolerance.
    pub(crate) fn is_within_tolerance<'a, F: Real>(
        &self,
        a: impl IntoIterator<Item = &'a F>,
        y: impl IntoIterator<Item = &'a F>,
    ) -> bool {
        let tolerance = F::of(self.tolerance);
        self.tolerance > 0.0 && a.into_iter().zip(y).all(|(&a, &y)| (a - y).abs() <= tolerance)
    }

    /// 1 - eta lambda / n: the factor on each weight before the gradient is subtracted.
    #[must_use]
    pub fn weight_decay(&self) -> f64 {
        1.0 - self.eta * self.lambda / self.n_train as f64
    }
}
