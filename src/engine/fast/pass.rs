//! Where a mini-batch is computed. Its passes through the network are in `forward` and `backward`.

use super::drop::{DropOut, Mask};
use super::pool::Pool;
use super::simd::{InstructionSet, Vectors};

/// Where a mini-batch is computed.
pub(super) struct Context<'a> {
    pub instructions: InstructionSet,
    pub pool: &'a Pool,
    pub threads: usize,
    /// Whether its images are many enough for weights to be transposed.
    pub transpose: bool,
}

/// How many images a gradient is of.
#[derive(Clone, Copy)]
pub(super) struct Counts {
    /// Those that add to it here.
    pub here: usize,
    /// m: those of the whole mini-batch, of which a share may be elsewhere and some left out.
    pub whole: usize,
}

impl Context<'_> {
    /// Multiplies some neurons by 0, or by the factor if they are kept.
    pub fn drop_out<F: Vectors>(&self, numbers: &mut [F], width: usize, neurons: usize, mask: Option<Mask<F>>) {
        if let Some(mask) = mask {
            self.instructions.run(DropOut { numbers, width, neurons, mask });
        }
    }

    /// Calls `f` for every item; threads share them out.
    pub fn for_each<T: Send>(&self, items: &mut [T], f: impl Fn(usize, &mut T) + Sync) {
        let nothing = &mut vec![(); items.len()]; // which allocates nothing
        self.pool.for_each(self.threads, items, nothing, |i, item, ()| f(i, item));
    }
}
