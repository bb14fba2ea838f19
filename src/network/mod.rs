//! The network: weights, biases, and how a layer computes its activations. This module does not depend on datasets.

use ndarray::{Array1, Array2, ArrayBase, ArrayView1};
use thiserror::Error;

use crate::numbers::{counted, thousands};
use crate::real::Real;

mod activation;
mod backprop;
mod cost;
mod dropout;
mod ema;
mod init;
mod max_norm;
mod merge;
mod optimizer;
mod step;
pub(crate) use activation::relu;
pub use activation::{Activation, Output, sigmoid, sigmoid_prime, softmax};
pub use backprop::Gradient;
pub use cost::{Cost, CrossEntropy, LogLikelihood, Quadratic, cost_named, costs};
pub use dropout::Dropout;
pub use init::Init;
pub(crate) use max_norm::shrink;
pub use merge::{MAX_MEMBERS, MergeError, Unlike};
pub use optimizer::Optimizer;
pub(crate) use optimizer::{Kind, Moments, Rule};
pub use step::Step;

/// The most weights and biases that a network may have: 400 MB in double precision.
pub const MAX_PARAMETERS: usize = 50_000_000;

/// The most layers that a network may have, counting the input.
pub const MAX_LAYERS: usize = 1_000;

/// A fully connected network: for every layer after the input, weights and biases.
///
/// The book numbers layers from 1, the input layer; `weights[0]` and `biases[0]` belong to the book's layer 2. Row j of
/// `weights[i]` holds the weights into neuron j.
#[derive(Debug, Clone)]
pub struct Network<F: Real> {
    /// w^l, (n_l, n_{l-1}).
    pub(crate) weights: Vec<Array2<F>>,
    /// b^l, (n_l).
    pub(crate) biases: Vec<Array1<F>>,
    pub(crate) activations: Vec<Activation>, // one for each hidden layer
    pub(crate) cost: &'static dyn Cost<F>,
}

/// The layer sizes as reports show them: "784-30-10".
#[must_use]
pub fn sizes_in_words(sizes: &[usize]) -> String {
    sizes.iter().map(ToString::to_string).collect::<Vec<_>>().join("-")
}

/// Why weights and biases do not form a network.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
pub enum NetworkError {
    /// The number of activations is neither 1 nor the number of hidden layers.
    #[error("{} for {}: give one for all, or one for each", counted(*found, "activation"), counted(*expected, "hidden layer"))]
    Activations {
        /// The number of activations given.
        found: usize,
        /// The number of hidden layers.
        expected: usize,
    },
    /// Fewer than two layers.
    #[error("a network has an input and at least one layer after it")]
    TooFewLayers,
    /// More than [`MAX_PARAMETERS`] weights and biases.
    #[error("{} would be more than {} weights and biases", sizes_in_words(.0), thousands(MAX_PARAMETERS))]
    TooLarge(Vec<usize>),
    /// More than [`MAX_LAYERS`] layers.
    #[error("{0} layers: a network has {MAX_LAYERS} at most")]
    TooDeep(usize),
    /// A layer without neurons.
    #[error("layer {0} has no neurons: every layer needs at least 1")]
    EmptyLayer(usize),
    /// There are not as many weight matrices as bias vectors.
    #[error("there are weights for {weights} layers but biases for {biases}")]
    Layers {
        /// Number of weight matrices.
        weights: usize,
        /// Number of bias vectors.
        biases: usize,
    },
    /// A matrix or vector whose shape does not fit the neighbouring layers.
    #[error("layer {layer}: {what} have shape {found:?}, expected {expected:?}")]
    Shape {
        /// The layer in the book's counting, 2 for the first after the input.
        layer: usize,
        /// "weights" or "biases".
        what: &'static str,
        /// The shape found.
        found: Vec<usize>,
        /// The shape that fits.
        expected: Vec<usize>,
    },
    /// A weight or bias that is infinite or NaN.
    #[error("layer {layer}: {what} hold a number that is not finite")]
    NotFinite {
        /// The layer in the book's counting, 2 for the first after the input.
        layer: usize,
        /// "weights" or "biases".
        what: &'static str,
    },
}

impl<F: Real> Network<F> {
    /// A network with `sizes` neurons in its layers, input first. `init` draws the start weights from `seed`.
    ///
    /// # Errors
    /// [`NetworkError::TooFewLayers`], [`NetworkError::EmptyLayer`], [`NetworkError::TooDeep`] or
    /// [`NetworkError::TooLarge`].
    pub fn new(sizes: &[usize], cost: &'static dyn Cost<F>, init: Init, seed: u64) -> Result<Self, NetworkError> {
        check_sizes(sizes)?;
        let (weights, biases): (Vec<_>, Vec<_>) =
            sizes.windows(2).zip(1..).map(|(n, layer)| init.draw(n[0], n[1], seed, layer)).unzip();
        let activations = vec![Activation::default(); biases.len() - 1];
        Ok(Network { weights, biases, activations, cost })
    }

    /// A network from given weights, (n_l, n_{l-1}) each, and biases, (n_l) each.
    ///
    /// # Errors
    /// A [`NetworkError`] if a shape does not fit its neighbours, if a number is not finite, or as for
    /// [`new`](Network::new).
    pub fn from_parts(
        weights: Vec<Array2<F>>,
        biases: Vec<Array1<F>>,
        cost: &'static dyn Cost<F>,
    ) -> Result<Self, NetworkError> {
        let inputs = weights.first().map(ArrayBase::ncols);
        let sizes: Vec<_> = inputs.into_iter().chain(weights.iter().map(ArrayBase::nrows)).collect();
        check_sizes(&sizes)?;
        if weights.len() != biases.len() {
            return Err(NetworkError::Layers { weights: weights.len(), biases: biases.len() });
        }
        let mut n_before = weights[0].ncols();
        for (layer, (w, b)) in (2..).zip(weights.iter().zip(&biases)) {
            let n = w.nrows();
            let wrong = |what, found: &[usize], expected: &[usize]| {
                Err(NetworkError::Shape { layer, what, found: found.to_vec(), expected: expected.to_vec() })
            };
            if w.ncols() != n_before {
                return wrong("weights", w.shape(), &[n, n_before]);
            }
            if b.len() != n {
                return wrong("biases", b.shape(), &[n]);
            }
            n_before = n;
        }
        let activations = vec![Activation::default(); biases.len() - 1];
        let network = Network { weights, biases, activations, cost };
        network.check_finite()?;
        Ok(network)
    }

    /// Checks that every weight and bias is finite.
    ///
    /// # Errors
    /// [`NetworkError::NotFinite`] with the first layer that has a weight or bias that is not finite.
    pub fn check_finite(&self) -> Result<(), NetworkError> {
        for (layer, (w, b)) in (2..).zip(self.weights.iter().zip(&self.biases)) {
            if !w.iter().all(|w| w.is_finite()) {
                return Err(NetworkError::NotFinite { layer, what: "weights" });
            }
            if !b.iter().all(|b| b.is_finite()) {
                return Err(NetworkError::NotFinite { layer, what: "biases" });
            }
        }
        Ok(())
    }

    /// The number of neurons in each layer, input first.
    #[must_use]
    pub fn sizes(&self) -> Vec<usize> {
        std::iter::once(self.inputs()).chain(self.biases.iter().map(Array1::len)).collect()
    }

    /// Number of inputs, n_1.
    #[must_use]
    pub fn inputs(&self) -> usize {
        self.weights[0].ncols()
    }

    /// Number of outputs, n_L.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.biases[self.biases.len() - 1].len()
    }

    /// The weights of each layer after the input, (n_l, n_{l-1}): row j feeds neuron j.
    #[must_use]
    pub fn weights(&self) -> &[Array2<F>] {
        &self.weights
    }

    /// The biases of each layer after the input, (n_l).
    #[must_use]
    pub fn biases(&self) -> &[Array1<F>] {
        &self.biases
    }

    /// The activation of each hidden layer, L-2 of them.
    #[must_use]
    pub fn activations(&self) -> &[Activation] {
        &self.activations
    }

    /// The same weights and biases with other activations of the hidden layers: one for all, or one for each.
    ///
    /// # Errors
    /// [`NetworkError::Activations`] if the number of activations is neither 1 nor the number of hidden layers.
    pub fn with_activations(self, activations: &[Activation]) -> Result<Self, NetworkError> {
        let expected = self.activations.len();
        let activations = match *activations {
            [one] => vec![one; expected],
            _ if activations.len() == expected => activations.to_vec(),
            _ => return Err(NetworkError::Activations { found: activations.len(), expected }),
        };
        Ok(Network { activations, ..self })
    }

    /// The cost that training minimizes; it also determines the activation of the output layer.
    #[must_use]
    pub fn cost(&self) -> &'static dyn Cost<F> {
        self.cost
    }

    /// The same weights and biases with another cost.
    #[must_use]
    pub fn with_cost(self, cost: &'static dyn Cost<F>) -> Self {
        Network { cost, ..self }
    }

    /// The same network in double precision, which represents every single-precision number exactly.
    #[must_use]
    pub fn in_double(&self) -> Network<f64> {
        Network {
            weights: self.weights.iter().map(|w| w.mapv(F::to_double)).collect(),
            biases: self.biases.iter().map(|b| b.mapv(F::to_double)).collect(),
            activations: self.activations.clone(),
            cost: self.cost.in_double(),
        }
    }

    /// The weighted inputs z^l and the activations a^l of every layer after the input, for the input `x`, (n_1).
    ///
    /// # Panics
    /// If `x` has another length.
    #[must_use]
    pub fn forward(&self, x: ArrayView1<F>) -> (Vec<Array1<F>>, Vec<Array1<F>>) {
        self.forward_dropping(x, &[])
    }

    /// As [`forward`](Network::forward), but with the activations of hidden layer l multiplied by `masks[l]`, if
    /// present. `masks[0]` is the mask of the input and must already have been applied to `x`.
    pub(super) fn forward_dropping(&self, x: ArrayView1<F>, masks: &[Array1<F>]) -> (Vec<Array1<F>>, Vec<Array1<F>>) {
        let mut zs: Vec<Array1<F>> = Vec::with_capacity(self.biases.len());
        let mut activations: Vec<Array1<F>> = Vec::with_capacity(self.biases.len());
        for (i, (w, b)) in self.weights.iter().zip(&self.biases).enumerate() {
            let z = match activations.last() {
                None => w.dot(&x) + b,
                Some(a) => w.dot(a) + b,
            };
            let is_output = i + 1 == self.biases.len();
            let mut a = if is_output { self.cost.output().of(z.view()) } else { self.activations[i].of(z.view()) };
            if let Some(mask) = masks.get(i + 1) {
                a *= mask;
            }
            activations.push(a);
            zs.push(z);
        }
        (zs, activations)
    }

    /// a^L, the network's answer to the input `x`, (n_1): one number per class.
    ///
    /// # Panics
    /// If `x` has another length.
    #[must_use]
    pub fn feedforward(&self, x: ArrayView1<F>) -> Array1<F> {
        let (_, mut activations) = self.forward(x);
        activations.pop().expect("a network has an output layer")
    }

    /// y, the desired output for an image with this label: one-hot, (n_L).
    ///
    /// # Panics
    /// If `label` is not below [`outputs`](Self::outputs).
    #[must_use]
    pub fn target(&self, label: usize) -> Array1<F> {
        let mut y = Array1::zeros(self.outputs());
        y[label] = F::one();
        y
    }

    /// The regularization terms of a cost over `n` images: lambda/(2n) times the sum of all squared weights, and
    /// lambda_1/n times the sum of their absolute values.
    #[must_use]
    pub fn regularization(&self, lambda: f64, l1: f64, n: usize) -> f64 {
        let sum = |f: fn(f64) -> f64| self.weights.iter().flatten().map(|w| f(w.to_double())).sum::<f64>();
        let l1_term = if l1 == 0.0 { 0.0 } else { l1 / n as f64 * sum(f64::abs) };
        lambda / (2.0 * n as f64) * sum(|w| w * w) + l1_term
    }
}

/// Checks that a network can have layers of these sizes.
fn check_sizes(sizes: &[usize]) -> Result<(), NetworkError> {
    if sizes.len() < 2 {
        return Err(NetworkError::TooFewLayers);
    }
    if sizes.len() > MAX_LAYERS {
        return Err(NetworkError::TooDeep(sizes.len()));
    }
    if let Some(empty) = sizes.iter().position(|&n| n == 0) {
        return Err(NetworkError::EmptyLayer(empty + 1));
    }
    if parameter_count(sizes).is_none_or(|parameters| parameters > MAX_PARAMETERS) {
        return Err(NetworkError::TooLarge(sizes.to_vec()));
    }
    Ok(())
}

/// The number of weights and biases of a network of these sizes; `None` if it overflows.
pub(crate) fn parameter_count(sizes: &[usize]) -> Option<usize> {
    let layer = |n: &[usize]| n[0].checked_add(1)?.checked_mul(n[1]);
    sizes.windows(2).try_fold(0_usize, |sum, n| sum.checked_add(layer(n)?))
}

/// The predicted class: the index of the largest output, the lowest index on a tie.
#[must_use]
pub fn prediction<F: Real>(outputs: &[F]) -> usize {
    let mut best = 0;
    for (class, &output) in outputs.iter().enumerate() {
        if output > outputs[best] {
            best = class;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn sizes_are_checked() {
        let new = |sizes: &[usize]| Network::<f32>::new(sizes, &Quadratic, Init::Default, 0).map(|_| ());
        assert_eq!(new(&[784]), Err(NetworkError::TooFewLayers));
        assert_eq!(new(&[784, 0, 10]), Err(NetworkError::EmptyLayer(2)));
        assert_eq!(new(&[784, usize::MAX, 10]), Err(NetworkError::TooLarge(vec![784, usize::MAX, 10])));
        assert_eq!(new(&[784, 300_000, 10]), Err(NetworkError::TooLarge(vec![784, 300_000, 10])));
        assert_eq!(new(&[1; 1_001]), Err(NetworkError::TooDeep(1_001)));
        assert!(new(&[784, 10]).is_ok());
    }

    #[test]
    fn parts_must_fit_and_be_finite() {
        let from = |w: Vec<Array2<f64>>, b: Vec<Array1<f64>>| Network::from_parts(w, b, &Quadratic).unwrap_err();
        let (w1, b1) = (Array2::<f64>::zeros((3, 2)), Array1::<f64>::zeros(3));
        assert_eq!(from(vec![], vec![]), NetworkError::TooFewLayers);
        assert_eq!(from(vec![w1.clone()], vec![]), NetworkError::Layers { weights: 1, biases: 0 });
        let error = from(vec![w1.clone(), Array2::zeros((4, 2))], vec![b1.clone(), Array1::zeros(4)]);
        let expected = NetworkError::Shape { layer: 3, what: "weights", found: vec![4, 2], expected: vec![4, 3] };
        assert_eq!(error, expected);
        assert!(matches!(from(vec![w1.clone()], vec![Array1::zeros(2)]), NetworkError::Shape { what: "biases", .. }));
        assert_eq!(from(vec![Array2::zeros((0, 2))], vec![Array1::zeros(0)]), NetworkError::EmptyLayer(2));
        assert_eq!(from(vec![Array2::zeros((2, 0))], vec![Array1::zeros(2)]), NetworkError::EmptyLayer(1));
        let error = from(vec![w1], vec![array![0.0, f64::NAN, 0.0]]);
        assert_eq!(error, NetworkError::NotFinite { layer: 2, what: "biases" });
    }

    #[test]
    fn feedforward_is_sigmoid_of_the_weighted_input() {
        let network = Network::from_parts(vec![array![[1.0, -2.0]]], vec![array![0.5]], &Quadratic).unwrap();
        let a = network.feedforward(array![0.25, 0.5].view());
        assert!((a[0] - sigmoid(-0.25_f64)).abs() < 1e-15);
    }

    #[test]
    fn a_tie_goes_to_the_lowest_index() {
        assert_eq!(prediction(&[0.1, 0.7, 0.7]), 1);
        assert_eq!(prediction(&[0.0, 0.0]), 0);
    }

    #[test]
    fn regularization_counts_weights_not_biases() {
        let network = Network::from_parts(vec![array![[1.0, -2.0]]], vec![array![9.0]], &Quadratic).unwrap();
        assert!((network.regularization(4.0, 0.0, 10) - 4.0 / 20.0 * 5.0_f64).abs() < 1e-15);
    }
}
