//! CSV: one number per line, with its position.
//!
//! ```text
//! layer,kind,neuron,input,value
//! 2,bias,0,,-0.31
//! 2,weight,0,0,0.02
//! 2,weight,0,1,-0.007
//! ```
//!
//! `layer` counts as in the book: 2 is the first layer after the input. `neuron` and `input` count from 0. A bias has
//! no input. Numbers have enough digits to be read back exactly.

use std::io::{self, Write};

use crate::network::Network;
use crate::real::Real;

/// The first line.
pub(super) const HEADING: &str = "layer,kind,neuron,input,value";

pub(super) fn write<F: Real>(network: &Network<F>, mut writer: impl Write) -> io::Result<()> {
    writeln!(writer, "{HEADING}")?;
    for (layer, (w, b)) in (2..).zip(network.weights().iter().zip(network.biases())) {
        for (neuron, (row, bias)) in w.rows().into_iter().zip(b).enumerate() {
            writeln!(writer, "{layer},bias,{neuron},,{bias:?}")?;
            for (input, weight) in row.iter().enumerate() {
                writeln!(writer, "{layer},weight,{neuron},{input},{weight:?}")?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;
    use crate::network::Quadratic;

    #[test]
    fn a_line_says_where_its_number_belongs() {
        let (weights, biases) = (vec![array![[0.1_f32, -2.0]], array![[1e-7]]], vec![array![0.5], array![3.0]]);
        let network = Network::from_parts(weights, biases, &Quadratic).unwrap();
        let mut csv = Vec::new();
        write(&network, &mut csv).unwrap();
        let expected = "layer,kind,neuron,input,value\n\
                        2,bias,0,,0.5\n2,weight,0,0,0.1\n2,weight,0,1,-2.0\n\
                        3,bias,0,,3.0\n3,weight,0,0,1e-7\n";
        assert_eq!(String::from_utf8(csv).unwrap(), expected);
    }
}
