//! The fast engine: the same sums as the [reference](mod@super::reference), a whole mini-batch at a time.
//!
//! * Four pixels in five are zero: images are lists of the others (`images`, `pairs`), and the first layer reads and changes
//!   the rows of those alone (`panels`).
//! * The other layers are matrix products that keep a tile of the result in registers (`dense`).
//! * Layers are cut into panels of neurons (`packed`), whose weights stay in the nearest cache; panels are also what
//!   threads share out (`pool`), each its own, so that results do not depend on who did what.
//! * L2 decay multiplies a number beside the first layer instead of all its weights.
//! * Kernels are written once and compiled for every instruction set (`simd`); the program picks one when it runs.
//!
//! `pass` puts these together into the book's equations.

#![allow(
    clippy::inline_always,
    reason = "a kernel is compiled for an instruction set where it is inlined, not elsewhere"
)]

mod buffer;
mod dense;
mod drop;
mod images;
mod optimize;
mod packed;
mod pages;
#[allow(unsafe_code, reason = "a prefetch, which the standard library offers as an intrinsic only")]
mod pairs;
mod panels;
mod pass;
#[allow(unsafe_code, reason = "threads share out the items of a slice, which safe code cannot say")]
mod pool;
mod sigmoid;
mod simd;

use ndarray::Array2;

use buffer::Buffer;
use images::Images;
use packed::{Packed, Workspace};
use pass::On;
use pool::Pool;

use super::{Engine, Machine, Watched};
use crate::data::Dataset;
use crate::evaluate::Evaluation;
use crate::network::{Dropout, Network, Step, prediction};

pub use simd::{InstructionSet, UnknownInstructionSet, Vectors};

/// Images that one thread takes through the network at a time when it evaluates.
const CHUNK: usize = 64;

/// A network that trains and evaluates fast.
pub struct Fast<F: Vectors> {
    /// Its activation and cost count; its weights are those of the start.
    start: Network<F>,
    instructions: InstructionSet,
    pool: Pool,
    /// The threads that a mini-batch is worth.
    threads: usize,
    network: Packed<F>,
    training: Images,
    /// What is learned from, if not the training images.
    lessons: Option<Images>,
    evaluation: Images,
    targets: Targets<F>,
    workspace: Workspace<F>,
    updates: u64,
    /// The running average of the network, if the steps ask for one.
    average: Option<Packed<F>>,
    /// One for each thread that evaluates.
    evaluators: Vec<Workspace<F>>,
}

impl<F: Vectors> Fast<F> {
    /// Packs `network` for mini-batches of at most `batch_size` of the training images. Both datasets must fit it.
    #[must_use]
    pub fn new(
        network: Network<F>,
        training: Dataset,
        evaluation: Dataset,
        batch_size: usize,
        machine: Machine,
    ) -> Self {
        let [training, evaluation] = [training, evaluation].map(|data| Images::new(data, machine.threads));
        let decisive = if training.data.is_empty() { &evaluation } else { &training };
        let sparse = decisive.is_sparse() && network.weights().len() > 1;
        let (instructions, lanes) = (machine.instructions, machine.instructions.lanes::<F>());
        let packed = Packed::new(&network, sparse, lanes);
        let pool = Pool::new(machine.threads);
        Fast {
            instructions,
            threads: worth_threads(&packed, decisive.mean_pairs(), batch_size, lanes, pool.threads()),
            evaluators: (0..pool.threads()).map(|_| Workspace::new(&packed, CHUNK, lanes, false)).collect(),
            pool,
            workspace: Workspace::new(&packed, batch_size, lanes, true),
            network: packed,
            updates: 0,
            average: None,
            training,
            lessons: None,
            evaluation,
            targets: Targets::new(network.outputs()),
            start: network,
        }
    }

    /// a^L of every image, (n, n_L).
    pub(super) fn outputs(&mut self, images: Watched) -> Array2<f64> {
        let outputs = self.of_each(images, |_, a, _| a.iter().map(|a| a.to_double()).collect::<Vec<_>>());
        let shape = (outputs.len(), self.network.n_out());
        Array2::from_shape_vec(shape, outputs.concat()).expect("every image has n_L outputs")
    }

    /// Takes every image through the network and returns what `of` makes of its z^L, a^L and target, in order.
    fn of_each<T: Clone + Default + Send>(
        &mut self,
        images: Watched,
        of: impl Fn(&[F], &[F], &[F]) -> T + Sync,
    ) -> Vec<T> {
        let Fast { start, pool, network, average, training, evaluation, targets, evaluators, .. } = self;
        let network = average.as_ref().unwrap_or(network);
        let images = if images == Watched::Training { training } else { evaluation };
        let (n_out, width, output) = (network.n_out(), network.output_bias.len(), start.cost().output());
        let mut results = vec![T::default(); images.data.len()];
        let per_thread = results.len().div_ceil(evaluators.len()).max(1).next_multiple_of(CHUNK);
        let mut parts: Vec<_> = results.chunks_mut(per_thread).collect();
        let evaluators = &mut evaluators[..parts.len()];
        let on = On { instructions: self.instructions, pool, threads: 1 };
        pool.for_each(pool.threads(), &mut parts, evaluators, |t, results, work| {
            let mut chunk = [0; CHUNK];
            for (c, results) in results.chunks_mut(CHUNK).enumerate() {
                let chunk = &mut chunk[..results.len()];
                chunk.iter_mut().zip((t * per_thread + c * CHUNK) as u32..).for_each(|(image, i)| *image = i);
                on.forward(network, work, images, (chunk, &[]), Dropout::default());
                let (z, a) = (&mut work.z[..chunk.len() * width], &mut work.a[..chunk.len() * width]);
                on.outputs(network, &work.layers, output, 0, z, a);
                let outputs = z.chunks(width).zip(a.chunks(width));
                for ((result, &image), (z, a)) in results.iter_mut().zip(&*chunk).zip(outputs) {
                    *result = of(&z[..n_out], &a[..n_out], targets.one_hot(images.data.label(image as usize)));
                }
            }
        });
        results
    }

    /// Shares out even what one thread would do faster.
    #[cfg(test)]
    pub(super) fn always_use_all_threads(&mut self) {
        self.threads = self.pool.threads();
    }
}

impl<F: Vectors> Engine<F> for Fast<F> {
    fn update(&mut self, mini_batch: &[u32], next: &[u32], step: Step) {
        let Fast { start, pool, network, average, training, lessons, targets, workspace, updates, .. } = self;
        let training = lessons.as_ref().unwrap_or(training);
        let on = On { instructions: self.instructions, pool, threads: self.threads };
        let target = |k: usize| targets.one_hot(training.data.label(mini_batch[k] as usize));
        on.forward(network, workspace, training, (mini_batch, next), step.dropout);
        on.output_deltas(network, workspace, start.cost(), target, mini_batch.len());
        *updates += 1;
        if !step.is_plain() {
            network.remember();
        }
        on.backward(network, workspace, mini_batch.len(), step, *updates);
        if let Some(max_norm) = step.max_norm {
            network.limit_norms(max_norm);
        }
        if let Some(share) = step.averaging(*updates) {
            let average = average.get_or_insert_with(|| Packed::new(start, network.sparse, network.lanes()));
            on.follow(average, network, share);
        }
    }

    fn learn_from(&mut self, images: Dataset) {
        self.lessons = None; // before others take their place
        self.lessons = Some(Images::new(images, self.pool.threads()));
    }

    fn network(&mut self) -> Network<F> {
        let mut network = self.start.clone();
        let packed = self.average.as_mut().unwrap_or(&mut self.network);
        packed.write_back(&mut network.weights, &mut network.biases);
        network
    }

    fn evaluate(&mut self, images: Watched) -> Evaluation {
        let cost = self.start.cost();
        let results = self.of_each(images, |z, a, y| (prediction(a), cost.value(z, a, y)));
        let data = if images == Watched::Training { &self.training.data } else { &self.evaluation.data };
        // In the order of the images, so that the sum is the same for any number of threads.
        let mut evaluation = Evaluation::new(self.network.n_out());
        for (i, (predicted, cost)) in results.into_iter().enumerate() {
            evaluation.add(data.label(i), predicted, cost);
        }
        evaluation
    }
}

/// How many threads a mini-batch is worth. Four times in it all threads wait for the slowest, which takes about a
/// microsecond: with less than some twenty of them to share, one thread is faster. Images that are not sparse are laid
/// out by one thread while the others wait, and are worth it later. Nor can threads share one panel.
fn worth_threads<F: Vectors>(network: &Packed<F>, pairs: usize, m: usize, lanes: usize, most: usize) -> usize {
    let (sizes, panels) = (&network.sizes, network.layers.iter().map(Vec::len).max().unwrap_or(1));
    let dense: usize = sizes[1..].windows(2).map(|n| 3 * n[0] * n[1]).sum();
    let cycles = m * (4 * pairs * sizes[1] + dense) / (2 * lanes);
    let worth = if network.sparse { 60_000 } else { 250_000 };
    if cycles < worth { 1 } else { most.min(panels) }
}

/// The one-hot target of every label.
struct Targets<F> {
    n_out: usize,
    rows: Buffer<F>, // (n_out, n_out)
}

impl<F: Vectors> Targets<F> {
    fn new(n_out: usize) -> Self {
        let mut rows = Buffer::zeros(n_out * n_out);
        rows.chunks_exact_mut(n_out).enumerate().for_each(|(y, row)| row[y] = F::one());
        Targets { n_out, rows }
    }

    fn one_hot(&self, label: usize) -> &[F] {
        &self.rows[label * self.n_out..][..self.n_out]
    }
}
