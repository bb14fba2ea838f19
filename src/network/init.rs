//! Start weights and biases.

use ndarray::{Array1, Array2};
use ndarray_rand::RandomExt;
use ndarray_rand::rand_distr::StandardNormal;

use crate::random::{Purpose, stream};
use crate::real::Real;

/// How start weights and biases are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Init {
    /// Weights N(0, 1/n_in), biases N(0, 1): no neuron starts saturated.
    #[default]
    Default,
    /// Weights N(0, 1), biases N(0, 1): the book's first choice, which saturates neurons, so that they learn slowly at
    /// first.
    Large,
    /// Weights N(0, 2/n_in), biases 0: preserves the variance from layer to layer with rectified linear units (He et
    /// al. 2015).
    He,
    /// Weights N(0, 2/(n_in + n_out)), biases 0: preserves the variance, forward and backward, with tanh units (Glorot
    /// and Bengio 2010).
    Xavier,
}

impl Init {
    /// All initializations.
    pub const ALL: [Self; 4] = [Init::Default, Init::Large, Init::He, Init::Xavier];

    /// The name on the command line and in model files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Init::Default => "default",
            Init::Large => "large",
            Init::He => "he",
            Init::Xavier => "xavier",
        }
    }

    /// Draws the weights, (n_out, n_in), and biases, (n_out), of layer `layer`, 1 for the first after the input.
    ///
    /// The numbers are drawn in double precision for every `F`, so that both precisions start from the same values.
    pub(super) fn draw<F: Real>(self, n_in: usize, n_out: usize, seed: u64, layer: u64) -> (Array2<F>, Array1<F>) {
        let mut rng = stream(seed, Purpose::Weights, layer);
        let deviation = match self {
            Init::Default => 1.0 / (n_in as f64).sqrt(),
            Init::Large => 1.0,
            Init::He => (2.0 / n_in as f64).sqrt(),
            Init::Xavier => (2.0 / (n_in + n_out) as f64).sqrt(),
        };
        // The biases are drawn even if they are then set to 0, so that a seed gives the same weights, up to scale, for
        // every `Init`.
        let mut biases = Array1::<f64>::random_using(n_out, StandardNormal, &mut rng);
        if matches!(self, Init::He | Init::Xavier) {
            biases.fill(0.0);
        }
        let weights = Array2::<f64>::random_using((n_out, n_in), StandardNormal, &mut rng);
        (weights.mapv(|w| F::of(deviation * w)), biases.mapv(F::of))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deviation(weights: &Array2<f64>) -> f64 {
        (weights.mapv(|w| w * w).sum() / weights.len() as f64).sqrt()
    }

    #[test]
    fn the_spread_is_as_named() {
        // 40,000 draws: the standard error of the deviation is 1/sqrt(2 * 40,000) = 0.35%; 2% is more than five times
        // that.
        let (default, biases) = Init::Default.draw::<f64>(400, 100, 1, 1);
        assert!((deviation(&default) * 20.0 - 1.0).abs() < 0.02);
        let (large, _) = Init::Large.draw::<f64>(400, 100, 1, 1);
        assert!((deviation(&large) - 1.0).abs() < 0.02);
        assert!(biases.iter().any(|&b| b.abs() > 1.0));
        let (he, biases) = Init::He.draw::<f64>(400, 100, 1, 1);
        assert!((deviation(&he) * 200.0_f64.sqrt() - 1.0).abs() < 0.02 && biases.iter().all(|&b| b == 0.0));
        let (xavier, biases) = Init::Xavier.draw::<f64>(400, 100, 1, 1);
        assert!((deviation(&xavier) * 250.0_f64.sqrt() - 1.0).abs() < 0.02 && biases.iter().all(|&b| b == 0.0));
    }

    /// The expected numbers are not from a source: this program printed them when the test was written. They must not
    /// change, because resumed trainings and all results published with a seed depend on them.
    #[test]
    fn the_start_weights_of_a_seed_stay_what_they_are() {
        let (w, b) = Init::Large.draw::<f64>(784, 30, 0, 1);
        let expected: [f64; 4] =
            [0.907_149_374_912_188_2, -1.375_174_603_408_271, -0.445_397_994_935_114_6, 0.934_535_663_843_359_7];
        let found = [w[[0, 0]], w[[0, 1]], w[[29, 783]], b[0]];
        assert_eq!(found.map(f64::to_bits), expected.map(f64::to_bits), "{found:?}");
    }

    #[test]
    fn seed_and_layer_decide_and_both_precisions_agree() {
        let (w, b) = Init::Default.draw::<f64>(5, 4, 7, 1);
        assert_eq!((w.clone(), b), Init::Default.draw::<f64>(5, 4, 7, 1));
        assert_ne!(w, Init::Default.draw::<f64>(5, 4, 8, 1).0);
        assert_ne!(w, Init::Default.draw::<f64>(5, 4, 7, 2).0);
        assert_eq!(w.mapv(f32::of), Init::Default.draw::<f32>(5, 4, 7, 1).0);
    }
}
