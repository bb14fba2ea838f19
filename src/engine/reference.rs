//! The book's own way: one image at a time, through [`Network::backprop`].

use super::{Engine, Watched};
use crate::data::Dataset;
use crate::evaluate::{Evaluation, in_chunks};
use crate::network::{Network, Step, prediction};
use crate::real::Real;

/// Trains with [`Network::update_mini_batch`].
#[derive(Debug)]
pub struct Reference<F: Real> {
    network: Network<F>,
    training: Dataset,
    evaluation: Dataset,
    threads: usize,
}

impl<F: Real> Reference<F> {
    /// Trains `network` on `training`; only evaluation uses more than one thread.
    #[must_use]
    pub fn new(network: Network<F>, training: Dataset, evaluation: Dataset, threads: usize) -> Self {
        Reference { network, training, evaluation, threads }
    }
}

impl<F: Real> Engine<F> for Reference<F> {
    fn update(&mut self, mini_batch: &[u32], _next: &[u32], step: Step) {
        let pairs = mini_batch.iter().map(|&i| {
            let i = i as usize;
            (self.training.input(i), self.network.target(self.training.label(i)))
        });
        self.network.update_mini_batch(&pairs.collect::<Vec<_>>(), step);
    }

    fn network(&mut self) -> Network<F> {
        self.network.clone()
    }

    fn evaluate(&mut self, images: Watched) -> Evaluation {
        let network = &self.network;
        let data = match images {
            Watched::Training => &self.training,
            Watched::Evaluation => &self.evaluation,
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
