//! Learning rate schedules.

use std::f64::consts::PI;

/// One-cycle starts with this share of eta: PyTorch's `div_factor` of 25.
const ONE_CYCLE_START: f64 = 1.0 / 25.0;

/// One-cycle ends with this share of eta: its start divided by PyTorch's `final_div_factor` of 10,000.
const ONE_CYCLE_END: f64 = ONE_CYCLE_START / 1e4;

/// How the learning rate changes over the epochs.
///
/// T is the number of epochs, w the number of warm-up epochs, and t the position: the number of epochs done, with
/// fractions, measured at the middle of a mini-batch. (Measured at its start, the first mini-batch of a warm-up would
/// have rate 0 and learn nothing; measured at its end, so would the last one of a cosine.)
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Schedule {
    /// Always eta.
    #[default]
    Constant,
    /// Halves eta whenever the evaluation accuracy has not improved for `patience` epochs. The training ends when eta
    /// would fall below 1/128 of its start value.
    ///
    /// From an exercise in chapter 3 of the book, under "How to choose a neural network's hyper-parameters?".
    HalveOnPlateau {
        /// Epochs to wait for a better accuracy; 1 or more.
        patience: usize,
    },
    /// `eta (1 + cos(pi (t - w)/(T - w)))/2`: from eta down to 0, slowly at both ends.
    ///
    /// Loshchilov and Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts" (2017), without the restarts.
    Cosine,
    /// A half cosine from eta/25 up to eta in the first w epochs, then another down to eta/25/10,000 in the remaining
    /// ones.
    ///
    /// Smith, "A disciplined approach to neural network hyper-parameters" (2018); the constants are those of PyTorch's
    /// `OneCycleLR`. The momentum is not cycled.
    OneCycle,
}

impl Schedule {
    /// The name on the command line and in model files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Schedule::Constant => "constant",
            Schedule::HalveOnPlateau { .. } => "halve-on-plateau",
            Schedule::Cosine => "cosine",
            Schedule::OneCycle => "one-cycle",
        }
    }

    /// Whether the learning rate of an epoch depends on the total number of epochs, so that none can be added later.
    #[must_use]
    pub fn depends_on_epochs(self) -> bool {
        matches!(self, Schedule::Cosine | Schedule::OneCycle)
    }

    /// The epochs of warm-up if none are asked for: 0.3 T for one-cycle (PyTorch's `pct_start`), 0 for the others.
    #[must_use]
    pub fn default_warm_up(self, epochs: usize) -> f64 {
        if self == Schedule::OneCycle { 3.0 * epochs as f64 / 10.0 } else { 0.0 }
    }

    /// The factor on eta at position `t` of `epochs`, of which the first `warm_up` are the warm-up.
    ///
    /// The warm-up is linear, `t/w`, except for one-cycle, which has its own. The halving of `HalveOnPlateau` is not
    /// included, because it depends on the results of the training.
    ///
    /// ```
    /// use mnist_mlp::trainer::Schedule;
    /// assert_eq!(Schedule::Constant.factor(0.5, 30.0, 2.0), 0.25);
    /// assert_eq!(Schedule::Cosine.factor(2.0, 30.0, 2.0), 1.0);
    /// ```
    #[must_use]
    pub fn factor(self, t: f64, epochs: f64, warm_up: f64) -> f64 {
        let rest = (t - warm_up) / (epochs - warm_up);
        match self {
            Schedule::OneCycle if t < warm_up => half_cosine(ONE_CYCLE_START, 1.0, t / warm_up),
            _ if t < warm_up => t / warm_up,
            Schedule::Constant | Schedule::HalveOnPlateau { .. } => 1.0,
            Schedule::Cosine => half_cosine(1.0, 0.0, rest),
            Schedule::OneCycle => half_cosine(1.0, ONE_CYCLE_END, rest),
        }
    }
}

/// Goes from one value to another, flat at both ends, as `part` goes from 0 to 1.
fn half_cosine(from: f64, to: f64, part: f64) -> f64 {
    to + (from - to) * f64::midpoint(1.0, (PI * part).cos())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks the factors at given positions.
    fn assert_shape(schedule: Schedule, (epochs, warm_up): (f64, f64), points: &[(f64, f64)]) {
        for &(t, expected) in points {
            let found = schedule.factor(t, epochs, warm_up);
            assert!((found - expected).abs() < 1e-12, "{schedule:?} at {t}: {found}, expected {expected}");
        }
    }

    #[test]
    fn constant_is_exactly_one_after_a_linear_warm_up() {
        for schedule in [Schedule::Constant, Schedule::HalveOnPlateau { patience: 3 }] {
            for t in [0.0, 0.001, 0.5, 17.3, 30.0] {
                assert!((schedule.factor(t, 30.0, 0.0) - 1.0).abs() <= 0.0);
            }
            assert_shape(schedule, (10.0, 2.0), &[(0.0, 0.0), (0.5, 0.25), (1.5, 0.75), (2.0, 1.0), (9.0, 1.0)]);
        }
    }

    #[test]
    fn cosine_goes_down_to_nothing() {
        // (1 + cos 60°)/2 = 3/4, (1 + cos 90°)/2 = 1/2, (1 + cos 120°)/2 = 1/4.
        assert_shape(Schedule::Cosine, (6.0, 0.0), &[(0.0, 1.0), (2.0, 0.75), (3.0, 0.5), (4.0, 0.25), (6.0, 0.0)]);
        assert_shape(Schedule::Cosine, (8.0, 2.0), &[(1.0, 0.5), (2.0, 1.0), (4.0, 0.75), (5.0, 0.5), (8.0, 0.0)]);
    }

    #[test]
    fn one_cycle_goes_up_and_further_down() {
        // Half-way up: (1/25 + 1)/2 = 0.52; a third of the way: 1/25 + 0.96/4 = 0.28; half-way down: (1 + 4e-6)/2.
        let points = [(0.0, 0.04), (1.0, 0.28), (1.5, 0.52), (3.0, 1.0), (6.5, 0.500_002), (10.0, 4e-6)];
        assert_shape(Schedule::OneCycle, (10.0, Schedule::OneCycle.default_warm_up(10)), &points);
        assert_shape(Schedule::OneCycle, (10.0, 0.0), &[(0.0, 1.0), (5.0, 0.500_002)]);
        assert!((Schedule::Cosine.default_warm_up(10)).abs() <= 0.0);
    }
}
