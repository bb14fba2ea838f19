//! Dropout: for each image some neurons are left out, so that no neuron comes to rely on others (Srivastava et al.
//! 2014).

use ndarray::Array1;
use rand::RngCore;

use crate::random::{Purpose, stream_of_image};
use crate::real::Real;

/// The share of neurons dropped for each image, and the seed and epoch that determine which ones.
///
/// This is inverted dropout: the kept activations are multiplied by 1/(1-p), so that sums keep their mean and the
/// trained network is used unchanged. The book drops the same neurons for all images of a mini-batch and compensates
/// afterwards by halving the outgoing weights; here the choice differs from image to image.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Dropout {
    /// p for every hidden layer; 0 or more and below 1. It is rounded to a multiple of 1/65,536.
    pub hidden: f64,
    /// p for the input.
    pub input: f64,
    /// Seed, epoch and image together determine the choice.
    pub seed: u64,
    /// The epoch, 1 for the first.
    pub epoch: u64,
}

impl Dropout {
    /// Whether nothing is dropped.
    #[must_use]
    pub fn is_off(&self) -> bool {
        self.hidden == 0.0 && self.input == 0.0
    }

    /// p of a layer (0 for the input) in units of 1/65,536; always below 1.
    fn threshold(&self, layer: usize) -> u32 {
        let rate = if layer == 0 { self.input } else { self.hidden };
        ((rate * 65536.0).round() as u32).min(65535)
    }

    /// 1/(1-p), the factor on the kept activations of a layer (0 for the input).
    pub(crate) fn factor<F: Real>(&self, layer: usize) -> F {
        F::of(65536.0 / f64::from(65536 - self.threshold(layer)))
    }

    /// Writes 1 for each neuron that is kept for `image` and 0 for each that is dropped: first the input, then the
    /// hidden layers. `sizes` are the sizes of these layers.
    pub(crate) fn choose(&self, image: u32, sizes: &[usize], mut kept: &mut [u8]) {
        let mut rng = stream_of_image(self.seed, Purpose::Dropout, self.epoch, u64::from(image));
        for (layer, &n) in sizes.iter().enumerate() {
            let layer_kept = kept.split_off_mut(..n).expect("room for every neuron");
            let threshold = self.threshold(layer);
            if threshold == 0 {
                layer_kept.fill(1);
                continue;
            }
            let mut random = [0; 512];
            for part in layer_kept.chunks_mut(random.len() / 2) {
                let random = &mut random[..2 * part.len()];
                rng.fill_bytes(random);
                for (kept, bytes) in part.iter_mut().zip(random.as_chunks().0) {
                    *kept = u8::from(u32::from(u16::from_le_bytes(*bytes)) >= threshold);
                }
            }
        }
    }

    /// The factor on each activation, 0 or 1/(1-p), for the input and each hidden layer; empty without dropout.
    pub(crate) fn masks<F: Real>(&self, image: u32, sizes: &[usize]) -> Vec<Array1<F>> {
        if self.is_off() {
            return Vec::new();
        }
        let mut kept = vec![0; sizes.iter().sum()];
        self.choose(image, sizes, &mut kept);
        let mut kept = kept.into_iter();
        let mask = |(layer, &n): (usize, &usize)| {
            kept.by_ref().take(n).map(|kept| F::of(f64::from(kept)) * self.factor(layer)).collect()
        };
        sizes.iter().enumerate().map(mask).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DROPOUT: Dropout = Dropout { hidden: 0.5, input: 0.2, seed: 7, epoch: 1 };

    #[test]
    fn the_shares_are_as_asked_and_the_mean_stays() {
        // 20,000 draws: the standard error of a share is at most 0.0035; 0.015 is more than four times that.
        let masks = DROPOUT.masks::<f64>(3, &[20_000, 20_000]);
        let dropped = |layer: usize| masks[layer].iter().filter(|&&mask| mask < 0.5).count() as f64 / 20_000.0;
        assert!((dropped(0) - 0.2).abs() < 0.015 && (dropped(1) - 0.5).abs() < 0.015);
        assert!(masks.iter().all(|mask| (mask.mean().unwrap() - 1.0).abs() < 0.03));
    }

    #[test]
    fn the_mean_stays_however_few_are_kept() {
        for hidden in [0.2, 0.999, 0.99999, 1.0 - 1e-12] {
            let dropout = Dropout { hidden, ..DROPOUT };
            let (mut sum, n) = (0.0, 1 << 20);
            for image in 0..8 {
                sum += dropout.masks::<f64>(image, &[1, n])[1].sum() / 8.0 / n as f64;
            }
            // On average at least 128 of 2^23 neurons are kept; four standard deviations of 128 are about a third of
            // it.
            assert!((sum - 1.0).abs() < 0.36, "{hidden}: {sum}");
        }
    }

    /// The expected numbers are not from a source: this program printed them when the test was written. They must not
    /// change, because resumed trainings and all results published with a seed depend on them.
    #[test]
    fn the_choice_of_a_seed_stays_what_it_is() {
        let mut kept = [0; 24];
        Dropout { hidden: 0.5, input: 0.2, seed: 0, epoch: 1 }.choose(0, &[12, 12], &mut kept);
        assert_eq!(kept, [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn image_epoch_and_seed_decide() {
        let masks = |dropout: Dropout, image| dropout.masks::<f64>(image, &[50, 300, 20]);
        assert_eq!(masks(DROPOUT, 3), masks(DROPOUT, 3));
        assert_ne!(masks(DROPOUT, 3), masks(DROPOUT, 4));
        assert_ne!(masks(DROPOUT, 3), masks(Dropout { epoch: 2, ..DROPOUT }, 3));
        assert_ne!(masks(DROPOUT, 3), masks(Dropout { seed: 8, ..DROPOUT }, 3));
        assert!(masks(Dropout { input: 0.0, ..DROPOUT }, 3)[0].iter().all(|mask| (mask - 1.0).abs() < 1e-15));
    }
}
