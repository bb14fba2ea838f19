//! The part of a model file, besides the network, that is needed to resume its training.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ndarray::{Array1, Array2};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::network::{Gradient, Network, NetworkError};
use crate::real::Real;

/// The `checkpoint` key of a model file: weights, biases and moments in packed form, exact to the last bit.
///
/// Each is one string: the base64 of the numbers in the precision of the training, little-endian, layer by layer: the
/// weight matrix row by row, then the biases. (As lists of decimal numbers they would take twice the space and ten
/// times as long to write, and a JSON list cannot hold the infinity that a moment may reach.) Whatever equals the
/// file's network is left out.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Checkpoint {
    /// The network as the last update left it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<PackedNumbers>,
    /// The running average of the network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub average: Option<PackedNumbers>,
    /// The moments of the optimizer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub moments: Vec<PackedNumbers>,
}

/// One number for each weight and bias of a network, as base64 of their bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PackedNumbers(String);

/// Why packed numbers do not fit a network.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum UnpackError {
    /// The text is not base64.
    #[error("not base64: {0}")]
    Base64(#[from] base64::DecodeError),
    /// The numbers belong to another network, or have another precision.
    #[error("{found} bytes, expected {expected}")]
    Length {
        /// The number of bytes found.
        found: usize,
        /// The number of bytes that the network needs.
        expected: usize,
    },
    /// The weights and biases do not form a network.
    #[error(transparent)]
    Network(#[from] NetworkError),
}

impl PackedNumbers {
    /// Packs the weights, (n_l, n_{l-1}), and biases, (n_l), of each layer.
    #[must_use]
    pub fn pack<F: Real>(weights: &[Array2<F>], biases: &[Array1<F>]) -> Self {
        let numbers: usize = weights.iter().map(Array2::len).chain(biases.iter().map(Array1::len)).sum();
        let mut bytes = Vec::with_capacity(numbers * F::BYTES);
        for (w, b) in weights.iter().zip(biases) {
            w.iter().chain(b).for_each(|number| number.write_bytes(&mut bytes));
        }
        PackedNumbers(STANDARD.encode(bytes))
    }

    /// Unpacks the numbers, in the shape of `like`.
    ///
    /// # Errors
    /// An [`UnpackError`] if the text is not base64 or does not hold as many numbers as `like`.
    pub fn unpack<F: Real>(&self, like: &Network<F>) -> Result<Gradient<F>, UnpackError> {
        let mut gradient = like.zero_gradient();
        let bytes = STANDARD.decode(&self.0)?;
        let numbers = like.weights().iter().map(Array2::len).chain(like.biases().iter().map(Array1::len));
        let expected = numbers.sum::<usize>() * F::BYTES;
        if bytes.len() != expected {
            return Err(UnpackError::Length { found: bytes.len(), expected });
        }
        let mut bytes = bytes.chunks_exact(F::BYTES);
        for (w, b) in gradient.nabla_w.iter_mut().zip(&mut gradient.nabla_b) {
            w.iter_mut().chain(b).zip(&mut bytes).for_each(|(number, bytes)| *number = F::of_bytes(bytes));
        }
        Ok(gradient)
    }

    /// Unpacks a network with these weights and biases, and with the cost and activations of `like`.
    ///
    /// # Errors
    /// An [`UnpackError`] if the text is not base64, does not hold as many numbers as `like`, or holds a number that is
    /// not finite.
    pub fn unpack_network<F: Real>(&self, like: &Network<F>) -> Result<Network<F>, UnpackError> {
        let Gradient { nabla_w, nabla_b } = self.unpack(like)?;
        Ok(Network::from_parts(nabla_w, nabla_b, like.cost())?.with_activations(like.activations())?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::{CrossEntropy, Init};

    #[test]
    fn numbers_are_packed_to_the_last_bit() {
        let mut network = Network::<f32>::new(&[5, 3, 2], &CrossEntropy, Init::Default, 1).unwrap();
        let special = [f32::INFINITY, -0.0, f32::MIN_POSITIVE / 3.0, f32::MAX, f32::NAN];
        network.weights[0].iter_mut().zip(special).for_each(|(w, special)| *w = special);
        let packed = PackedNumbers::pack(&network.weights, &network.biases);
        let again = packed.unpack(&network).unwrap();
        for (w, again) in network.weights.iter().flatten().zip(again.nabla_w.iter().flatten()) {
            assert_eq!(w.to_bits(), again.to_bits());
        }
        assert_eq!(again.nabla_b, network.biases);
        // 1.0 is 0x3f800000, the lowest byte first.
        let one = PackedNumbers::pack(&[ndarray::array![[1.0_f32]]], &[ndarray::array![0.0]]);
        assert_eq!(serde_json::to_string(&one).unwrap(), r#""AACAPwAAAAA=""#);
    }

    #[test]
    fn what_is_not_of_this_network_is_refused() {
        let network = Network::<f64>::new(&[2, 1], &CrossEntropy, Init::Default, 1).unwrap();
        let unpack = |text: &str| PackedNumbers(text.to_string()).unpack(&network).unwrap_err();
        assert!(matches!(unpack("AACAPw"), UnpackError::Base64(_)));
        assert!(matches!(unpack("?"), UnpackError::Base64(_)));
        assert_eq!(unpack("AACAPwAAAAA="), UnpackError::Length { found: 8, expected: 24 });
        assert_eq!(unpack(""), UnpackError::Length { found: 0, expected: 24 });
    }
}
