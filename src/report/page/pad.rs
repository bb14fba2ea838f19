//! The network as the script of the drawing pad needs it.

use base64::Engine;
use serde::Serialize;
use thiserror::Error;

use super::BASE64;
use crate::data::ClassNames;
use crate::network::Network;
use crate::report::thousands;

/// The maximum number of weights and biases: with more, a page would be larger than 27 MB.
const MAX_PARAMETERS: usize = 5_000_000;

/// A pad for drawing digits.
pub struct Pad {
    /// Height and width of the network's images.
    pub side: usize,
    /// The class name of each output.
    pub classes: Vec<String>,
    /// The network for the script.
    pub network: ScriptNetwork,
}

/// A network in the format that `network.js` reads. It contains no text of a model file.
#[derive(Serialize)]
pub struct ScriptNetwork {
    sizes: Vec<usize>,
    /// The activation of each layer after the input.
    activations: Vec<&'static str>,
    /// Whether the network takes deskewed images.
    pub deskew: bool,
    /// Weights, row by row, and biases, layer by layer, as little-endian 32-bit floats in base64.
    parameters: String,
}

/// Why there is no pad.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum NoPad {
    #[error("the network sees images of {0} × {1} pixels, and a pad has to be square")]
    NotSquare(usize, usize),
    #[error("the network has {} weights and biases, and a page holds {} at most", thousands(*.0), thousands(MAX_PARAMETERS))]
    TooLarge(usize),
    #[error("a page computes with 32-bit numbers, for which a weight of this network is too large")]
    OutOfRange,
}

impl Pad {
    /// A pad for a network that takes images of this size, deskewed if `deskew`.
    pub fn new(
        network: &Network<f64>,
        names: &ClassNames,
        (rows, cols): (usize, usize),
        deskew: bool,
    ) -> Result<Self, NoPad> {
        if rows != cols {
            return Err(NoPad::NotSquare(rows, cols));
        }
        let output = network.cost().output().name();
        let activations = network.activations().iter().map(|activation| activation.name()).chain([output]).collect();
        let parameters = BASE64.encode(parameters(network)?);
        let for_script = ScriptNetwork { sizes: network.sizes(), activations, deskew, parameters };
        Ok(Pad {
            side: rows,
            classes: (0..network.outputs()).map(|class| names.of(class)).collect(),
            network: for_script,
        })
    }
}

/// All weights and biases as bytes.
fn parameters(network: &Network<f64>) -> Result<Vec<u8>, NoPad> {
    let layers = || network.weights().iter().zip(network.biases());
    let count = layers().map(|(w, b)| w.len() + b.len()).sum();
    if count > MAX_PARAMETERS {
        return Err(NoPad::TooLarge(count));
    }
    let mut bytes = Vec::with_capacity(4 * count);
    for &number in layers().flat_map(|(w, b)| w.iter().chain(b)) {
        let number = number as f32;
        if !number.is_finite() {
            return Err(NoPad::OutOfRange);
        }
        bytes.extend(number.to_le_bytes());
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, array};

    use super::*;
    use crate::network::{LogLikelihood, Quadratic};

    #[test]
    fn a_network_is_written_layer_by_layer() {
        let weights = vec![array![[1.0, 2.0, 3.0, 4.0]], array![[5.0], [6.0]]];
        let network = Network::from_parts(weights, vec![array![-1.0], array![0.5, 0.1]], &LogLikelihood).unwrap();
        let pad = Pad::new(&network, &ClassNames::default(), (2, 2), false).unwrap();
        assert_eq!((pad.side, pad.classes.len(), &pad.network.sizes[..]), (2, 2, &[4, 1, 2][..]));
        assert_eq!(pad.network.activations, ["sigmoid", "softmax"]);
        let bytes = BASE64.decode(pad.network.parameters).unwrap();
        let numbers: Vec<_> = bytes.chunks(4).map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap())).collect();
        assert_eq!(numbers, [1.0, 2.0, 3.0, 4.0, -1.0, 5.0, 6.0, 0.5, 0.1]);
    }

    #[test]
    fn networks_for_which_there_is_no_pad_say_why() {
        let network = |largest: f64, inputs| {
            let weights = Array2::from_elem((2, inputs), largest);
            Network::from_parts(vec![weights], vec![array![0.0, 0.0]], &Quadratic).unwrap()
        };
        let why = |network, geometry| Pad::new(&network, &ClassNames::default(), geometry, false).err();
        assert_eq!(why(network(1.0, 20), (5, 4)), Some(NoPad::NotSquare(5, 4)));
        assert_eq!(why(network(1e39, 4), (2, 2)), Some(NoPad::OutOfRange));
        assert_eq!(why(network(1.0, 1600 * 1600), (1600, 1600)), Some(NoPad::TooLarge(5_120_002)));
        assert_eq!(why(network(1.0, 4), (2, 2)), None);
    }
}
