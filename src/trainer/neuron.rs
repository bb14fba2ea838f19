//! The chapter's first experiment: one sigmoid neuron that learns to answer 0 to the input 1.
//!
//! It is an ordinary [`Network`] of sizes [1, 1] under an ordinary update, so that what it shows holds for the rest.
//!
//! The book's animations of the cross-entropy neuron use eta = 0.005 but step as if sigma'(z) did not cancel; this
//! module follows the book's own equation, in which it does.

use ndarray::{arr1, array};
use thiserror::Error;

use crate::network::{Cost, Network, NetworkError, Output, Step};

/// The neuron after some epochs, each of one update.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Updates so far; 0 at the start.
    pub epoch: usize,
    /// a, the neuron's answer to the input 1.
    pub output: f64,
    /// C, its cost against the target 0.
    pub cost: f64,
    /// w.
    pub weight: f64,
    /// b.
    pub bias: f64,
}

/// Why there is no such neuron.
#[derive(Debug, Error, PartialEq)]
pub enum NeuronError {
    /// A weight or bias that is not finite.
    #[error("the start weight and bias must be finite numbers")]
    NotFinite(#[source] NetworkError),
    /// A learning rate that is zero, negative, infinite or no number.
    #[error("--eta {0} is out of range: choose a number above 0, as 0.15")]
    Eta(f64),
    /// A softmax over a single output is 1 whatever it is given.
    #[error(
        "the cost {0} needs more than one output (its softmax would always be 1): choose cross-entropy or quadratic"
    )]
    Softmax(&'static str),
}

/// The neuron's way from the given weight and bias: points 0 (the start) to `epochs`.
///
/// # Errors
/// A [`NeuronError`] for a start or a learning rate that is out of range, or a cost with a softmax output.
pub fn learning_curve(
    cost: &'static dyn Cost<f64>,
    (weight, bias): (f64, f64),
    eta: f64,
    epochs: usize,
) -> Result<impl Iterator<Item = Point>, NeuronError> {
    if cost.output() == Output::Softmax {
        return Err(NeuronError::Softmax(cost.name()));
    }
    if !(eta > 0.0 && eta.is_finite()) {
        return Err(NeuronError::Eta(eta));
    }
    let mut network =
        Network::from_parts(vec![array![[weight]]], vec![array![bias]], cost).map_err(NeuronError::NotFinite)?;
    let (x, y) = (arr1(&[1.0]), arr1(&[0.0]));
    let step = Step { eta, lambda: 0.0, n_train: 1 };
    Ok((0..=epochs).map(move |epoch| {
        if epoch > 0 {
            network.update_mini_batch(std::iter::once((x.clone(), y.clone())), step);
        }
        let (zs, activations) = network.forward(x.view());
        let (z, a) = (zs[0][0], activations[0][0]);
        Point {
            epoch,
            output: a,
            cost: cost.value(&[z], &[a], &[0.0]),
            weight: network.weights()[0][[0, 0]],
            bias: network.biases()[0][0],
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::{CrossEntropy, LogLikelihood, Quadratic};

    fn outputs(cost: &'static dyn Cost<f64>, start: (f64, f64), eta: f64) -> Vec<f64> {
        learning_curve(cost, start, eta, 300).unwrap().map(|point| point.output).collect()
    }

    /// Figures computed independently, given to six digits.
    fn assert_close(found: f64, expected: f64) {
        assert!((found - expected).abs() < 5e-7, "{found}, expected {expected}");
    }

    #[test]
    fn the_quadratic_neuron_learns_slowly_where_it_is_very_wrong() {
        let a = outputs(&Quadratic, (0.6, 0.9), 0.15);
        assert_close(a[0], 0.817_574);
        assert_close(a[300], 0.093_956);
        let a = outputs(&Quadratic, (2.0, 2.0), 0.15);
        assert_close(a[0], 0.982_014);
        assert_close(a[150], 0.933_417);
        assert_close(a[300], 0.202_848);
    }

    #[test]
    fn the_cross_entropy_neuron_does_not() {
        assert_close(outputs(&CrossEntropy, (0.6, 0.9), 0.15)[300], 0.011_638);
        assert_close(outputs(&CrossEntropy, (2.0, 2.0), 0.15)[300], 0.012_009);
        assert_close(outputs(&CrossEntropy, (0.6, 0.9), 0.005)[300], 0.417_679);
        assert_close(outputs(&CrossEntropy, (2.0, 2.0), 0.005)[300], 0.779_587);
    }

    #[test]
    fn a_neuron_that_cannot_be_is_refused() {
        let error = |cost, start, eta| learning_curve(cost, start, eta, 1).map(|_| ()).unwrap_err();
        assert!(matches!(error(&Quadratic, (f64::NAN, 0.0), 0.1), NeuronError::NotFinite(_)));
        assert_eq!(error(&Quadratic, (0.0, 0.0), 0.0), NeuronError::Eta(0.0));
        assert_eq!(error(&LogLikelihood, (0.0, 0.0), 0.1), NeuronError::Softmax("log-likelihood"));
    }
}
