//! Train, evaluate and explain small fully connected networks on MNIST-like digits.
//!
//! This is the Rust successor of *network2.py*, the program of chapter 3 of Michael Nielsen's [Neural Networks and Deep
//! Learning](http://neuralnetworksanddeeplearning.com/chap3.html). Data flows one way:
//!
//! [`data`] → [`network`] → [`trainer`] (by an [`engine`]) → [`report`]
//!
//! # The book's letters
//!
//! | book | here | shape |
//! |---|---|---|
//! | layer sizes | `sizes` | L numbers, input first |
//! | w^l | `weights[l-2]` | (n_l, n_{l-1}): row = neuron it feeds |
//! | b^l | `biases[l-2]` | (n_l) |
//! | z^l, a^l | `z`, `a` | (n_l) |
//! | delta^l | `delta` | (n_l) |
//! | nabla C | `nabla_w`, `nabla_b` | as weights, biases |
//! | eta, lambda, mini-batch size m | `eta`, `lambda`, `batch_size` | |
//! | n | `n_train` | number of training images |
//!
//! The book's layers count from 1, the input, which has neither weights nor biases. The lists here start with those of
//! layer 2.
//!
//! # Example
//!
//! ```
//! use mnist_mlp::data::{Part, source::Source, splits::split};
//! use mnist_mlp::network::{CrossEntropy, Init, Network};
//! use mnist_mlp::trainer::{Settings, Silent, train};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let digits = Source::Synthetic { seed: 0 }.load(Part::Training, 1)?;
//! let (training, validation) = split(&digits, Some(1_000), 1_000)?;
//! let network = Network::<f32>::new(&[784, 30, 10], &CrossEntropy, Init::Default, 0)?;
//! let config = Settings { epochs: 3, ..Settings::default() }.check(training.len(), validation.len())?;
//! let trained = train(network, &training, &validation, &config, &mut Silent)?;
//! assert_eq!(trained.history.len(), 3);
//! # Ok(())
//! # }
//! ```

#![deny(missing_docs)]

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
pub mod network;
pub mod picture;
pub mod printable;
mod random;
mod real;
pub mod replace_file;
pub mod report;
mod threads;
pub mod trainer;
pub mod tune;

pub use real::{Precision, Real};
