//! Dropout: neurons that stay away for one image, so that no other comes to rely on them (Srivastava et al. 2014).

use ndarray::Array1;
use rand::RngCore;

use crate::random::{Purpose, stream_of_image};
use crate::real::Real;

/// Which share of the neurons is dropped for each image, and what decides which.
///
/// It is inverted: the activations that are kept are multiplied by 1/(1-p), so that sums are as large as without it on
/// average, and a trained network is used as it is. The book drops the same neurons for all images of a mini-batch, and
/// makes up for it afterwards by halving the weights that leave them; here each image has a choice of its own.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Dropout {
    /// p of every hidden layer; 0 or more and below 1. It is rounded to a whole number of 65,536ths.
    pub hidden: f64,
    /// p of the input.
    pub input: f64,
    /// The choice derives from the seed, the epoch and the image.
    pub seed: u64,
    /// 1 for the first.
    pub epoch: u64,
}

impl Dropout {
    /// Whether nothing is dropped.
    #[must_use]
    pub fn is_off(&self) -> bool {
        self.hidden == 0.0 && self.input == 0.0
    }

    /// p of a layer, 0 for the input, in 65,536ths; never all of them.
    fn threshold(&self, layer: usize) -> u32 {
        let rate = if layer == 0 { self.input } else { self.hidden };
        ((rate * 65536.0).round() as u32).min(65535)
    }

    /// 1/(1-p), what the kept activations of a layer (0 = input) are multiplied by.
    pub(crate) fn factor<F: Real>(&self, layer: usize) -> F {
        F::of(65536.0 / f64::from(65536 - self.threshold(layer)))
    }

    /// Writes 1 for each neuron that `image` keeps and 0 for each that it drops: those of the input, then those of the
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

    /// What each activation is multiplied by, 0 or 1/(1-p), for the input and each hidden layer; nothing without
    /// dropout.
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
        // 20,000 draws: a share is known to 0.0035; 0.015 is four times that.
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
            // 128 neurons or more are kept of 2^23; four standard deviations of so many are a third of them.
            assert!((sum - 1.0).abs() < 0.36, "{hidden}: {sum}");
        }
    }

    /// These numbers are this program's own, as it printed them when the test was written. A training that is resumed
    /// depends on them, whichever build began it, and so do all results that were ever published with their seed.
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
