//! Max-norm regularization: the weights into a hidden neuron may not grow beyond a norm (Srivastava et al. 2014,
//! "Dropout: A Simple Way to Prevent Neural Networks from Overfitting").

use super::Network;
use crate::real::Real;

impl<F: Real> Network<F> {
    /// Scales the weights into each hidden neuron down to norm `most`, if their norm exceeds it.
    pub(crate) fn limit_norms(&mut self, most: f64) {
        let hidden = self.weights.len() - 1;
        for mut row in self.weights[..hidden].iter_mut().flat_map(|w| w.rows_mut()) {
            let squares = row.iter().fold(F::zero(), |sum, &w| sum + w * w);
            row *= shrink(squares, most);
        }
    }
}

/// The factor that brings weights, whose squares sum to `squares`, to a norm of at most `most`.
pub(crate) fn shrink<F: Real>(squares: F, most: f64) -> F {
    let norm = squares.sqrt();
    if norm.is_infinite() {
        F::nan() // the weights have run away, and 0 would hide it
    } else if norm > F::of(most) {
        F::of(most) / norm
    } else {
        F::one()
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;
    use crate::network::Quadratic;

    #[test]
    fn the_norms_of_weights_into_hidden_neurons_are_limited() {
        let limited = |first| {
            let weights = vec![first, array![[30.0, 40.0]]];
            let mut network = Network::from_parts(weights, vec![array![9.0, 9.0], array![9.0]], &Quadratic).unwrap();
            network.limit_norms(1.0);
            network.weights().to_vec()
        };
        let [hidden, output] = &limited(array![[3.0_f64, 4.0], [0.3, 0.4]])[..] else { panic!("two layers") };
        let difference = hidden - &array![[0.6, 0.8], [0.3, 0.4]];
        assert!(difference.iter().all(|difference| difference.abs() < 1e-15), "{hidden}");
        assert_eq!(output, array![[30.0, 40.0]], "weights into outputs are not limited");
        let away = &limited(array![[1e200, 0.0], [3.0, 4.0]])[0];
        assert!(away[[0, 0]].is_nan(), "it is not hidden that weights ran away");
    }
}
