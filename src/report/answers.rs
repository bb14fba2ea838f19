//! A table, for other programs, of a network's answers to images.

use std::io::{self, Write};

use ndarray::ArrayView2;

use crate::network::prediction;

/// The beginning of every such table.
pub const ANSWERS_START: &str = "index,label,answer,output0";

/// Writes a row for each image: its index, its label, the class with the largest output, and all `outputs`, (n, n_L).
///
/// # Errors
/// The errors of `writer`.
///
/// # Panics
/// If the number of labels differs from the number of rows of outputs.
pub fn answers(labels: &[u8], outputs: ArrayView2<f64>, writer: &mut dyn Write) -> io::Result<()> {
    assert_eq!(labels.len(), outputs.nrows(), "labels and rows of outputs");
    write!(writer, "{ANSWERS_START}")?;
    (1..outputs.ncols()).try_for_each(|class| write!(writer, ",output{class}"))?;
    writeln!(writer)?;
    for (index, (label, outputs)) in labels.iter().zip(outputs.outer_iter()).enumerate() {
        write!(writer, "{index},{label},{}", prediction(&outputs.to_vec()))?;
        outputs.iter().try_for_each(|output| write!(writer, ",{output}"))?;
        writeln!(writer)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn each_image_has_its_answer_and_all_outputs() {
        let mut table = Vec::new();
        answers(&[1, 0], array![[0.25, 0.5, 0.125], [0.0, 0.75, 1.0]].view(), &mut table).unwrap();
        let expected = "index,label,answer,output0,output1,output2\n0,1,1,0.25,0.5,0.125\n1,0,2,0,0.75,1\n";
        assert_eq!(String::from_utf8(table).unwrap(), expected);
    }
}
