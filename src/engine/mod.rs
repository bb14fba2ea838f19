//! Engines, which do the arithmetic: two implementations of the same mathematics.
//!
//! [`mod@reference`] goes image by image, as in the book, and defines the correct result. [`mod@fast`] computes the
//! same sums for a whole mini-batch. A property test checks that the two agree.

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

/// Adds up numbers, part by part, over all engines that share a mini-batch. Afterwards every engine has the same sums.
pub type Sum<'a, F> = &'a mut dyn FnMut(&mut [&mut [F]]);

/// A network in training, in whatever layout suits the arithmetic, with its training images and evaluation images.
pub trait Engine<F: Real> {
    /// Updates all weights and biases from one mini-batch, given as indices into the training images. `next` is the
    /// mini-batch that follows, or empty, so that its images can be prefetched. An empty mini-batch changes nothing.
    fn update(&mut self, mini_batch: &[u32], next: &[u32], step: Step);

    /// As [`update`](Engine::update), for a mini-batch that is shared by several engines in the same state.
    /// `mini_batch` is the part that this engine has; it may be empty. The engine computes the gradient of its part,
    /// has the parts added up, and takes the step of the whole mini-batch. `whole` is the number of images in the whole
    /// mini-batch, and the function that adds up.
    fn update_share(&mut self, mini_batch: &[u32], next: &[u32], whole: (usize, Sum<F>), step: Step);

    /// From now on trains on the images distorted by `distortion`, unfaded, for `epoch` (1 for the first) and `seed`.
    /// Monitors still evaluate the undistorted images.
    fn distort(&mut self, distortion: &Distortion, seed: u64, epoch: u64);

    /// The state of the training. An engine that starts from it continues exactly like this one, to the last bit.
    fn state(&mut self) -> State<F>;

    /// Classifies all training or all evaluation images.
    fn evaluate(&mut self, images: Subset) -> Evaluation;

    /// Evaluates `network`, which is the result of the last [`state`](Engine::state), on these sets of images, either
    /// now or during the following mini-batches. The results are the same, to the last bit.
    fn watch(&mut self, network: &Network<F>, sets: &[Subset]) -> PendingEvaluations {
        let _ = network;
        PendingEvaluations::Done(Evaluations::at(sets, |set| self.evaluate(set)))
    }
}

/// What an engine may use of the machine. Results do not depend on the number of threads.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Machine {
    /// The largest number of threads; fewer are used if there is too little work.
    pub threads: usize,
    /// The instruction set of the fast engine.
    pub instructions: InstructionSet,
}

impl Default for Machine {
    /// One thread, and the fastest available instruction set.
    fn default() -> Self {
        Machine { threads: 1, instructions: InstructionSet::fastest() }
    }
}

/// The choice of engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EngineKind {
    /// Whole mini-batches at once.
    #[default]
    Fast,
    /// Image by image, as in the book.
    Reference,
}

impl EngineKind {
    /// All engines.
    pub const ALL: [Self; 2] = [EngineKind::Fast, EngineKind::Reference];

    /// The name on the command line and in model files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            EngineKind::Fast => "fast",
            EngineKind::Reference => "reference",
        }
    }

    /// An engine that starts or resumes the training of a network, in mini-batches of at most `batch_size` training
    /// images. All images must fit the network. For several trainings on the same images, pass clones of the same
    /// [`Images`]; a [`Dataset`] is prepared anew each time.
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

/// A precision in which the engines can train: `f32` or `f64`.
pub trait Trainable: fast::Vectors {
    /// The fast engine, see [`fast::Fast::new`]. It is created here, separately for each precision, so that its many
    /// kernels are compiled with this library only, and not again in every crate that uses it.
    fn fast_engine(
        state: State<Self>,
        training: Images,
        evaluation: Images,
        batch_size: usize,
        machine: Machine,
    ) -> Box<dyn Engine<Self>>;

    /// The outputs that the fast engine computes, here for the same reason. Use [`outputs`] or [`weighted_inputs`]
    /// instead.
    fn fast_outputs(network: Network<Self>, data: Dataset, machine: Machine, asked: Asked) -> Array2<f64>;
}

/// Which numbers of the output layer are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// z^L.
    WeightedInputs,
    /// a^L.
    Activations,
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

            fn fast_outputs(network: Network<Self>, data: Dataset, machine: Machine, asked: Asked) -> Array2<f64> {
                let nothing = data.slice(0..0).into();
                fast::Fast::new(network.into(), nothing, data.into(), 1, machine).outputs(Subset::Evaluation, asked)
            }
        }
    };
}
trainable!(f32);
trainable!(f64);

/// Classifies all images of `data`.
///
/// # Errors
/// A [`FitError`] if the network does not fit the images.
pub fn evaluate<F: Trainable>(network: &Network<F>, data: &Dataset, machine: Machine) -> Result<Evaluation, FitError> {
    check_fit(network, data)?;
    let nothing = data.slice(0..0);
    let state = network.clone().into();
    Ok(F::fast_engine(state, nothing.into(), data.into(), 1, machine).evaluate(Subset::Evaluation))
}

/// The network's outputs for each image of `data`: a^L, (n, n_L), in double precision.
///
/// # Errors
/// A [`FitError`] if the network does not fit the images.
pub fn outputs<F: Trainable>(network: &Network<F>, data: &Dataset, machine: Machine) -> Result<Array2<f64>, FitError> {
    check_fit(network, data)?;
    Ok(F::fast_outputs(network.clone(), data.clone(), machine, Asked::Activations))
}

/// The weighted inputs of the output layer for each image of `data`: z^L, (n, n_L), in double precision.
///
/// # Errors
/// A [`FitError`] if the network does not fit the images.
pub fn weighted_inputs<F: Trainable>(
    network: &Network<F>,
    data: &Dataset,
    machine: Machine,
) -> Result<Array2<f64>, FitError> {
    check_fit(network, data)?;
    Ok(F::fast_outputs(network.clone(), data.clone(), machine, Asked::WeightedInputs))
}

#[cfg(test)]
mod tests;
