//! Runs images through a network without changing it, to evaluate it.

use super::buffer::Buffer;
use super::images::Images;
use super::packed::{Packed, Workspace};
use super::pass::{Batch, Context};
use super::pool::Pool;
use super::product::TRANSPOSE_FROM;
use super::simd::{InstructionSet, Vectors};
use crate::evaluate::Evaluation;
use crate::network::{Dropout, prediction};

/// The number of images that one thread runs through the network at a time.
const CHUNK: usize = 64;

/// The scratch space that each of several threads needs to run images through networks of the same shape.
pub(super) struct Evaluator<F: Vectors> {
    instructions: InstructionSet,
    targets: Targets<F>,
    workspaces: Vec<Workspace<F>>, // one for each thread
}

impl<F: Vectors> Evaluator<F> {
    /// For networks shaped like `network`, and `threads` threads.
    pub fn new(network: &Packed<F>, instructions: InstructionSet, threads: usize) -> Self {
        Evaluator {
            instructions,
            targets: Targets::new(network.n_out()),
            workspaces: (0..threads).map(|_| Workspace::new(network, CHUNK, false)).collect(),
        }
    }

    /// Runs every image through the network. Returns the result of `of` for each image's z^L, a^L and target, in order.
    pub fn of_each<T: Clone + Default + Send>(
        &mut self,
        pool: &Pool,
        network: &Packed<F>,
        images: &Images,
        of: impl Fn(&[F], &[F], &[F]) -> T + Sync,
    ) -> Vec<T> {
        let Evaluator { instructions, targets, workspaces } = self;
        let (n_out, width, output) = (network.n_out(), network.output_bias.len(), network.cost.output());
        let mut results = vec![T::default(); images.data.len()];
        let per_thread = results.len().div_ceil(workspaces.len()).max(1).next_multiple_of(CHUNK);
        let mut parts: Vec<_> = results.chunks_mut(per_thread).collect();
        let workspaces = &mut workspaces[..parts.len()];
        let context = Context { instructions: *instructions, pool, threads: 1, transpose: CHUNK >= TRANSPOSE_FROM };
        pool.for_each(pool.threads(), &mut parts, workspaces, |t, results, work| {
            let mut chunk = [0; CHUNK];
            for (c, results) in results.chunks_mut(CHUNK).enumerate() {
                let chunk = &mut chunk[..results.len()];
                chunk.iter_mut().zip((t * per_thread + c * CHUNK) as u32..).for_each(|(image, i)| *image = i);
                context.forward(network, work, Batch { images, indices: chunk, next: &[] }, Dropout::default());
                let (z, a) = (&mut work.z[..chunk.len() * width], &mut work.a[..chunk.len() * width]);
                context.outputs(network, &work.layers, output, 0, z, a);
                let outputs = z.chunks(width).zip(a.chunks(width));
                for ((result, &image), (z, a)) in results.iter_mut().zip(&*chunk).zip(outputs) {
                    *result = of(&z[..n_out], &a[..n_out], targets.one_hot(images.data.label(image as usize)));
                }
            }
        });
        results
    }

    /// Classifies all images.
    pub fn evaluate(&mut self, pool: &Pool, network: &Packed<F>, images: &Images) -> Evaluation {
        let cost = network.cost;
        let results = self.of_each(pool, network, images, |z, a, y| (prediction(a), cost.value(z, a, y)));
        // Added in the order of the images, so that the sum does not depend on the number of threads.
        let mut evaluation = Evaluation::new(network.n_out());
        for (i, (predicted, cost)) in results.into_iter().enumerate() {
            evaluation.add(images.data.label(i), predicted, cost);
        }
        evaluation
    }
}

/// The one-hot target of every label.
pub(super) struct Targets<F> {
    n_out: usize,
    rows: Buffer<F>, // (n_out, n_out)
}

impl<F: Vectors> Targets<F> {
    pub fn new(n_out: usize) -> Self {
        let mut rows = Buffer::zeros(n_out * n_out);
        rows.chunks_exact_mut(n_out).enumerate().for_each(|(y, row)| row[y] = F::one());
        Targets { n_out, rows }
    }

    pub fn one_hot(&self, label: usize) -> &[F] {
        &self.rows[label * self.n_out..][..self.n_out]
    }
}
