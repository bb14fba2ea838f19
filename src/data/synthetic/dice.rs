//! The random numbers behind one image, computed with integers, sums and products only (see the [module](super)).

use rand::RngCore;
use rand_chacha::ChaCha8Rng;

/// A source of random numbers.
pub struct Dice(pub ChaCha8Rng);

impl Dice {
    /// A whole number from 0 to `n` - 1, all equally likely.
    pub fn below(&mut self, n: u32) -> u32 {
        ((u64::from(self.0.next_u32()) * u64::from(n)) >> 32) as u32
    }

    /// A number from `low` to `high`, uniformly distributed.
    pub fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * (self.0.next_u32() >> 8) as f32 / 16_777_216.0
    }

    /// A normally distributed number, approximately, at most 3.5 standard deviations from `mean`.
    pub fn around(&mut self, mean: f32, deviation: f32) -> f32 {
        // The sum of four uniform numbers of 16 bits is almost normal: its mean is 4 * 65535 / 2,
        // its standard deviation 65536 / sqrt(3).
        let bits = self.0.next_u64();
        let sum: u64 = (0..4).map(|part| (bits >> (16 * part)) & 0xffff).sum();
        mean + deviation * (sum as f32 - 131_070.0) * (1.732_050_8 / 65_536.0)
    }
}
