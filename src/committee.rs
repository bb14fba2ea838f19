//! A committee of networks: their outputs a^L are averaged, image by image.
//!
//! Outputs are averaged in double precision, without regard to the kind of output layer. The outputs of a softmax add
//! up to 1, those of sigmoids need not, so in a mixed committee a member with sigmoid outputs may have more or less
//! weight than one with softmax outputs.

use ndarray::Array2;
use thiserror::Error;

use crate::data::Dataset;
use crate::engine::{Machine, Trainable, outputs};
use crate::evaluate::{Evaluation, FitError};
use crate::network::{Network, prediction};

/// Networks that classify the images of one dataset together.
///
/// ```
/// use mnist_mlp::committee::Committee;
/// use mnist_mlp::data::{Part, source::Source};
/// use mnist_mlp::engine::Machine;
/// use mnist_mlp::network::{CrossEntropy, Init, Network};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let digits = Source::Synthetic { seed: 0 }.load(Part::Test, 1)?.slice(0..100);
/// let mut committee = Committee::on(digits);
/// for seed in 0..3 {
///     // An untrained network, for brevity.
///     let network = Network::<f32>::new(&[784, 30, 10], &CrossEntropy, Init::Default, seed)?;
///     committee.join(&network, Machine::default())?;
/// }
/// assert_eq!(committee.evaluate().n(), 100);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Committee {
    data: Dataset,
    members: usize,
    /// The sum of the outputs of all members, (n, classes).
    sum: Array2<f64>,
}

/// Why a network cannot join a committee.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum JoinError {
    /// The network does not fit the images.
    #[error(transparent)]
    Fit(#[from] FitError),
    /// The network has a different number of outputs than the members.
    #[error("the network has {outputs} outputs, those before it have {expected}")]
    Outputs {
        /// The network's outputs.
        outputs: usize,
        /// The members' outputs.
        expected: usize,
    },
}

impl Committee {
    /// A committee without members that classifies `data`.
    #[must_use]
    pub fn on(data: Dataset) -> Self {
        Committee { data, members: 0, sum: Array2::zeros((0, 0)) }
    }

    /// Adds a member of either precision, and computes its outputs for all images. The same network may join several
    /// times, and then has several votes.
    ///
    /// # Errors
    /// A [`JoinError`] if the network does not fit the images, or does not have as many outputs as the members.
    pub fn join<F: Trainable>(&mut self, network: &Network<F>, machine: Machine) -> Result<(), JoinError> {
        self.join_with(outputs(network, &self.data, machine)?)
    }

    /// Adds a member by its outputs for all images, (n, n_L), of whichever form of them it sees: deskewed, for instance.
    ///
    /// # Errors
    /// A [`JoinError`] if there are fewer outputs than the images have classes, or not as many as the members have.
    ///
    /// # Panics
    /// If the outputs are not those of as many images.
    pub fn join_with(&mut self, outputs: Array2<f64>) -> Result<(), JoinError> {
        let (images, outputs_each) = outputs.dim();
        assert_eq!(images, self.data.len(), "the same images");
        let (classes, expected) = (self.data.classes(), self.sum.ncols());
        if self.members > 0 && outputs_each != expected {
            return Err(JoinError::Outputs { outputs: outputs_each, expected });
        }
        if outputs_each < classes {
            return Err(FitError::Outputs { outputs: outputs_each, classes }.into());
        }
        if self.members == 0 {
            self.sum = outputs;
        } else {
            self.sum += &outputs;
        }
        self.members += 1;
        Ok(())
    }

    /// The images to classify.
    #[must_use]
    pub fn images(&self) -> &Dataset {
        &self.data
    }

    /// The number of networks that have joined.
    #[must_use]
    pub fn members(&self) -> usize {
        self.members
    }

    /// The mean of the members' outputs, (n, classes); an empty (0, 0) array if there are no members.
    #[must_use]
    pub fn outputs(&self) -> Array2<f64> {
        &self.sum / self.members.max(1) as f64
    }

    /// Classifies each image by the largest mean output; the evaluation is empty if there are no members.
    ///
    /// The mean cost is NaN, because a committee has no cost: its members may have been trained with different costs
    /// and regularization terms, and a cost of the outputs alone would be infinite where all members are certain.
    #[must_use]
    pub fn evaluate(&self) -> Evaluation {
        let outputs = self.outputs();
        let mut evaluation = Evaluation::new(outputs.ncols());
        for (image, a) in outputs.outer_iter().enumerate() {
            evaluation.add(self.data.label(image), prediction(&a.to_vec()), f64::NAN);
        }
        evaluation
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;
    use proptest::prelude::*;

    use super::*;
    use crate::data::Identity;
    use crate::engine::evaluate;
    use crate::network::{Init, Quadratic, costs};

    /// `n` images of 2 x 2 pixels with labels 0 to 2.
    fn images(n: usize) -> Dataset {
        let pixels = (0..4 * n).map(|i| (i * i * 37 % 256) as u8).collect();
        let labels = (0..n).map(|i| (i * 7 % 3) as u8).collect();
        Dataset::new(pixels, labels, (2, 2), 3, Identity::named("toy")).unwrap()
    }

    fn network<F: Trainable>(cost: usize, seed: u64) -> Network<F> {
        Network::new(&[4, 5, 3], costs()[cost], Init::Large, seed).unwrap()
    }

    #[test]
    fn outputs_are_averaged_and_a_tie_goes_to_the_lowest_index() {
        let mut committee = Committee::on(images(3)); // labels 0, 1, 2
        let mut join = |outputs| committee.join_with(outputs).unwrap();
        join(array![[0.75, 0.5, 0.0], [0.25, 0.5, 0.125], [0.0, 0.0, 1.0]]);
        join(array![[0.25, 1.0, 0.0], [0.75, 0.5, 0.125], [0.0, 0.25, 0.5]]);
        // The values are multiples of 1/8, so their sums are exact.
        assert_eq!(committee.outputs(), array![[0.5, 0.75, 0.0], [0.5, 0.5, 0.125], [0.0, 0.125, 0.75]]);
        let evaluation = committee.evaluate();
        assert_eq!(evaluation.confusion(), array![[0, 1, 0], [1, 0, 0], [0, 0, 1]]);
        assert!(evaluation.mean_cost().is_nan());
        committee.join_with(array![[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]]).unwrap();
        assert_eq!((committee.members(), committee.evaluate().correct()), (3, 3), "a third vote decides");
    }

    #[test]
    fn nobody_says_nothing() {
        let committee = Committee::on(images(3));
        assert_eq!((committee.outputs().dim(), committee.evaluate().n()), ((0, 0), 0));
    }

    #[test]
    fn precisions_and_output_layers_may_differ() {
        let data = images(20);
        let (sigmoid, softmax) = (network::<f32>(0, 1), network::<f64>(2, 2));
        let mut committee = Committee::on(data.clone());
        committee.join(&sigmoid, Machine::default()).unwrap();
        committee.join(&softmax, Machine::default()).unwrap();
        let found = committee.outputs();
        for i in 0..20 {
            let (one, other) = (sigmoid.feedforward(data.input(i).view()), softmax.feedforward(data.input(i).view()));
            for j in 0..3 {
                // The tolerance is well above the rounding error of an f32.
                assert!((found[[i, j]] - f64::midpoint(f64::from(one[j]), other[j])).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn a_network_that_does_not_fit_is_refused_and_changes_nothing() {
        let mut committee = Committee::on(images(3));
        let other = |sizes: &[usize]| Network::<f32>::new(sizes, &Quadratic, Init::Default, 0).unwrap();
        let fewer = committee.join_with(array![[1.0, 0.0], [0.0, 1.0], [0.0, 1.0]]);
        assert_eq!(fewer, Err(JoinError::Fit(FitError::Outputs { outputs: 2, classes: 3 })));
        let mut join = |network| committee.join(&network, Machine::default());
        assert!(matches!(join(other(&[5, 3])), Err(JoinError::Fit(FitError::Inputs { inputs: 5, .. }))));
        assert_eq!(join(other(&[4, 3])), Ok(()));
        assert_eq!(join(other(&[4, 2, 4])), Err(JoinError::Outputs { outputs: 4, expected: 3 }));
        assert!(matches!(join(other(&[3, 3])), Err(JoinError::Fit(_))));
        assert_eq!(committee.members(), 1);
    }

    /// Asserts that a committee of `copies` of one network answers as that network does.
    fn copies_agree<F: Trainable>(cost: usize, seed: u64, n: usize, copies: usize) {
        let (data, network) = (images(n), network::<F>(cost, seed));
        let alone = evaluate(&network, &data, Machine::default()).unwrap();
        let mut committee = Committee::on(data);
        for _ in 0..copies {
            committee.join(&network, Machine::default()).unwrap();
        }
        assert_eq!(committee.evaluate().confusion(), alone.confusion());
    }

    proptest! {
        #[test]
        fn copies_of_one_network_answer_as_it_does(
            cost in 0..costs::<f64>().len(), seed in any::<u64>(), n in 1_usize..200, copies in 1_usize..8,
        ) {
            copies_agree::<f32>(cost, seed, n, copies);
            copies_agree::<f64>(cost, seed, n, copies);
        }
    }
}
