//! Activation functions: from a neuron's weighted input z to its activation a.

use ndarray::{Array1, ArrayView1};
use serde::{Deserialize, Serialize};

use crate::real::Real;

/// sigma(z) = 1 / (1 + e^-z).
pub fn sigmoid<F: Real>(z: F) -> F {
    F::one() / (F::one() + (-z).exp())
}

/// sigma'(z) = sigma(z) (1 - sigma(z)).
pub fn sigmoid_prime<F: Real>(z: F) -> F {
    // Computed as sigma(z) sigma(-z): sigma(-z) is 1 - sigma(z), and does not round to 0 for a large z.
    sigmoid(z) * sigmoid(-z)
}

/// a_j = e^(z_j) / sum of all e^(z_k). The largest z is subtracted first, which prevents overflow and leaves a
/// unchanged.
#[must_use]
pub fn softmax<F: Real>(z: ArrayView1<F>) -> Array1<F> {
    let largest = z.iter().copied().fold(F::neg_infinity(), F::max);
    let exp = z.mapv(|z| (z - largest).exp());
    let sum = exp.sum();
    exp / sum
}

/// The activation of a hidden layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Activation {
    /// a = sigma(z), between 0 and 1.
    #[default]
    Sigmoid,
    /// a = tanh(z), between -1 and 1: a rescaled sigmoid, 2 sigma(2z) - 1.
    Tanh,
    /// a = max(0, z), the rectified linear unit.
    Relu,
}

impl Activation {
    /// All activations.
    pub const ALL: [Activation; 3] = [Activation::Sigmoid, Activation::Tanh, Activation::Relu];

    /// The name on the command line, in model files and in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Activation::Sigmoid => "sigmoid",
            Activation::Tanh => "tanh",
            Activation::Relu => "relu",
        }
    }

    /// The activations of the hidden layers in words: "relu", or "relu and tanh" if layers differ; empty without hidden
    /// layers.
    #[must_use]
    pub fn in_words(of_layers: &[Activation]) -> String {
        let mut names: Vec<_> = of_layers.iter().map(|activation| activation.name()).collect();
        names.dedup();
        names.join(" and ")
    }

    /// a^l from z^l.
    #[must_use]
    pub fn of<F: Real>(self, z: ArrayView1<F>) -> Array1<F> {
        match self {
            Activation::Sigmoid => z.mapv(sigmoid),
            Activation::Tanh => z.mapv(F::tanh),
            Activation::Relu => z.mapv(relu),
        }
    }

    /// The derivative at z^l. For the rectified linear unit it is taken as 0 at z = 0, where it is undefined.
    #[must_use]
    pub fn prime<F: Real>(self, z: ArrayView1<F>) -> Array1<F> {
        match self {
            Activation::Sigmoid => z.mapv(sigmoid_prime),
            Activation::Tanh => z.mapv(|z| F::one() - z.tanh() * z.tanh()),
            Activation::Relu => z.mapv(|z| if z > F::zero() { F::one() } else { F::zero() }),
        }
    }
}

/// max(0, z). NaN stays NaN, so that a diverging training is noticed.
pub(crate) fn relu<F: Real>(z: F) -> F {
    if z < F::zero() { F::zero() } else { z }
}

/// The activation of the output layer. The cost determines it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// A sigmoid for each output, between 0 and 1.
    Sigmoid,
    /// Outputs that add up to 1.
    Softmax,
}

impl Output {
    /// The name in reports and exported files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Output::Sigmoid => Activation::Sigmoid.name(),
            Output::Softmax => "softmax",
        }
    }

    /// a^L from z^L.
    #[must_use]
    pub fn of<F: Real>(self, z: ArrayView1<F>) -> Array1<F> {
        match self {
            Output::Sigmoid => z.mapv(sigmoid),
            Output::Softmax => softmax(z),
        }
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn each_prime_is_the_slope_of_its_activation() {
        for activation in Activation::ALL {
            for z in [-30.0, -3.0, -0.1, 0.7, 5.0, 30.0_f64] {
                let h = 1e-6;
                let at = |z| activation.of(array![z].view())[0];
                let (slope, prime) = ((at(z + h) - at(z - h)) / (2.0 * h), activation.prime(array![z].view())[0]);
                assert!((slope - prime).abs() < 1e-8, "{activation:?}, z = {z}: {slope} and {prime}");
            }
        }
    }

    #[test]
    fn sigmoid_prime_is_the_slope_of_sigmoid() {
        for z in [-30.0, -3.0, -0.1, 0.0, 0.7, 5.0, 30.0_f64] {
            let h = 1e-6;
            let slope = (sigmoid(z + h) - sigmoid(z - h)) / (2.0 * h);
            assert!((slope - sigmoid_prime(z)).abs() < 1e-10, "z = {z}: {slope} and {}", sigmoid_prime(z));
        }
    }

    #[test]
    fn activations_are_finite_for_every_finite_z() {
        for z in [f32::MIN, -1e4, 0.0, 1e4, f32::MAX] {
            assert!(sigmoid(z).is_finite() && sigmoid_prime(z).is_finite());
            assert!(softmax(array![z, 0.0, -z].view()).iter().all(|a| a.is_finite()));
        }
    }

    #[test]
    fn softmax_adds_up_to_one_and_ignores_a_shift() {
        let a = softmax(array![1.0, 2.0, 3.0_f64].view());
        assert!((a.sum() - 1.0).abs() < 1e-15);
        let shifted = softmax(array![101.0, 102.0, 103.0_f64].view());
        assert!((a - shifted).iter().all(|d| d.abs() < 1e-15));
    }
}
