//! What does the arithmetic: two engines for the same mathematics.
//!
//! [`mod@reference`] goes image by image, as the book does, and defines what is right. [`mod@fast`] computes the same
//! sums for a whole mini-batch. A property test holds the two together.

use ndarray::Array2;

use crate::data::Dataset;
use crate::data::distort::Distortion;
use crate::evaluate::{Evaluation, FitError, check_fit};
use crate::network::{Network, Step};
use crate::real::Real;

pub mod fast;
pub mod reference;
mod state;
mod watch;

pub use fast::{Images, InstructionSet, UnknownInstructionSet};
pub use state::State;
pub use watch::{Evaluations, PendingEvaluations, Subset};

/// Adds up numbers, part by part, over all engines that share a mini-batch: each of them then has the same sums.
pub type Sum<'a, F> = &'a mut dyn FnMut(&mut [&mut [F]]);

/// A network in training, in whatever layout suits the arithmetic, with the images that it learns from and those that
/// it is watched on.
pub trait Engine<F: Real> {
    /// Updates all weights and biases from one mini-batch: indices into the training images. `next` is the mini-batch
    /// that follows, empty if none does, so that its images can be fetched meanwhile. An empty one changes nothing.
    fn update(&mut self, mini_batch: &[u32], next: &[u32], step: Step);

    /// The same for a mini-batch that several engines share, all in the same state: `mini_batch` are those of its
    /// images that this one has, which may be none. It computes their part of the gradient, has the parts added up, and
    /// takes the step of the `whole`: the number of its images, and who adds up.
    fn update_share(&mut self, mini_batch: &[u32], next: &[u32], whole: (usize, Sum<F>), step: Step);

    /// From now on learns from the training images as `distortion` has them in `epoch` (1 for the first) under `seed`,
    /// unfaded; monitors go on looking at the images themselves.
    fn distort(&mut self, distortion: &Distortion, seed: u64, epoch: u64);

    /// Where the training stands. To go on from it is to go on from here, to the last bit.
    fn state(&mut self) -> State<F>;

    /// Classifies all training or all evaluation images.
    fn evaluate(&mut self, images: Subset) -> Evaluation;

    /// Has `network`, which is the result of the last [`state`](Engine::state), classify these sets of images: now, or
    /// beside the mini-batches that follow. What is seen is the same, to the last bit.
    fn watch(&mut self, network: &Network<F>, sets: &[Subset]) -> PendingEvaluations {
        let _ = network;
        PendingEvaluations::Done(Evaluations::at(sets, |set| self.evaluate(set)))
    }
}

/// What an engine may use of the machine. Results do not depend on the number of threads.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Machine {
    /// The most threads; the work decides how many of them are worth it.
    pub threads: usize,
    /// The instructions of the fast engine.
    pub instructions: InstructionSet,
}

impl Default for Machine {
    /// One thread, and the fastest instructions there are.
    fn default() -> Self {
        Machine { threads: 1, instructions: InstructionSet::fastest() }
    }
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
    /// All there are.
    pub const ALL: [Self; 2] = [EngineKind::Fast, EngineKind::Reference];

    /// As it is called on the command line and in model files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            EngineKind::Fast => "fast",
            EngineKind::Reference => "reference",
        }
    }

    /// An engine that trains a network, or goes on with one, in mini-batches of at most `batch_size` of the training
    /// images. All images must fit the network. Several trainings on the same ones should be given clones of the same
    /// [`Images`]: those of a [`Dataset`] are made ready anew for each.
    #[must_use]
    pub fn start<F: Trainable>(
        self,
        state: impl Into<State<F>>,
        training: impl Into<Images>,
        evaluation: impl Into<Images>,
        batch_size: usize,
        machine: Machine,
    ) -> Box<dyn Engine<F>> {
        let (state, training, evaluation) = (state.into(), training.into(), evaluation.into());
        match self {
            EngineKind::Fast => F::fast_engine(state, training, evaluation, batch_size, machine),
            EngineKind::Reference => {
                let (training, evaluation) = (training.data().clone(), evaluation.data().clone());
                Box::new(reference::Reference::new(state, training, evaluation, machine.threads))
            }
        }
    }
}

/// A precision that the engines can train in: `f32` and `f64`.
pub trait Trainable: fast::Vectors {
    /// The fast engine, see [`fast::Fast::new`]. It is made here, for each precision apart, so that its kernels, of
    /// which there are many, are compiled with this library and not again with everything that uses it.
    fn fast_engine(
        state: State<Self>,
        training: Images,
        evaluation: Images,
        batch_size: usize,
        machine: Machine,
    ) -> Box<dyn Engine<Self>>;

    /// The outputs that the fast engine computes, made here for the same reason. Use [`outputs`].
    fn fast_outputs(network: Network<Self>, data: Dataset, machine: Machine) -> Array2<f64>;
}

macro_rules! trainable {
    ($real:ident) => {
        impl Trainable for $real {
            fn fast_engine(
                state: State<Self>,
                training: Images,
                evaluation: Images,
                batch_size: usize,
                machine: Machine,
            ) -> Box<dyn Engine<Self>> {
                Box::new(fast::Fast::new(state, training, evaluation, batch_size, machine))
            }

            fn fast_outputs(network: Network<Self>, data: Dataset, machine: Machine) -> Array2<f64> {
                let nothing = data.slice(0..0).into();
                fast::Fast::new(network.into(), nothing, data.into(), 1, machine).outputs(Subset::Evaluation)
            }
        }
    };
}
trainable!(f32);
trainable!(f64);

/// Classifies all images of `data`.
///
/// # Errors
/// A [`FitError`] if the network is not for such images.
pub fn evaluate<F: Trainable>(network: &Network<F>, data: &Dataset, machine: Machine) -> Result<Evaluation, FitError> {
    check_fit(network, data)?;
    let nothing = data.slice(0..0);
    let state = network.clone().into();
    Ok(F::fast_engine(state, nothing.into(), data.into(), 1, machine).evaluate(Subset::Evaluation))
}

/// What the network answers to each image of `data`: a^L, (n, n_L), as double precision.
///
/// # Errors
/// A [`FitError`] if the network is not for such images.
pub fn outputs<F: Trainable>(network: &Network<F>, data: &Dataset, machine: Machine) -> Result<Array2<f64>, FitError> {
    check_fit(network, data)?;
    Ok(F::fast_outputs(network.clone(), data.clone(), machine))
}

#[cfg(test)]
mod tests;
