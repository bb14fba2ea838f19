//! All random numbers, derived from one seed by a fixed rule.
//!
//! A [`stream`] is identified by its *purpose* and an index (the layer, the epoch, the image), so that it does not
//! depend on how many numbers were drawn before: epoch 7 has the same order whether or not epochs 1 to 6 were run, and
//! image 12 is the same whichever thread draws it.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// The purpose of a stream of random numbers. Streams for different purposes are independent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Start weights and biases; the index is the layer, 1 for the first after the input.
    Weights,
    /// The order of the training images; the index is the epoch, 1 for the first.
    Order,
    /// A built-in training digit; the index is that of the image.
    TrainingDigits,
    /// A built-in test digit; the index is that of the image.
    TestDigits,
    /// The neurons that are dropped for an image in an epoch (see [`stream_of_image`]).
    Dropout,
    /// The distortion of a training image in an epoch (see [`stream_of_image`]).
    Distortion,
    /// The values of a trial; the index is the number of the trial, 1 for the first.
    Trial,
}

impl Purpose {
    /// The number of this purpose in the key. Never renumber: that would change every seeded result.
    fn number(self) -> u64 {
        match self {
            Purpose::Weights => 0,
            Purpose::Order => 1,
            Purpose::TrainingDigits => 2,
            Purpose::TestDigits => 3,
            Purpose::Dropout => 4,
            Purpose::Distortion => 5,
            Purpose::Trial => 6,
        }
    }
}

/// The random numbers for `purpose` and `index`, under `seed`.
///
/// These three values are the key of a ChaCha generator with 8 rounds. Its output is specified bit by bit, and is
/// therefore the same on every machine.
#[must_use]
pub fn stream(seed: u64, purpose: Purpose, index: u64) -> ChaCha8Rng {
    // The last number of the key is 0 for purposes with only one index.
    stream_of_image(seed, purpose, index, 0)
}

/// The random numbers for `purpose`, `epoch` and `image`, under `seed`.
///
/// Epoch and image are separate numbers of the key, so that no two pairs share a stream.
#[must_use]
pub fn stream_of_image(seed: u64, purpose: Purpose, epoch: u64, image: u64) -> ChaCha8Rng {
    let mut key = [0; 32];
    for (bytes, number) in key.chunks_exact_mut(8).zip([seed, purpose.number(), epoch, image]) {
        bytes.copy_from_slice(&number.to_le_bytes());
    }
    ChaCha8Rng::from_seed(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::RngCore;

    #[test]
    fn seed_purpose_and_index_each_change_the_stream() {
        let first = |seed, purpose, index| stream(seed, purpose, index).next_u64();
        let base = first(1, Purpose::Order, 1);
        assert_eq!(base, first(1, Purpose::Order, 1));
        assert_ne!(base, first(2, Purpose::Order, 1));
        assert_ne!(base, first(1, Purpose::Weights, 1));
        assert_ne!(base, first(1, Purpose::Order, 2));
    }

    #[test]
    fn epoch_and_image_each_change_the_stream() {
        let first = |epoch, image| stream_of_image(1, Purpose::Distortion, epoch, image).next_u64();
        let mut firsts: Vec<u64> = (0..100).map(|i| first(i / 10, i % 10)).collect();
        firsts.sort_unstable();
        firsts.dedup();
        assert_eq!(firsts.len(), 100);
        assert_ne!(first(1, 2), first(2, 1));
    }
}
