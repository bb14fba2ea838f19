//! The chapter's first experiment: one sigmoid neuron that learns to answer 0 to the input 1.
//!
//! It is an ordinary [`Network`] of sizes [1, 1] under an ordinary update, so that what it shows holds for the rest.
//!
//! The book's animations of the cross-entropy neuron use eta = 0.005 but step as if sigma'(z) did not cancel; this
//! module follows the book's own equation, in which it does.

use ndarray::array;
use thiserror::Error;

use crate::network::{Cost, Network, NetworkError, Output};

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
    NotFinite,
    /// A learning rate that is zero, negative, infinite or no number.
    #[error("eta {0:?} is out of range: choose a number above 0, such as 0.15")]
    Eta(f64),
    /// No updates.
    #[error("epochs 0 is out of range: choose 1 or more")]
    Epochs,
    /// The numbers grew beyond all bounds.
    #[error(
        "the neuron's numbers are no longer finite at epoch {epoch}: choose a smaller eta than {eta:?}, or a start nearer to 0"
    )]
    Diverged {
        /// The epoch in which it happened, 0 for the start.
        epoch: usize,
        /// The learning rate.
        eta: f64,
    },
    /// A softmax over a single output is 1 whatever it is given.
    #[error(
        "the cost {0} needs more than one output (its softmax would always be 1): choose cross-entropy or quadratic"
    )]
    Softmax(&'static str),
}

/// The neuron's way from the given weight and bias: points 0 (the start) to `epochs`. It ends after the first error.
///
/// # Errors
/// A [`NeuronError`] for a start or a setting that is out of range, or a cost with a softmax output.
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
        assert_eq!(error(&Quadratic, (f64::NAN, 0.0), 0.1), NeuronError::NotFinite);
        assert_eq!(error(&Quadratic, (0.0, 0.0), 0.0), NeuronError::Eta(0.0));
        assert_eq!(error(&LogLikelihood, (0.0, 0.0), 0.1), NeuronError::Softmax("log-likelihood"));
        assert!(matches!(learning_curve(&Quadratic, (0.0, 0.0), 0.1, 0).map(|_| ()), Err(NeuronError::Epochs)));
        let mut overflow = learning_curve(&CrossEntropy, (1e308, 1e308), 0.1, 5).unwrap();
        assert_eq!(overflow.next(), Some(Err(NeuronError::Diverged { epoch: 0, eta: 0.1 })));
        assert_eq!(overflow.next(), None);
    }
}
