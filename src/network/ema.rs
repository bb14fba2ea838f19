//! The exponential moving average of the weights, which generalizes better than the weights themselves (Polyak and
//! Juditsky 1992, "Acceleration of Stochastic Approximation by Averaging").

use super::{Network, Step};
use crate::real::Real;

impl Step {
    /// The share of the new weights in their running average after `updates` updates: 1 - `ema`, or 9/(9 + updates)
    /// while that is larger, so that the start weights are soon forgotten.
    #[must_use]
    pub(crate) fn averaging(&self, updates: u64) -> Option<f64> {
        self.ema.map(|ema| (1.0 - ema).max(9.0 / (9.0 + updates as f64)))
    }
}

impl<F: Real> Network<F> {
    /// Moves all weights and biases by `share` of the way to `other`: one step of a running average.
    pub(crate) fn follow(&mut self, other: &Network<F>, share: f64) {
        let share = F::of(share);
        let toward = |average: &mut F, &w: &F| *average += share * (w - *average);
        self.weights.iter_mut().zip(&other.weights).for_each(|(average, w)| average.zip_mut_with(w, toward));
        self.biases.iter_mut().zip(&other.biases).for_each(|(average, b)| average.zip_mut_with(b, toward));
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;
    use crate::network::Quadratic;

    #[test]
    fn an_average_moves_a_share_of_the_way() {
        let network = |w, b| Network::from_parts(vec![w], vec![b], &Quadratic).unwrap();
        let mut average = network(array![[0.0, 1.0, 3.0]], array![2.0]);
        average.follow(&network(array![[1.0, 1.0, 1.0]], array![4.0]), 0.25);
        // Quarters: their sums are exact.
        assert_eq!((&average.weights()[0], &average.biases()[0]), (&array![[0.25, 1.0, 2.5]], &array![2.5]));
    }

    #[test]
    fn the_start_is_soon_forgotten() {
        // 9/(9 + t) applies while it exceeds 1 - 0.9, which is up to t = 81.
        let step = Step { ema: Some(0.9), ..Step::default() };
        for (updates, share) in [(1, 0.9), (9, 0.5), (100, 0.1)] {
            assert!((step.averaging(updates).unwrap() - share).abs() < 1e-15, "{updates}");
        }
        assert_eq!(Step::default().averaging(1), None);
    }
}
