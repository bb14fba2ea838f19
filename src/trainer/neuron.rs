//! The first experiment of chapter 3: one sigmoid neuron learns to answer 0 to the input 1.
//!
//! It is an ordinary [`Network`] of sizes [1, 1] with ordinary updates, so what it shows holds for larger networks too.
//!
//! The book's animations of the cross-entropy neuron use eta = 0.005 but step as if sigma'(z) did not cancel; this
//! module follows the book's equation, in which it does.

use ndarray::array;
use thiserror::Error;

use crate::network::{Cost, Network, NetworkError, Output};
use crate::numbers::as_typed;

/// The neuron after some epochs; each epoch is one update.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Updates so far; 0 at the start.
    pub epoch: usize,
    /// a, the neuron's answer to the input 1.
    pub output: f64,
    /// C, its cost against the target 0.
    pub cost: f64,
    /// The weight w.
    pub weight: f64,
    /// The bias b.
    pub bias: f64,
}

/// Why the neuron cannot be trained.
#[derive(Debug, Error, PartialEq)]
pub enum NeuronError {
    /// A start weight or bias that is not finite.
    #[error("the start weight and bias must be finite numbers")]
    NotFinite,
    /// A learning rate that is zero, negative, infinite or NaN.
    #[error("eta {} is out of range: choose a number above 0, such as 0.15", as_typed(*.0))]
    Eta(f64),
    /// No epochs.
    #[error("epochs 0 is out of range: choose 1 or more")]
    Epochs,
    /// The output, cost, weight or bias is no longer finite.
    #[error(
        "the neuron's numbers are no longer finite at epoch {epoch}: choose a smaller eta than {}, or a start nearer to 0",
        as_typed(*eta)
    )]
    Diverged {
        /// The epoch in which it happened, 0 for the start.
        epoch: usize,
        /// The learning rate.
        eta: f64,
    },
    /// A cost with a softmax output: the softmax of a single output is always 1.
    #[error(
        "the cost {0} needs more than one output (its softmax would always be 1): choose cross-entropy or quadratic"
    )]
    Softmax(&'static str),
}

/// The learning curve from the given start weight and bias: points 0 (the start) to `epochs`. It ends after the first
/// error.
///
/// # Errors
/// A [`NeuronError`] if the start or a setting is out of range, or if the cost has a softmax output.
pub fn learning_curve(
    cost: &'static dyn Cost<f64>,
    (weight, bias): (f64, f64),
    eta: f64,
    epochs: usize,
) -> Result<impl Iterator<Item = Result<Point, NeuronError>>, NeuronError> {
    if cost.output() == Output::Softmax {
        return Err(NeuronError::Softmax(cost.name()));
    }
    if !(eta > 0.0 && eta.is_finite()) {
        return Err(NeuronError::Eta(eta));
    }
    if epochs == 0 {
        return Err(NeuronError::Epochs);
    }
    let mut network = Network::from_parts(vec![array![[weight]]], vec![array![bias]], cost)
        .map_err(|_: NetworkError| NeuronError::NotFinite)?;
    let example = [(array![1.0], array![0.0])];
    Ok((0..=epochs).scan(false, move |has_diverged, epoch| {
        if *has_diverged {
            return None;
        }
        if epoch > 0 {
            network.update_mini_batch(&example, eta, 0.0, 1);
        }
        let (zs, activations) = network.forward(example[0].0.view());
        let (z, output) = (zs[0][0], activations[0][0]);
        let (weight, bias) = (network.weights()[0][[0, 0]], network.biases()[0][0]);
        let cost = cost.value(&[z], &[output], &[0.0]);
        let finite = [output, cost, weight, bias].iter().all(|number| number.is_finite());
        *has_diverged = !finite;
        Some(if finite {
            Ok(Point { epoch, output, cost, weight, bias })
        } else {
            Err(NeuronError::Diverged { epoch, eta })
        })
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::{CrossEntropy, LogLikelihood, Quadratic};

    fn outputs(cost: &'static dyn Cost<f64>, start: (f64, f64), eta: f64) -> Vec<f64> {
        learning_curve(cost, start, eta, 300).unwrap().map(|point| point.unwrap().output).collect()
    }

    /// The expected values were computed independently, to six digits.
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
        assert_eq!(error(&Quadratic, (f64::NAN, 0.0), 0.1), NeuronError::NotFinite);
        assert_eq!(error(&Quadratic, (0.0, 0.0), 0.0), NeuronError::Eta(0.0));
        assert_eq!(error(&LogLikelihood, (0.0, 0.0), 0.1), NeuronError::Softmax("log-likelihood"));
        assert!(matches!(learning_curve(&Quadratic, (0.0, 0.0), 0.1, 0).map(|_| ()), Err(NeuronError::Epochs)));
        let mut overflow = learning_curve(&CrossEntropy, (1e308, 1e308), 0.1, 5).unwrap();
        assert_eq!(overflow.next(), Some(Err(NeuronError::Diverged { epoch: 0, eta: 0.1 })));
        assert_eq!(overflow.next(), None);
    }
}
