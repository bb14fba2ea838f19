//! Merges several networks into one whose answer is their joint answer.
//!
//! The hidden layers stand side by side, with no connections between networks; the weighted inputs z of the outputs are
//! averaged. For M networks:
//!
//! ```text
//!       | w_1^2 |          | w_1^l           |
//! w^2 = |  ...  |    w^l = |       ...       |    w^L = 1/M ( w_1^L ... w_M^L )    b^L = 1/M sum b_m^L
//!       | w_M^2 |          |           w_M^l |
//! ```

use ndarray::{Array1, Array2, s};
use thiserror::Error;

use super::{Network, NetworkError, check_sizes};
use crate::real::Real;

/// The most networks that one merged network can contain.
pub const MAX_MEMBERS: usize = 1_000;

/// How a network differs from the first of the networks to be merged.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
#[error("it has {found}, but the first has {expected}")]
pub struct Unlike {
    /// Which network, 0 for the first.
    pub network: usize,
    /// What it has.
    pub found: String,
    /// What the first has.
    pub expected: String,
}

/// Why networks cannot be merged.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
pub enum MergeError {
    /// Fewer than two networks.
    #[error("it takes two networks or more")]
    TooFew,
    /// More than [`MAX_MEMBERS`] networks.
    #[error("these would be {0} networks: there are {MAX_MEMBERS} in one at most")]
    TooMany(usize),
    /// A network has a different number of inputs or outputs than the first, so it solves a different task.
    #[error(transparent)]
    OtherTask(Unlike),
    /// A network has a different number of layers, other activations or another cost than the first.
    #[error(transparent)]
    OtherKind(Unlike),
    /// The merged network is too large, or an averaged weight or bias is not finite.
    #[error(transparent)]
    Network(#[from] NetworkError),
}

/// A network and its number of votes, its weight in the mean.
pub(crate) type Voter<'a, F> = (&'a Network<F>, usize);

impl<F: Real> Network<F> {
    /// Merges the networks into one. The votes must add up to at least 1 and at most [`MAX_MEMBERS`].
    pub(crate) fn merged(voters: &[Voter<F>]) -> Result<Self, MergeError> {
        let [(first, _), _, ..] = voters else { return Err(MergeError::TooFew) };
        for (number, (network, _)) in voters.iter().enumerate() {
            check_alike(number, network, first)?;
        }
        let output = first.biases.len() - 1;
        let mut sizes = vec![first.inputs()];
        sizes.extend((0..output).map(|layer| voters.iter().map(|(voter, _)| voter.biases[layer].len()).sum::<usize>()));
        sizes.push(first.outputs());
        check_sizes(&sizes)?;

        let mut weights: Vec<_> = sizes.windows(2).map(|n| Array2::zeros((n[1], n[0]))).collect();
        let mut biases: Vec<_> = sizes[1..].iter().map(|&n| Array1::zeros(n)).collect();
        let all: usize = voters.iter().map(|(_, votes)| votes).sum();
        for (layer, (merged_w, merged_b)) in weights.iter_mut().zip(&mut biases).enumerate() {
            let (mut row, mut column) = (0, 0);
            for (network, votes) in voters {
                let (w, b) = (&network.weights[layer], &network.biases[layer]);
                let (rows, columns) = w.dim();
                let share = if layer == output { F::of(*votes as f64 / all as f64) } else { F::one() };
                merged_w.slice_mut(s![row..row + rows, column..column + columns]).scaled_add(share, w);
                merged_b.slice_mut(s![row..row + rows]).scaled_add(share, b);
                // All members share the inputs and the outputs.
                row += if layer == output { 0 } else { rows };
                column += if layer == 0 { 0 } else { columns };
            }
        }
        let merged = Network { weights, biases, activations: first.activations.clone(), cost: first.cost };
        merged.check_finite()?;
        Ok(merged)
    }
}

/// Checks that a network can be merged with the first.
fn check_alike<F: Real>(number: usize, network: &Network<F>, first: &Network<F>) -> Result<(), MergeError> {
    let differs = |of: fn(&Network<F>) -> String| {
        let (found, expected) = (of(network), of(first));
        (found != expected).then_some(Unlike { network: number, found, expected })
    };
    let task = differs(|network| format!("{} inputs", network.inputs()))
        .or_else(|| differs(|network| format!("{} outputs", network.outputs())));
    let kind = differs(|network| format!("{} layers", network.biases.len() + 1))
        .or_else(|| {
            differs(|network| {
                let names: Vec<_> = network.activations.iter().map(|activation| activation.name()).collect();
                format!("the activations {}", names.join(","))
            })
        })
        .or_else(|| differs(|network| format!("the cost {}", network.cost.name())));
    match (task, kind) {
        (Some(unlike), _) => Err(MergeError::OtherTask(unlike)),
        (None, Some(unlike)) => Err(MergeError::OtherKind(unlike)),
        (None, None) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{Zip, array};
    use proptest::prelude::*;

    use super::*;
    use crate::network::{Activation, CrossEntropy, Init, LogLikelihood, Quadratic, costs};

    /// Asserts that the merged network's z^L is the mean of its members' z^L, and that its outputs are the cost's
    /// activation of it.
    fn answers_as_all<F: Real>(networks: &[Network<F>], tolerance: f64) {
        let voters: Vec<_> = networks.iter().zip(1..).collect();
        let merged = Network::merged(&voters).unwrap();
        let x = Array1::from_shape_fn(merged.inputs(), |i| F::of((i * i % 7) as f64 / 7.0));
        let z_of = |network: &Network<F>| network.forward(x.view()).0.pop().unwrap().mapv(F::to_double);
        let mut mean = Array1::<f64>::zeros(merged.outputs());
        let all: usize = voters.iter().map(|(_, votes)| votes).sum();
        for (network, votes) in voters {
            mean.scaled_add(votes as f64 / all as f64, &z_of(network));
        }
        Zip::from(&z_of(&merged)).and(&mean).for_each(|found, mean| assert!((found - mean).abs() < tolerance));
        let (zs, activations) = merged.forward(x.view());
        assert_eq!(activations.last().unwrap(), &merged.cost().output().of(zs.last().unwrap().view()));
    }

    proptest! {
        #[test]
        fn z_of_the_outputs_is_the_mean(
            cost in 0..costs::<f64>().len(),
            hidden in prop::collection::vec(prop::collection::vec(1_usize..9, 3), 2..5),
            depth in 0_usize..=3,
            seed in any::<u64>(),
        ) {
            fn networks<F: Real>(cost: usize, hidden: &[Vec<usize>], depth: usize, seed: u64) -> Vec<Network<F>> {
                let activations = [Activation::Relu, Activation::Tanh, Activation::Sigmoid];
                let network = |(hidden, seed): (&Vec<usize>, u64)| {
                    let sizes: Vec<_> = [6].iter().chain(&hidden[..depth]).chain(&[4]).copied().collect();
                    let network = Network::new(&sizes, costs()[cost], Init::Default, seed).unwrap();
                    network.with_activations(&activations[..depth]).unwrap()
                };
                hidden.iter().zip((0..).map(|member| seed.wrapping_add(member))).map(network).collect()
            }
            // Every z is of order 1 and a sum of a few dozen terms: the tolerances are a hundred times the rounding
            // error.
            answers_as_all(&networks::<f64>(cost, &hidden, depth, seed), 1e-12);
            answers_as_all(&networks::<f32>(cost, &hidden, depth, seed), 1e-4);
        }
    }

    #[test]
    fn hidden_layers_stand_side_by_side() {
        let network = |w: Array2<f64>, v: Array2<f64>, b: f64| {
            let biases = vec![Array1::from_elem(w.nrows(), b), array![b]];
            Network::from_parts(vec![w, v], biases, &Quadratic).unwrap()
        };
        let one = network(array![[1.0, 2.0]], array![[8.0]], 1.0);
        let other = network(array![[3.0, 4.0], [5.0, 6.0]], array![[10.0, 12.0]], 3.0);
        let merged = Network::merged(&[(&one, 1), (&other, 1)]).unwrap();
        assert_eq!(merged.weights(), [array![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], array![[4.0, 5.0, 6.0]]]);
        assert_eq!(merged.biases(), [array![1.0, 3.0, 3.0], array![2.0]]);
        let deep = |w: f64| {
            let layers = vec![array![[w]]; 3];
            Network::from_parts(layers, vec![array![w]; 3], &Quadratic).unwrap()
        };
        let merged = Network::merged(&[(&deep(1.0), 1), (&deep(2.0), 1)]).unwrap();
        assert_eq!(merged.weights(), [array![[1.0], [2.0]], array![[1.0, 0.0], [0.0, 2.0]], array![[0.5, 1.0]]]);
    }

    #[test]
    fn one_that_is_not_like_the_first_is_named() {
        let network = |sizes: &[usize]| Network::<f32>::new(sizes, &CrossEntropy, Init::Default, 0).unwrap();
        let first = network(&[4, 3, 2]);
        let merge = |other| match Network::merged(&[(&first, 1), (&first, 1), (&other, 1)]).unwrap_err() {
            MergeError::OtherTask(Unlike { network: 2, found, expected }) => ("another question", found, expected),
            MergeError::OtherKind(Unlike { network: 2, found, expected }) => ("made otherwise", found, expected),
            other => panic!("{other:?}"),
        };
        let words = |how, found: &str, expected: &str| (how, found.to_string(), expected.to_string());
        assert_eq!(merge(network(&[5, 3, 2])), words("another question", "5 inputs", "4 inputs"));
        assert_eq!(merge(network(&[4, 3, 3])), words("another question", "3 outputs", "2 outputs"));
        assert_eq!(merge(network(&[4, 3, 3, 2])), words("made otherwise", "4 layers", "3 layers"));
        let tanh = network(&[4, 3, 2]).with_activations(&[Activation::Tanh]).unwrap();
        assert_eq!(merge(tanh), words("made otherwise", "the activations tanh", "the activations sigmoid"));
        let softmax = network(&[4, 3, 2]).with_cost(&LogLikelihood);
        assert_eq!(merge(softmax), words("made otherwise", "the cost log-likelihood", "the cost cross-entropy"));
    }

    #[test]
    fn too_few_and_too_much_are_refused() {
        assert_eq!(Network::<f32>::merged(&[]).unwrap_err(), MergeError::TooFew);
        let wide = Network::<f32>::new(&[2, 2_000, 2_000, 2], &Quadratic, Init::Default, 0).unwrap();
        assert_eq!(Network::merged(&[(&wide, 2)]).unwrap_err(), MergeError::TooFew);
        let error = Network::merged(&[(&wide, 1); 4]).unwrap_err();
        assert_eq!(error, MergeError::Network(NetworkError::TooLarge(vec![2, 8_000, 8_000, 2])));
    }

    #[test]
    fn a_mean_that_is_no_number_is_refused() {
        let largest = Network::from_parts(vec![array![[f32::MAX]]], vec![array![f32::MAX]], &Quadratic).unwrap();
        // Ten times a rounded 0.1 is a little more than 1, so the mean overflows.
        let error = Network::merged(&[(&largest, 1); 10]).unwrap_err();
        assert!(matches!(error, MergeError::Network(NetworkError::NotFinite { .. })), "{error:?}");
    }
}
