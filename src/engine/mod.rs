//! What does the arithmetic: two engines for the same mathematics.
//!
//! [`reference`] goes image by image, as the book does, and defines what is right. [`fast`] computes the same sums for
//! a whole mini-batch. A property test holds the two together.

use crate::data::Dataset;
use crate::evaluate::Evaluation;
use crate::network::{Network, Step};
use crate::real::Real;

pub mod fast;
pub mod reference;

/// A network in training, in whatever layout suits the arithmetic.
pub trait Engine<F: Real> {
    /// Updates all weights and biases from one mini-batch: indices into the training images.
    fn update(&mut self, mini_batch: &[u32], step: Step);

    /// The network as it is now.
    fn network(&self) -> Network<F>;

    /// Classifies all images of `data`, which must fit the network.
    fn evaluate(&self, data: &Dataset) -> Evaluation;
}

/// Which engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EngineKind {
    /// Whole mini-batches at once.
    #[default]
    Fast,
    /// Image by image, as the book writes it.
    Reference,
}

impl EngineKind {
    /// An engine that trains `network` on `training` with up to `threads` threads.
    #[must_use]
    pub fn start<F: Real>(self, network: Network<F>, training: Dataset, threads: usize) -> Box<dyn Engine<F>> {
        match self {
            EngineKind::Fast => Box::new(fast::Fast::new(network, training, threads)),
            EngineKind::Reference => Box::new(reference::Reference::new(network, training, threads)),
        }
    }
}

/// Classifies all images of `data`, which must fit `network`, on up to `threads` threads.
pub(crate) fn evaluate<F: Real>(network: &Network<F>, data: &Dataset, threads: usize) -> Evaluation {
    fast::evaluate(network, data, threads)
}
