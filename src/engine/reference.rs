//! The reference engine: one image at a time, through [`Network::backprop`], as in the book.

use super::{Engine, State, Subset, Sum};
use crate::data::Dataset;
use crate::data::distort::Distortion;
use crate::evaluate::{Evaluation, in_chunks};
use crate::network::{Moments, Network, Step, prediction};
use crate::real::Real;

/// Trains as [`Network::update_mini_batch`] does, or with the rule of an [`Optimizer`](crate::network::Optimizer) that
/// has moments.
#[derive(Debug)]
pub struct Reference<F: Real> {
    network: Network<F>,
    training: Dataset,
    /// The images to learn from: the training images, possibly distorted.
    augmented: Dataset,
    evaluation: Dataset,
    threads: usize,
    moments: Moments<F>,
    /// How many of the moments are in use.
    remembered: usize,
    updates: u64,
    average: Option<Network<F>>,
}

impl<F: Real> Reference<F> {
    /// Starts from `state`. Only distortion and evaluation use more than one thread.
    #[must_use]
    pub fn new(state: State<F>, training: Dataset, evaluation: Dataset, threads: usize) -> Self {
        let State { network, average, moments, updates } = state;
        Reference {
            remembered: moments.len(),
            moments: Moments::new(&network, moments),
            updates,
            average,
            network,
            augmented: training.clone(),
            training,
            evaluation,
            threads,
        }
    }

    /// Learns from these images, which are all or a part of a mini-batch of `m` images.
    fn learn(&mut self, mini_batch: &[u32], m: usize, sum: Option<Sum<F>>, step: Step) {
        if m == 0 {
            return; // an empty mini-batch has no gradient
        }
        let pairs = mini_batch.iter().map(|&i| {
            let i = i as usize;
            (self.augmented.input(i), self.network.target(self.augmented.label(i)))
        });
        let pairs: Vec<_> = pairs.collect();
        if step.ema.is_some() && self.average.is_none() {
            self.average = Some(self.network.clone());
        }
        let sizes = self.network.sizes();
        let first = self.augmented.first() as u32;
        let masks = |&i: &u32| step.dropout.masks(first + i, &sizes[..sizes.len() - 1]);
        let masks: Vec<_> = mini_batch.iter().map(masks).collect();
        let mut gradient = self.network.summed_gradient(&pairs, &masks, step);
        if let Some(sum) = sum {
            sum(&mut gradient.parts());
        }
        self.updates += 1;
        if step.is_plain() {
            self.network.gradient_descent(&gradient, m, step);
        } else {
            let (mut mean, m) = (gradient, F::of(m as f64));
            mean.nabla_w.iter_mut().for_each(|nabla_w| *nabla_w /= m);
            mean.nabla_b.iter_mut().for_each(|nabla_b| *nabla_b /= m);
            self.network.descend(&mean, &step, self.updates, &mut self.moments);
        }
        if let Some(max_norm) = step.max_norm {
            self.network.limit_norms(max_norm);
        }
        self.remembered = step.optimizer.moments();
        if let (Some(share), Some(average)) = (step.averaging(self.updates), &mut self.average) {
            average.follow(&self.network, share);
        }
    }
}

impl<F: Real> Engine<F> for Reference<F> {
    fn update(&mut self, mini_batch: &[u32], _next: &[u32], step: Step) {
        self.learn(mini_batch, mini_batch.len(), None, step);
    }

    fn update_share(&mut self, mini_batch: &[u32], _next: &[u32], (m, sum): (usize, Sum<F>), step: Step) {
        self.learn(mini_batch, m, Some(sum), step);
    }

    fn distort(&mut self, distortion: &Distortion, seed: u64, epoch: u64) {
        self.augmented = distortion.epoch(&self.training, seed, epoch, self.threads);
    }

    fn state(&mut self) -> State<F> {
        State {
            network: self.network.clone(),
            average: self.average.clone(),
            moments: self.moments.take(self.remembered),
            updates: self.updates,
        }
    }

    fn evaluate(&mut self, images: Subset) -> Evaluation {
        let network = self.average.as_ref().unwrap_or(&self.network);
        let data = match images {
            Subset::Training => &self.training,
            Subset::Evaluation => &self.evaluation,
        };
        in_chunks(data.len(), network.outputs(), self.threads, |range| {
            let mut evaluation = Evaluation::new(network.outputs());
            for i in range {
                let (zs, activations) = network.forward(data.input(i).view());
                let last = zs.len() - 1;
                let (z, a, y) = (zs[last].to_vec(), activations[last].to_vec(), network.target(data.label(i)).to_vec());
                evaluation.add(data.label(i), prediction(&a), network.cost().value(&z, &a, &y));
            }
            evaluation
        })
    }
}
