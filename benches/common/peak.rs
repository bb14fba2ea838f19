//! The most that the chip can do.

use std::hint::black_box;
use std::thread;

use pulp::{Simd, WithSimd};

use super::{median, seconds};

/// Sums side by side: enough to keep two units busy that take four cycles each, few enough for 16 registers.
const SUMS: usize = 12;
const ROUNDS: usize = 10_000_000;

/// Single-precision operations a second of so many cores at once, at best: fused multiply-adds of numbers in registers.
pub fn peak(cores: usize) -> f64 {
    let arch = pulp::Arch::new();
    let (lanes, _) = arch.dispatch(Peak);
    let run = || {
        thread::scope(|scope| {
            for _ in 0..cores {
                scope.spawn(|| black_box(arch.dispatch(Peak)));
            }
        });
    };
    let times = (0..9).map(|_| seconds(run)).collect();
    2.0 * (cores * ROUNDS * SUMS * lanes) as f64 / median(times)
}

struct Peak;

impl WithSimd for Peak {
    /// The lanes of a vector, and a sum that nobody wants.
    type Output = (usize, f32);

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "it is compiled for an instruction set where it is inlined")]
    fn with_simd<S: Simd>(self, simd: S) -> (usize, f32) {
        let (x, y) = (simd.splat_f32s(black_box(0.5)), simd.splat_f32s(black_box(1.0)));
        let mut sums = [y; SUMS];
        for _ in 0..ROUNDS {
            for sum in &mut sums {
                *sum = simd.mul_add_f32s(x, *sum, y);
            }
        }
        let sum = sums.into_iter().fold(x, |sum, one| simd.add_f32s(sum, one));
        (S::F32_LANES, simd.reduce_sum_f32s(sum))
    }
}
