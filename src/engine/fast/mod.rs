//! The fast engine: the same sums as the [reference](mod@super::reference), a whole mini-batch at a time.
//!
//! * Four in five pixels are zero: images are stored as lists of the others (`images`), which are gathered for each
//!   mini-batch (`gather`). The first layer reads and changes only the rows of these pixels (`sparse`), one band of
//!   neighbouring pixels at a time.
//! * If the step has a tolerance, images within it are removed from the mini-batch before the backward pass
//!   (`tolerance`).
//! * The other layers are matrix products that keep a tile of the result in registers (`product` for the forward pass,
//!   `dense` for the backward pass).
//! * Layers are cut into panels of neurons (`packed`), whose weights stay in the nearest cache. The threads share the
//!   panels (`pool`). Each panel is computed by one thread, so that results do not depend on which thread computes
//!   what.
//! * L2 decay of the first layer changes one factor stored with the weights instead of all the weights.
//! * Kernels are written once and compiled for every instruction set (`simd`); the program picks one at run time.
//!
//! `forward` and `backward` combine these into the book's equations.

#![allow(
    clippy::inline_always,
    reason = "a kernel is compiled for an instruction set where it is inlined, not elsewhere"
)]

mod backward;
mod buffer;
mod dense;
mod drop;
mod evaluator;
mod forward;
mod gather;
mod images;
mod layout;
mod optimize;
mod packed;
mod pages;
mod pass;
#[allow(unsafe_code, reason = "threads share out the items of a slice, which safe code cannot say")]
mod pool;
#[allow(unsafe_code, reason = "a prefetch, which the standard library offers as an intrinsic only")]
mod prefetch;
mod product;
mod sigmoid;
mod simd;
mod sparse;
mod tolerance;

use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use ndarray::Array2;

use evaluator::{Evaluator, Targets};
use packed::{Packed, Workspace};
use pass::{Batch, Context, Counts};
use pool::Pool;
use product::TRANSPOSE_FROM;

use super::{Asked, Engine, Evaluations, Machine, PendingEvaluations, State, Subset, Sum};
use crate::data::distort::Distortion;
use crate::evaluate::Evaluation;
use crate::network::{Network, Step};

pub use images::Images;
pub use simd::{InstructionSet, UnknownInstructionSet, Vectors};

/// The fast engine: a network that trains and evaluates fast.
pub struct Fast<F: Vectors> {
    instructions: InstructionSet,
    pool: Pool,
    /// The number of threads to use for a mini-batch.
    threads: usize,
    network: Packed<F>,
    training: Images,
    /// The distorted images to learn from; `None` to learn from the training images.
    augmented: Option<Images>,
    evaluation: Images,
    targets: Targets<F>,
    workspace: Workspace<F>,
    updates: u64,
    /// How many of the moments are in use.
    remembered: usize,
    /// The running average of the network, created by the first step that asks for one.
    average: Option<Packed<F>>,
    evaluator: Evaluator<F>,
    /// Spare threads that evaluate during the training, started when first needed.
    idle: Option<Arc<Mutex<Idle<F>>>>,
}

/// Threads that small mini-batches do not use.
struct Idle<F: Vectors> {
    pool: Pool,
    evaluator: Evaluator<F>,
}

impl<F: Vectors> Fast<F> {
    /// Starts from `state`, for mini-batches of at most `batch_size` training images. All images must fit the network.
    #[must_use]
    pub fn new(state: State<F>, training: Images, evaluation: Images, batch_size: usize, machine: Machine) -> Self {
        let State { network, average, moments, updates } = state;
        let [training, evaluation] = [training, evaluation].map(|images| images.prepared(machine.threads));
        // A rank with an empty share must choose the same layout as the others, so the density of the whole set
        // decides.
        let decisive = if training.data.is_empty() && training.data.ink().is_none() { &evaluation } else { &training };
        let sparse = decisive.is_sparse() && network.weights().len() > 1;
        let instructions = machine.instructions;
        let packed = |network| Packed::new(network, sparse, instructions.lanes::<F>());
        let (average, mut network, remembered) = (average.map(packed), packed(network), moments.len());
        network.set_moments(moments);
        let pool = Pool::new(machine.threads);
        Fast {
            instructions,
            threads: worth_threads(&network, decisive.mean_pairs(), batch_size, pool.threads()),
            evaluator: Evaluator::new(&network, instructions, pool.threads()),
            idle: None,
            pool,
            workspace: Workspace::new(&network, batch_size, true),
            targets: Targets::new(network.n_out()),
            network,
            updates,
            remembered,
            average,
            training,
            augmented: None,
            evaluation,
        }
    }

    /// Learns from these images, which are all or a part of a mini-batch of `m` images.
    fn learn(&mut self, indices: &[u32], next: &[u32], m: usize, sum: Option<Sum<F>>, step: Step) {
        if m == 0 {
            return; // an empty mini-batch has no gradient
        }
        let Fast { pool, network, average, training, augmented, targets, workspace, updates, remembered, .. } = self;
        let images = augmented.as_ref().unwrap_or(training);
        let batch = Batch { images, indices, next };
        if step.ema.is_some() && average.is_none() {
            *average = Some(Packed::new(network.unpacked(), network.sparse, network.lanes()));
        }
        let transpose = indices.len() >= TRANSPOSE_FROM;
        let context = Context { instructions: self.instructions, pool, threads: self.threads, transpose };
        let target = |k: usize| targets.one_hot(images.data.label(indices[k] as usize));
        context.forward(network, workspace, batch, step.dropout);
        context.output_deltas(network, workspace, target, indices.len());
        let here = context.leave_out_within_tolerance(network, workspace, batch, target, step);
        *updates += 1;
        *remembered = step.optimizer.moments();
        if !step.is_plain() || sum.is_some() {
            network.remember();
        }
        context.backward(network, workspace, Counts { here, whole: m }, step, sum.is_none().then_some(*updates));
        if let Some(sum) = sum {
            sum(&mut network.gradient());
            context.descend(network, step, *updates);
        }
        if let Some(max_norm) = step.max_norm {
            network.limit_norms(max_norm);
        }
        if let (Some(share), Some(average)) = (step.averaging(*updates), average) {
            context.follow(average, network, share);
        }
    }

    /// z^L or a^L of every image, whichever is asked for, (n, n_L).
    pub(super) fn outputs(&mut self, images: Subset, asked: Asked) -> Array2<f64> {
        let (pool, network, images, evaluator) = self.for_evaluation(images);
        let in_double = |numbers: &[F]| -> Vec<_> { numbers.iter().map(|number| number.to_double()).collect() };
        let outputs = evaluator.of_each(pool, network, images, |z, a, _| match asked {
            Asked::WeightedInputs => in_double(z),
            Asked::Activations => in_double(a),
        });
        let shape = (outputs.len(), network.n_out());
        Array2::from_shape_vec(shape, outputs.concat()).expect("every image has n_L outputs")
    }

    /// The pool, network, images and evaluator with which to evaluate `images`.
    fn for_evaluation(&mut self, images: Subset) -> (&Pool, &Packed<F>, &Images, &mut Evaluator<F>) {
        let images = if images == Subset::Training { &self.training } else { &self.evaluation };
        (&self.pool, self.average.as_ref().unwrap_or(&self.network), images, &mut self.evaluator)
    }

    /// The threads that the training leaves idle, if any.
    fn idle(&mut self) -> Option<Arc<Mutex<Idle<F>>>> {
        let Fast { instructions, pool, threads, network, idle, .. } = self;
        let spare = pool.threads() - *threads;
        if *threads > 1 || spare == 0 {
            return None; // those who wait for the next layer are not idle
        }
        let idle = idle.get_or_insert_with(|| {
            let pool = Pool::new(spare);
            let evaluator = Evaluator::new(network, *instructions, pool.threads());
            Arc::new(Mutex::new(Idle { pool, evaluator }))
        });
        Some(Arc::clone(idle))
    }

    /// The number of bands in which the rows of the first layer are processed.
    #[cfg(test)]
    pub(super) fn bands(&self) -> usize {
        self.workspace.blocks.first().map_or(1, |block| block.gathered.bands())
    }

    /// Uses all threads even if one thread would be faster.
    #[cfg(test)]
    pub(super) fn always_use_all_threads(&mut self) {
        self.threads = self.pool.threads();
    }
}

impl<F: Vectors> Engine<F> for Fast<F> {
    fn update(&mut self, mini_batch: &[u32], next: &[u32], step: Step) {
        self.learn(mini_batch, next, mini_batch.len(), None, step);
    }

    fn update_share(&mut self, mini_batch: &[u32], next: &[u32], (m, sum): (usize, Sum<F>), step: Step) {
        self.learn(mini_batch, next, m, Some(sum), step);
    }

    fn distort(&mut self, distortion: &Distortion, seed: u64, epoch: u64) {
        self.augmented = None; // before others take their place
        let threads = self.pool.threads();
        self.augmented =
            Some(Images::from(distortion.epoch(&self.training.data, seed, epoch, threads)).prepared(threads));
    }

    fn state(&mut self) -> State<F> {
        State {
            network: self.network.unpacked(),
            average: self.average.as_mut().map(Packed::unpacked),
            moments: self.network.moments(self.remembered),
            updates: self.updates,
        }
    }

    fn evaluate(&mut self, images: Subset) -> Evaluation {
        let (pool, network, images, evaluator) = self.for_evaluation(images);
        evaluator.evaluate(pool, network, images)
    }

    fn watch(&mut self, network: &Network<F>, sets: &[Subset]) -> PendingEvaluations {
        let now = |this: &mut Self| PendingEvaluations::Done(Evaluations::at(sets, |set| this.evaluate(set)));
        let Some(idle) = self.idle().filter(|_| !sets.is_empty()) else { return now(self) };
        let network = Packed::new(network.clone(), self.network.sparse, self.network.lanes());
        let (training, evaluation) = (self.training.clone(), self.evaluation.clone());
        let wanted = sets.to_vec();
        let look = move || {
            let mut idle = idle.lock().unwrap_or_else(PoisonError::into_inner); // its room is overwritten anyway
            let Idle { pool, evaluator } = &mut *idle;
            Evaluations::at(&wanted, |set| {
                let images = if set == Subset::Training { &training } else { &evaluation };
                evaluator.evaluate(pool, &network, images)
            })
        };
        thread::Builder::new()
            .name("mnist-watch".to_string())
            .spawn(look)
            .map_or_else(|_| now(self), PendingEvaluations::Underway)
    }
}

/// The number of threads to use for a mini-batch. In each mini-batch, all threads wait four times for the slowest one,
/// about a microsecond each time; with less than about twenty microseconds of work to share, one thread is faster. For
/// dense images the limit is higher, because one thread lays them out while the others wait. Threads cannot share a
/// single panel.
fn worth_threads<F: Vectors>(network: &Packed<F>, pairs: usize, m: usize, most: usize) -> usize {
    let (sizes, panels) = (&network.sizes, network.layers.iter().map(Vec::len).max().unwrap_or(1));
    let dense: usize = sizes[1..].windows(2).map(|n| 3 * n[0] * n[1]).sum();
    let cycles = m * (4 * pairs * sizes[1] + dense) / (2 * network.lanes());
    let worth = if network.sparse { 60_000 } else { 250_000 };
    if cycles < worth { 1 } else { most.min(panels) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::{Init, costs};

    /// 150 pairs are a fifth of MNIST's pixels, the share that has ink. Tests that need a second thread rely on these
    /// limits too.
    #[test]
    fn only_large_mini_batches_are_shared_out() {
        let worth = |sizes: &[usize], m| {
            let network = Network::new(sizes, costs()[0], Init::Default, 0).unwrap();
            worth_threads(&Packed::<f32>::new(network, true, 8), 150, m, 2)
        };
        assert_eq!(worth(&[784, 30, 10], 10), 1);
        assert_eq!(worth(&[784, 300, 10], 128), 2);
        assert_eq!(worth(&[784, 300, 70, 10], 128), 2);
        assert_eq!(worth(&[784, 8, 10], 100_000), 1, "one panel is not shared");
    }
}
