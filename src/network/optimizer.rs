//! Optimizers: how a gradient becomes a step, and what is remembered from one mini-batch to the next.

use std::fmt;

use ndarray::Zip;
use serde::{Deserialize, Serialize};

use super::{Gradient, Network, Step};
use crate::real::Real;

/// beta_1, beta_2 and epsilon of Adam, as Kingma and Ba (2015) give them.
const BETA_1: f64 = 0.9;
const BETA_2: f64 = 0.999;
const EPSILON: f64 = 1e-8;

/// How a mini-batch's gradient g (the mean over its images, regularization terms included) changes a weight w.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Optimizer {
    /// Stochastic gradient descent. Without momentum `w <- w - eta g`; with momentum, as in the book,
    /// `v <- mu v - eta g`, `w <- w + v`.
    Sgd {
        /// mu, the share of the velocity v that is kept; 0 or more and below 1.
        momentum: f64,
        /// Whether the step looks ahead: `w <- w + mu v - eta g` with the new v (Nesterov's momentum, in the form of
        /// Sutskever et al. 2013).
        nesterov: bool,
    },
    /// Adam with decoupled weight decay (Loshchilov and Hutter 2019): `m <- b1 m + (1-b1) g`, `v <- b2 v + (1-b2) g^2`,
    /// `w <- (1 - eta lambda/n) w - eta m^ / (sqrt(v^) + epsilon)`, where m^ = m/(1 - b1^t) and v^ = v/(1 - b2^t) after
    /// t updates, b1 = 0.9, b2 = 0.999, epsilon = 1e-8. The L2 term acts only through the decay and is not part of g.
    AdamW,
}

/// The optimizer in words: "gradient descent", "momentum 0.9", "Nesterov momentum 0.9", "AdamW".
impl fmt::Display for Optimizer {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Optimizer::Sgd { momentum: 0.0, .. } => f.write_str("gradient descent"),
            Optimizer::Sgd { momentum, nesterov: false } => write!(f, "momentum {momentum}"),
            Optimizer::Sgd { momentum, nesterov: true } => write!(f, "Nesterov momentum {momentum}"),
            Optimizer::AdamW => f.write_str("AdamW"),
        }
    }
}

impl Optimizer {
    /// The number of values remembered per weight and bias from one update to the next: 0; 1, the velocity; or 2, the
    /// moments of Adam.
    #[must_use]
    pub fn moments(self) -> usize {
        match self {
            Optimizer::Sgd { momentum: 0.0, .. } => 0,
            Optimizer::Sgd { .. } => 1,
            Optimizer::AdamW => 2,
        }
    }

    /// The learning rate with which to begin: the default of the command line.
    #[must_use]
    pub fn usual_eta(self) -> f64 {
        match self {
            Optimizer::Sgd { .. } => 0.5,
            Optimizer::AdamW => 0.001,
        }
    }
}

impl Default for Optimizer {
    /// Gradient descent without momentum.
    fn default() -> Self {
        Optimizer::Sgd { momentum: 0.0, nesterov: false }
    }
}

/// The update of a single weight or bias, with all constants precomputed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rule<F> {
    kind: Kind,
    eta: F,
    momentum: F,
    /// lambda/n, 0 for a bias.
    l2: F,
    /// lambda_1/n, 0 for a bias.
    l1: F,
    /// 1/(1 - b1^t) and 1/(1 - b2^t).
    corrections: (F, F),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Momentum,
    Nesterov,
    AdamW,
}

impl<F: Real> Rule<F> {
    /// The rule of update number `updates` (1 for the first), for weights or for biases, which are not regularized.
    pub fn new(step: &Step, updates: u64, is_weight: bool) -> Self {
        let t = i32::try_from(updates).unwrap_or(i32::MAX); // by then there is nothing left to correct
        let (kind, momentum) = match step.optimizer {
            Optimizer::Sgd { momentum, nesterov: false } => (Kind::Momentum, momentum),
            Optimizer::Sgd { momentum, nesterov: true } => (Kind::Nesterov, momentum),
            Optimizer::AdamW => (Kind::AdamW, 0.0),
        };
        let share = |parameter: f64| F::of(if is_weight { parameter / step.n_train as f64 } else { 0.0 });
        let correction = |beta: f64| F::of(1.0 / (1.0 - beta.powi(t)));
        Rule {
            kind,
            eta: F::of(step.eta),
            momentum: F::of(momentum),
            l2: share(step.lambda),
            l1: share(step.l1),
            corrections: (correction(BETA_1), correction(BETA_2)),
        }
    }

    /// The formula in use. A loop asks once and then calls [`apply`](Rule::apply) with a constant.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Updates one weight or bias `w`. `nabla` is its mean derivative over the mini-batch. `first` and `second` are the
    /// remembered values: the velocity v and an unused value, or Adam's m and v.
    ///
    /// L1 adds (lambda_1/n) sgn(w) to the derivative, so that the plain step is
    /// `w <- w - eta (lambda_1/n) sgn(w) - eta (lambda/n) w - eta nabla`.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the fast engine compiles it for every instruction set")]
    pub fn apply(&self, kind: Kind, w: &mut F, nabla: F, first: &mut F, second: &mut F) {
        let one = F::one();
        let g = nabla + self.l1 * sgn(*w);
        match kind {
            Kind::Momentum | Kind::Nesterov => {
                let (mu, v) = (self.momentum, first);
                let step = self.eta * (g + self.l2 * *w);
                *v = forget(mu * *v - step);
                *w += if kind == Kind::Nesterov { mu * *v - step } else { *v };
            }
            Kind::AdamW => {
                let (m, v) = (first, second);
                let (beta_1, beta_2) = (F::of(BETA_1), F::of(BETA_2));
                *m = forget(beta_1 * *m + (one - beta_1) * g);
                *v = forget(beta_2 * *v + (one - beta_2) * g * g);
                let (m_hat, v_hat) = (*m * self.corrections.0, *v * self.corrections.1);
                *w -= self.eta * (self.l2 * *w + m_hat / (v_hat.sqrt() + F::of(EPSILON)));
            }
        }
    }
}

/// sgn(w): 1, -1, or 0 if w is 0. (`signum` never returns 0.)
#[inline(always)]
#[allow(clippy::inline_always, reason = "as above")]
fn sgn<F: Real>(w: F) -> F {
    let (zero, one) = (F::zero(), F::one());
    (if w > zero { one } else { zero }) - if w < zero { one } else { zero }
}

/// Sets |x| < 1e-30 to 0. Otherwise the moments for pixels that are rarely inked would become subnormal, and each
/// operation on a subnormal number takes the processor about a hundred cycles.
#[inline(always)]
#[allow(clippy::inline_always, reason = "as above")]
fn forget<F: Real>(x: F) -> F {
    if x.abs() < F::of(1e-30) { F::zero() } else { x }
}

/// What an optimizer remembers for each weight and bias: a velocity, or two moments of the derivative.
#[derive(Debug, Clone)]
pub(crate) struct Moments<F> {
    first: Gradient<F>,
    second: Gradient<F>,
}

impl<F: Real> Moments<F> {
    /// The remembered values, in the shape of the network. Missing ones are zeros.
    pub fn new(network: &Network<F>, moments: Vec<Gradient<F>>) -> Self {
        let mut moments = moments.into_iter();
        let mut next = || moments.next().unwrap_or_else(|| network.zero_gradient());
        Moments { first: next(), second: next() }
    }

    /// The first `count` of the two moments.
    pub fn take(&self, count: usize) -> Vec<Gradient<F>> {
        [&self.first, &self.second].into_iter().take(count).cloned().collect()
    }
}

impl<F: Real> Network<F> {
    /// One step of the optimizer, number `updates` (1 for the first), from the mean gradient of a mini-batch.
    pub(crate) fn descend(&mut self, mean: &Gradient<F>, step: &Step, updates: u64, moments: &mut Moments<F>) {
        let [weights, biases] = [true, false].map(|is_weight| Rule::new(step, updates, is_weight));
        let Moments { first, second } = moments;
        for (l, (w, b)) in self.weights.iter_mut().zip(&mut self.biases).enumerate() {
            Zip::from(w)
                .and(&mean.nabla_w[l])
                .and(&mut first.nabla_w[l])
                .and(&mut second.nabla_w[l])
                .for_each(|w, &nabla, first, second| weights.apply(weights.kind, w, nabla, first, second));
            Zip::from(b)
                .and(&mean.nabla_b[l])
                .and(&mut first.nabla_b[l])
                .and(&mut second.nabla_b[l])
                .for_each(|b, &nabla, first, second| biases.apply(biases.kind, b, nabla, first, second));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::Dropout;

    /// The values of one weight that starts at 0.5, after each of the derivatives `nabla`.
    fn steps<const N: usize>(step: Step, is_weight: bool, nabla: [f64; N]) -> [f64; N] {
        let (mut w, mut first, mut second, mut updates) = (0.5, 0.0, 0.0, 0);
        nabla.map(|nabla| {
            updates += 1;
            let rule = Rule::new(&step, updates, is_weight);
            rule.apply(rule.kind(), &mut w, nabla, &mut first, &mut second);
            w
        })
    }

    fn close<const N: usize>(found: [f64; N], expected: [f64; N]) {
        let near = found.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 1e-12);
        assert!(near, "{found:?} instead of {expected:?}");
    }

    const STEP: Step = Step {
        eta: 0.1,
        lambda: 0.0,
        l1: 0.0,
        n_train: 10,
        optimizer: Optimizer::Sgd { momentum: 0.5, nesterov: false },
        dropout: Dropout { hidden: 0.0, input: 0.0, seed: 0, epoch: 0 },
        max_norm: None,
        tolerance: 0.0,
        ema: None,
    };

    #[test]
    fn momentum_is_the_books() {
        // v: -0.1, -0.05 - 0.2, -0.125 + 0.1
        close(steps(STEP, true, [1.0, 2.0, -1.0]), [0.4, 0.15, 0.125]);
        // The regularization is part of the gradient: 0.5 * 2/10 + 1/10.
        close(steps(Step { lambda: 2.0, l1: 1.0, ..STEP }, true, [0.0]), [0.5 - 0.1 * 0.2]);
        close(steps(Step { lambda: 2.0, l1: 1.0, ..STEP }, false, [0.0]), [0.5]);
    }

    #[test]
    fn nesterov_looks_ahead() {
        let optimizer = Optimizer::Sgd { momentum: 0.5, nesterov: true };
        // w + mu v - eta g, with v: -0.1, -0.25
        close(steps(Step { optimizer, ..STEP }, true, [1.0, 2.0]), [0.5 - 0.05 - 0.1, 0.35 - 0.125 - 0.2]);
    }

    #[test]
    fn adamw_is_the_papers() {
        let step = Step { optimizer: Optimizer::AdamW, ..STEP };
        // The first step is eta, whatever the derivative: m^ = g, v^ = g^2.
        close(steps(step, true, [3.0]), [0.5 - 0.1 * 3.0 / (3.0 + 1e-8)]);
        // m = 0.27 + 0.1 = 0.37, divided by 1 - 0.81; v = 0.008991 + 0.001, divided by 1 - 0.998001.
        let second = 0.1 * (0.37 / 0.19) / ((0.009_991_f64 / 0.001_999).sqrt() + 1e-8);
        let found = steps(step, true, [3.0, 1.0]);
        close([found[0] - found[1]], [second]);
        // The decay is separate from the gradient: 0.1 * 2/10 * 0.5.
        close(steps(Step { lambda: 2.0, ..step }, true, [0.0]), [0.5 - 0.01]);
    }
}
