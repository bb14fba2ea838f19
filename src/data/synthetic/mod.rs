//! The built-in digits, on which the program trains when there is no MNIST.
//!
//! Digits are drawn, not copied: `skeletons` holds the ways in which people write each digit, `hand` varies one of
//! them, and `pen` draws it in MNIST's form: fitted into a box of 20x20 pixels, its centre of mass in the middle of
//! 28x28 pixels, white on black with soft edges. The skeletons and parameters are our own, set by eye and by comparison
//! with MNIST: the amount of ink matches MNIST's, and a network trained on these digits recognizes most of the real
//! ones. No pixel of MNIST is used.
//!
//! **The same bytes everywhere.** An image depends only on seed, part and index. Pixels are computed with integers and
//! with +, -, *, / and square roots of `f32`, which IEEE 754 specifies to the last bit. There are no sines,
//! exponentials or logarithms, which differ between libraries, and no fused multiply-add: rotations are rational
//! functions, bell curves are sums of uniform random numbers, and curves are cubics.

mod dice;
mod hand;
mod pen;
mod skeletons;
#[cfg(test)]
mod tests;

use std::ops::Range;
use std::slice;

use dice::Dice;

use super::memory::{self, TooMany};
use super::{Dataset, Identity, Part, Wanted};
use crate::random::{Purpose, stream};
use crate::threads::share_out;

/// Height and width of a built-in digit, in pixels.
pub const SIDE: usize = 28;

/// Number of built-in training digits, as many as MNIST has.
pub const TRAINING_COUNT: usize = 60_000;
/// Number of built-in test digits, as many as MNIST has.
pub const TEST_COUNT: usize = 10_000;

/// Number of classes: the digits 0 to 9.
const CLASSES: usize = 10;
/// Pixels of an image.
const PIXELS: usize = SIDE * SIDE;
/// Number of digits that one thread draws at a time.
const JOB: usize = 500;

/// The built-in digits of `seed`, drawn by `threads` threads (see [`draw_many`]): as many as MNIST has, but at least
/// `at_least`. A larger number adds digits and leaves the first ones unchanged. Digits that are not `wanted` are left
/// blank.
///
/// # Errors
/// [`TooMany`] if the digits do not fit into memory.
///
/// # Panics
/// Never: the digits always make a valid dataset.
pub fn dataset(seed: u64, part: Part, (at_least, wanted): (usize, Wanted), threads: usize) -> Result<Dataset, TooMany> {
    let count = at_least.max(match part {
        Part::Training => TRAINING_COUNT,
        Part::Test => TEST_COUNT,
    });
    memory::check(count, PIXELS)?;
    let name = if seed == 0 { "built-in digits".to_string() } else { format!("built-in digits of seed {seed}") };
    let (pixels, labels) = draw_wanted(seed, part, count, &wanted(count), threads);
    Ok(Dataset::new(pixels, labels, (SIDE, SIDE), CLASSES, Identity::named(name)).expect("as many images as labels"))
}

/// Draws image `index` of `part` into `image` and returns its label, 0 to 9.
///
/// `image` has [`SIDE`] * [`SIDE`] pixels, row by row from the top: 0 is background, 255 full ink.
/// All labels are equally likely, so guessing is right in a tenth of the cases.
pub fn draw(seed: u64, part: Part, index: u64, image: &mut [u8]) -> u8 {
    let (label, mut dice) = label_and_dice(seed, part, index);
    let mut lines = hand::write(label, &mut dice);
    pen::fit(&mut lines);
    pen::develop(&pen::ink(&lines), image);
    label
}

/// The label of an image, and the random numbers for the rest of it.
fn label_and_dice(seed: u64, part: Part, index: u64) -> (u8, Dice) {
    let purpose = match part {
        Part::Training => Purpose::TrainingDigits,
        Part::Test => Purpose::TestDigits,
    };
    let mut dice = Dice(stream(seed, purpose, index));
    (dice.below(CLASSES as u32) as u8, dice)
}

/// Draws images 0 to `count` - 1 of `part` on `threads` threads; 0 is taken as 1.
///
/// Returns `count` images of [`SIDE`] * [`SIDE`] pixels, one after the other, and their `count` labels. Each image is
/// the same as [`draw`] makes it, whatever `threads` is.
#[must_use]
pub fn draw_many(seed: u64, part: Part, count: usize, threads: usize) -> (Vec<u8>, Vec<u8>) {
    draw_wanted(seed, part, count, slice::from_ref(&(0..count)), threads)
}

/// As [`draw_many`], but images outside these ranges stay blank. Their memory is not used until something is written to
/// it.
fn draw_wanted(seed: u64, part: Part, count: usize, wanted: &[Range<usize>], threads: usize) -> (Vec<u8>, Vec<u8>) {
    let mut images = vec![0; count * PIXELS];
    let mut labels = vec![0; count];
    let jobs = images.chunks_mut(JOB * PIXELS).zip(labels.chunks_mut(JOB)).zip((0..).step_by(JOB));
    share_out(threads, jobs, |((images, labels), first)| {
        for ((image, label), index) in images.chunks_mut(PIXELS).zip(labels).zip(first..) {
            *label = if wanted.iter().any(|range| range.contains(&(index as usize))) {
                draw(seed, part, index, image)
            } else {
                label_and_dice(seed, part, index).0
            };
        }
    });
    (images, labels)
}
