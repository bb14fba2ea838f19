//! Every random choice, derived from one seed by one fixed rule.
//!
//! A [`stream`] is named by *what it is for* and by an index (the layer, the epoch, the image), so that nothing
//! depends on how many numbers were drawn before: epoch 7 has the same order whether or not epochs 1 to 6 were
//! run, and image 12 is the same whichever thread draws it.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// What a stream of random numbers is for. Streams for different purposes are independent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Start weights and biases; the index is the layer, 1 for the first after the input.
    Weights,
    /// The order of the training images; the index is the epoch, 1 for the first.
    Order,
    /// A built-in training digit; the index is the image's.
    TrainingDigits,
    /// A built-in test digit; the index is the image's.
    TestDigits,
}

impl Purpose {
    /// The number that stands for this purpose in the key. Never renumber: it would change every seeded result.
    fn number(self) -> u64 {
        match self {
            Purpose::Weights => 0,
            Purpose::Order => 1,
            Purpose::TrainingDigits => 2,
            Purpose::TestDigits => 3,
        }
    }
}

/// The random numbers for `purpose`, number `index`, under `seed`.
///
/// The three numbers are the key of a ChaCha generator with 8 rounds, whose output is specified bit by bit and
/// therefore the same on every machine.
#[must_use]
pub fn stream(seed: u64, purpose: Purpose, index: u64) -> ChaCha8Rng {
    let mut key = [0; 32];
    key[0..8].copy_from_slice(&seed.to_le_bytes());
    key[8..16].copy_from_slice(&purpose.number().to_le_bytes());
    key[16..24].copy_from_slice(&index.to_le_bytes());
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
}
