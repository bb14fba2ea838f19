//! The machine resources for a mini-batch. Its passes through the network are in `forward` and `backward`.

use super::drop::{DropOut, Mask};
use super::images::Images;
use super::pool::Pool;
use super::simd::{InstructionSet, Vectors};

/// The images of a mini-batch, or of a part of one.
#[derive(Clone, Copy)]
pub(super) struct Batch<'a> {
    pub images: &'a Images,
    /// The indices of the images that belong to it.
    pub indices: &'a [u32],
    /// The indices of the next mini-batch, whose images are prefetched; empty if they are not known.
    pub next: &'a [u32],
}

/// The machine resources with which a mini-batch is computed.
pub(super) struct Context<'a> {
    pub instructions: InstructionSet,
    pub pool: &'a Pool,
    pub threads: usize,
    /// Whether the mini-batch has enough images for transposing the weights to be worthwhile.
    pub transpose: bool,
}

/// The number of images that a gradient is computed from.
#[derive(Clone, Copy)]
pub(super) struct Counts {
    /// The images that contribute to it in this engine.
    pub here: usize,
    /// m, the images of the whole mini-batch. Some may belong to other engines, and some may be left out.
    pub whole: usize,
}

impl Context<'_> {
    /// Applies dropout: multiplies the numbers of dropped neurons by 0 and those of kept neurons by the factor.
    pub fn drop_out<F: Vectors>(&self, numbers: &mut [F], width: usize, neurons: usize, mask: Option<Mask<F>>) {
        if let Some(mask) = mask {
            self.instructions.run(DropOut { numbers, width, neurons, mask });
        }
    }

    /// Calls `f` for every item; the threads share the items.
    pub fn for_each<T: Send>(&self, items: &mut [T], f: impl Fn(usize, &mut T) + Sync) {
        let nothing = &mut vec![(); items.len()]; // which allocates nothing
        self.pool.for_each(self.threads, items, nothing, |i, item, ()| f(i, item));
    }
}
