//! Sums over all ranks, added in the order of the ranks.

use mpi::traits::CommunicatorCollectives;

use super::World;
use crate::engine::Trainable;

/// Computes sums over all ranks, and reuses its buffers.
pub(super) struct Adder<'w, F> {
    world: &'w World,
    /// The numbers to send, and then the sums received: one block per rank.
    blocks: Vec<F>,
    /// This rank's block, from each rank.
    parts: Vec<F>,
    sum: Vec<F>,
}

impl<'w, F: Trainable> Adder<'w, F> {
    pub fn new(world: &'w World) -> Self {
        Adder { world, blocks: Vec::new(), parts: Vec::new(), sum: Vec::new() }
    }

    /// Replaces the numbers by their sums over all ranks. Every rank must pass equally many numbers. The sums are the
    /// same on all ranks, and every time, to the last bit.
    pub fn add_up(&mut self, numbers: &mut [&mut [F]]) {
        let Adder { world, blocks, parts, sum } = self;
        let n = numbers.iter().map(|part| part.len()).sum::<usize>();
        let block = n.div_ceil(world.size());
        blocks.clear();
        for part in &*numbers {
            blocks.extend_from_slice(part);
        }
        blocks.resize(block * world.size(), F::zero());
        parts.resize(blocks.len(), F::zero());
        world.ranks.all_to_all_into(bytes(blocks), bytes_mut(parts));
        let (first, others) = parts.split_at(block);
        sum.clear();
        sum.extend_from_slice(first);
        for other in others.chunks_exact(block.max(1)) {
            sum.iter_mut().zip(other).for_each(|(sum, &number)| *sum += number);
        }
        world.ranks.all_gather_into(bytes(sum), bytes_mut(blocks));
        let mut sums = &blocks[..];
        for part in numbers {
            part.copy_from_slice(sums.split_off(..part.len()).expect("as many sums as numbers"));
        }
    }
}

fn bytes<F: Trainable>(numbers: &[F]) -> &[u8] {
    bytemuck::cast_slice(numbers)
}

fn bytes_mut<F: Trainable>(numbers: &mut [F]) -> &mut [u8] {
    bytemuck::cast_slice_mut(numbers)
}
