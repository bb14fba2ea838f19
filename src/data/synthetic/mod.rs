//! The built-in digits: what the program trains on when there is no MNIST.
//!
//! A digit is written, not copied. One of the ways people write it is picked (`skeletons`), a
//! hand varies it (`hand`), and a pen draws it and brings it to MNIST's form (`pen`): fitted into
//! a box of 20x20 pixels, its centre of mass in the middle of 28x28, white on black with soft
//! edges. The skeletons and figures are our own, set by eye and by measuring against MNIST: the
//! ink is MNIST's, and a network trained on these digits reads most of the real ones. No pixel of
//! MNIST is in here.
//!
//! **The same bytes everywhere.** An image depends on nothing but seed, part and index, and
//! whatever bears on a pixel is integers and +, -, *, / and square roots of `f32`, which IEEE 754
//! fixes to the last bit. No sines, exponentials or logarithms, which differ between machines'
//! libraries, and no fused multiply-add: rotations are rational functions, bell curves
//! sums of uniform random numbers, and curves cubics.

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
/// So many digits are drawn by one thread at a time.
const JOB: usize = 500;

/// The built-in digits of `seed`, drawn by `threads` threads (see [`draw_many`]): as many as MNIST has, but at least
/// so many. There is no last one; the first ones are always the same. Those that are not `wanted` are left blank.
///
/// # Errors
/// [`TooMany`].
///
/// # Panics
/// Never: what is drawn is a dataset by construction.
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
/// Each label is as likely, so guessing scores a tenth.
pub fn draw(seed: u64, part: Part, index: u64, image: &mut [u8]) -> u8 {
    let (label, mut dice) = label_and_dice(seed, part, index);
    let mut lines = hand::write(label, &mut dice);
    pen::fit(&mut lines);
    pen::develop(&pen::ink(&lines), image);
    label
}

/// The label of an image and the chance that shapes the rest of it.
fn label_and_dice(seed: u64, part: Part, index: u64) -> (u8, Dice) {
    let purpose = match part {
        Part::Training => Purpose::TrainingDigits,
        Part::Test => Purpose::TestDigits,
    };
    let mut dice = Dice(stream(seed, purpose, index));
    (dice.below(CLASSES as u32) as u8, dice)
}

/// Draws images 0 to `count` - 1 of `part`, shared out over `threads` threads; 0 is taken as 1.
///
/// Returns `count` images of [`SIDE`] * [`SIDE`] pixels, one after the other and each as [`draw`]
/// draws it, and their `count` labels: the same whatever `threads` is.
#[must_use]
pub fn draw_many(seed: u64, part: Part, count: usize, threads: usize) -> (Vec<u8>, Vec<u8>) {
    draw_wanted(seed, part, count, slice::from_ref(&(0..count)), threads)
}

/// The same, but images in none of these ranges are left blank, in memory that is not used before somebody writes to
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
