//! Train, evaluate and explain small fully connected networks on MNIST-like digits.
//!
//! This is the Rust successor of *network2.py*, the program of chapter 3 of Michael Nielsen's [Neural Networks and Deep
//! Learning](http://neuralnetworksanddeeplearning.com/chap3.html). Data flows one way:
//!
//! [`data`] → [`network`] → [`trainer`] (driving an [`engine`]) → [`model`] file → [`report`]
//!
//! # The book's letters
//!
//! | book | here | shape |
//! |---|---|---|
//! | layer sizes | `sizes` | L numbers, input first |
//! | w^l | `weights[l-2]` | (n_l, n_{l-1}): row j feeds neuron j |
//! | b^l | `biases[l-2]` | (n_l) |
//! | z^l, a^l | `z`, `a` | (n_l) |
//! | delta^l | `delta` | (n_l) |
//! | nabla C | `nabla_w`, `nabla_b` | as the weights and biases |
//! | eta, lambda, mini-batch size m | `eta`, `lambda`, `batch_size` | |
//! | n | `n_train` | number of training images |
//!
//! The book numbers layers from 1, the input layer, which has no weights or biases. The lists here start with layer 2.
//!
//! # The book's equations
//!
//! | equation | where |
//! |---|---|
//! | a = sigma(z), softmax | [`Activation`](network::Activation), [`softmax`](network::softmax) |
//! | C: quadratic, cross-entropy, log-likelihood | [`Quadratic`], [`CrossEntropy`], [`LogLikelihood`](network::LogLikelihood) |
//! | (BP1) delta^L = nabla_a C * sigma'(z^L) | [`Cost::delta`] |
//! | (BP2) to (BP4) | [`Network::backprop`] |
//! | w → (1 - eta lambda/n) w - eta/m sum dC_x/dw | [`Network::update_mini_batch`] |
//! | lambda/2n sum w^2, and lambda/n sum \|w\| for L1 | [`Network::regularization`] |
//! | v → mu v - eta nabla C, w → w + v | [`Optimizer::Sgd`](network::Optimizer::Sgd) |
//! | dropout | [`Dropout`](network::Dropout) |
//! | start weights | [`Init`] |
//! | halving eta, early stopping | [`Schedule`](trainer::Schedule), [`Settings`](trainer::Settings) |
//! | the single neuron that learns slowly | [`trainer::neuron`] |
//!
//! # Example
//!
//! ```
//! use mnist_mlp::data::{Part, source::Source, splits::split};
//! use mnist_mlp::engine::{Machine, evaluate};
//! use mnist_mlp::trainer::{Settings, Silent, train};
//! use mnist_mlp::{CrossEntropy, Init, Network};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let digits = Source::Synthetic { seed: 0 }.load(Part::Training, 1)?;
//! let (training, validation) = split(&digits, Some(1_000), 1_000)?;
//! let network = Network::<f32>::new(&[784, 30, 10], &CrossEntropy, Init::Default, 0)?;
//! let config = Settings { epochs: 3, ..Settings::default() }.check(training.len(), validation.len())?;
//! let trained = train(network, &training, &validation, &config, &mut Silent)?;
//! let evaluation = evaluate(&trained.network, &validation, Machine::default())?;
//! assert!(evaluation.accuracy() > 0.3);
//! # Ok(())
//! # }
//! ```

#![deny(missing_docs)]

#[doc(hidden)] // for the program
pub mod claim;
#[cfg(feature = "mpi")]
pub mod cluster;
pub mod committee;
pub mod data;
pub mod download;
pub mod engine;
pub mod evaluate;
pub mod export;
pub mod mistakes;
pub mod model;
pub mod network;
pub mod numbers;
pub mod picture;
#[doc(hidden)]
pub mod printable;
mod random;
mod real;
#[doc(hidden)]
pub mod replace_file;
pub mod report;
mod threads;
pub mod trainer;
pub mod tune;
pub mod views;

pub use data::Dataset;
pub use model::Model;
pub use network::{Cost, CrossEntropy, Init, Network, Quadratic};
pub use real::{Precision, Real};
