//! A table, for other programs, of a network's answers to images.

use std::io::{self, Write};

use csv::WriterBuilder;
use ndarray::ArrayView2;

use crate::data::Dataset;
use crate::network::prediction;

/// The beginning of every such table.
pub const ANSWERS_START: &str = "index,label,answer,output0";

/// Writes a row for each image: its index, its label, the class with the largest output, and all `outputs`, (n, n_L).
/// The names of the label and of the answer and the file of the image follow, where they are known.
///
/// # Errors
/// The errors of `writer`.
///
/// # Panics
/// If the number of images differs from the number of rows of outputs.
pub fn answers(data: &Dataset, outputs: ArrayView2<f64>, writer: &mut dyn Write) -> io::Result<()> {
    assert_eq!(data.len(), outputs.nrows(), "images and rows of outputs");
    let names = data.identity().classes();
    let has_files = !data.is_empty() && data.file(0).is_some();
    let mut table = WriterBuilder::new().from_writer(writer);

    let mut heading: Vec<_> = ["index", "label", "answer"].map(String::from).into();
    heading.extend((0..outputs.ncols()).map(|class| format!("output{class}")));
    let named = if names.is_empty() { &[][..] } else { &["label_name", "answer_name"] };
    heading.extend(named.iter().chain(has_files.then_some(&"file")).map(ToString::to_string));
    table.write_record(heading)?;

    for (index, outputs) in outputs.outer_iter().enumerate() {
        let (label, answer) = (data.label(index), prediction(&outputs.to_vec()));
        let numbers = [index, label, answer].map(|number| number.to_string()).into_iter();
        let names = if names.is_empty() { vec![] } else { vec![names.of(label), names.of(answer)] };
        let file = data.file(index).map(String::from);
        let outputs = outputs.iter().map(ToString::to_string).collect::<Vec<_>>();
        table.write_record(numbers.chain(outputs).chain(names).chain(file))?;
    }
    table.flush()
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;
    use crate::data::Identity;

    #[test]
    fn each_image_has_its_answer_and_all_outputs() {
        let table = |data: &Dataset| {
            let mut table = Vec::new();
            answers(data, array![[0.25, 0.5, 0.125], [0.0, 0.75, 1.0]].view(), &mut table).unwrap();
            String::from_utf8(table).unwrap()
        };
        let data = Dataset::new(vec![0; 2], vec![1, 0], (1, 1), 3, Identity::named("toy")).unwrap();
        let expected = "index,label,answer,output0,output1,output2\n0,1,1,0.25,0.5,0.125\n1,0,2,0,0.75,1\n";
        assert_eq!(table(&data), expected);
        assert!(expected.starts_with(ANSWERS_START));
        let named = data.called(["a", "b, c", "d"].iter().collect());
        let expected = "index,label,answer,output0,output1,output2,label_name,answer_name\n\
            0,1,1,0.25,0.5,0.125,\"b, c\",\"b, c\"\n1,0,2,0,0.75,1,a,d\n";
        assert_eq!(table(&named), expected);
    }
}
