//! The two precisions that everything is generic over.

use ndarray::{LinalgScalar, NdFloat};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::data::Dataset;
use crate::engine::fast::{Fast, Vectors};
use crate::engine::{Engine, Machine};
use crate::network::Network;

/// A real number of a network: `f32` (fast, the command line's default) or `f64` (to compare number by number).
pub trait Real: NdFloat + LinalgScalar + Vectors + Default + std::iter::Sum + Serialize + DeserializeOwned {
    /// Which precision this is.
    const PRECISION: Precision;

    /// The nearest number of this precision.
    fn of(value: f64) -> Self;

    /// The same number in double precision.
    fn to_double(self) -> f64;

    /// The fast engine, see [`Fast::new`]. It is asked for here so that its kernels, of which there are many, are
    /// compiled for both precisions with this library and not again with everything that uses it.
    fn fast_engine(
        network: Network<Self>,
        training: Dataset,
        evaluation: Dataset,
        batch_size: usize,
        machine: Machine,
    ) -> Box<dyn Engine<Self>>;
}

impl Real for f32 {
    const PRECISION: Precision = Precision::F32;

    fn of(value: f64) -> Self {
        value as f32
    }

    fn to_double(self) -> f64 {
        f64::from(self)
    }

    fn fast_engine(
        network: Network<Self>,
        training: Dataset,
        evaluation: Dataset,
        batch_size: usize,
        machine: Machine,
    ) -> Box<dyn Engine<Self>> {
        Box::new(Fast::new(network, training, evaluation, batch_size, machine))
    }
}

impl Real for f64 {
    const PRECISION: Precision = Precision::F64;

    fn of(value: f64) -> Self {
        value
    }

    fn to_double(self) -> f64 {
        self
    }

    fn fast_engine(
        network: Network<Self>,
        training: Dataset,
        evaluation: Dataset,
        batch_size: usize,
        machine: Machine,
    ) -> Box<dyn Engine<Self>> {
        Box::new(Fast::new(network, training, evaluation, batch_size, machine))
    }
}

/// The name of a precision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Precision {
    /// 32 bits: about 7 decimal digits.
    #[default]
    F32,
    /// 64 bits: about 16 decimal digits.
    F64,
}
