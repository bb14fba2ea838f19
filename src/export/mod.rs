//! Exports trained networks to files for other programs.
//!
//! | ending | what it holds | who reads it |
//! |---|---|---|
//! | `.onnx` | the whole network, from the pixels to the outputs | onnxruntime and many others |
//! | `.safetensors` | weights and biases | PyTorch, JAX, candle |
//! | `.npz` | weights and biases | NumPy |
//! | `.csv` | weights and biases, one number per line | spreadsheets, R, pandas |
//!
//! The weights of layer l, in the book's counting, are called `layer2.weight` for l = 2, (n_l, n_{l-1}), and its biases
//! `layer2.bias`, (n_l), in the precision of the model. Equal models give equal files.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};
use thiserror::Error;

use crate::model::{Model, PROGRAM};
use crate::network::Network;
use crate::real::Real;

mod csv;
mod npz;
mod onnx;
mod safetensors;

/// The file types to which a network can be exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileType {
    /// A graph of operators with its weights: the complete network.
    Onnx,
    /// Named arrays with a description.
    Safetensors,
    /// Named arrays, as `numpy.savez` writes them.
    Npz,
    /// One number per line.
    Csv,
}

/// The file name has no extension of a known file type.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "{} does not end in one of {}: the extension chooses the format (network2.py needs no export of a network of \
    sigmoid neurons with quadratic or cross-entropy cost that does not deskew: it reads that model file as it is)",
    .0.display(),
    FileType::ALL.map(|file_type| format!(".{}", file_type.ending())).join(", ")
)]
pub struct UnknownEnding(pub PathBuf);

impl FileType {
    /// All file types.
    pub const ALL: [FileType; 4] = [FileType::Onnx, FileType::Safetensors, FileType::Npz, FileType::Csv];

    /// The extension of its files, without the dot.
    #[must_use]
    pub fn ending(self) -> &'static str {
        match self {
            FileType::Onnx => "onnx",
            FileType::Safetensors => "safetensors",
            FileType::Npz => "npz",
            FileType::Csv => "csv",
        }
    }

    /// The file type that the extension of `path` names, in any case.
    ///
    /// # Errors
    /// [`UnknownEnding`] if it names none.
    pub fn of(path: &Path) -> Result<Self, UnknownEnding> {
        let ending = path.extension().unwrap_or_default();
        let named = FileType::ALL.into_iter().find(|file_type| ending.eq_ignore_ascii_case(file_type.ending()));
        named.ok_or_else(|| UnknownEnding(path.to_path_buf()))
    }

    /// Whether a file that begins with `start` (512 bytes are enough) may have been made by [`write()`].
    #[must_use]
    pub fn made(self, start: &[u8]) -> bool {
        let (at, mark) = match self {
            FileType::Onnx => onnx::MARK,
            FileType::Safetensors => safetensors::MARK,
            FileType::Npz => npz::MARK,
            FileType::Csv => (0, csv::HEADING.as_bytes()),
        };
        start.get(at..).is_some_and(|rest| rest.starts_with(mark))
    }
}

/// The input of an exported network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Input {
    /// Bytes, from 0 for the background to 255 for full ink. The network itself divides them by 255.
    #[default]
    Pixels,
    /// Numbers from 0 to 1 in the model's precision: pixel/255.
    Unit,
}

/// Writes a model to a file of this type. `input` matters only for ONNX; the other types hold only weights, which
/// expect inputs from 0 to 1.
///
/// # Errors
/// Errors of `writer` pass through.
pub fn write<F: Real>(model: &Model<F>, file_type: FileType, input: Input, mut writer: impl Write) -> io::Result<()> {
    match file_type {
        FileType::Onnx => writer.write_all(&onnx::bytes(model, input)),
        FileType::Safetensors => writer.write_all(&safetensors::bytes(model)),
        FileType::Npz => writer.write_all(&npz::bytes(&model.network)),
        FileType::Csv => csv::write(&model.network, writer),
    }
}

/// The weights or biases of a layer, as bytes for a file.
struct Tensor {
    name: String,
    shape: Vec<usize>,
    /// Row by row, little-endian.
    data: Vec<u8>,
}

/// The weights and biases of each layer, from the book's layer 2 on.
fn tensors<F: Real>(network: &Network<F>) -> impl Iterator<Item = Tensor> {
    let layers = (2..).zip(network.weights().iter().zip(network.biases()));
    layers.flat_map(|(layer, (w, b))| {
        [
            Tensor { name: weight_name(layer), shape: w.shape().to_vec(), data: little_endian(w.iter().copied()) },
            Tensor { name: bias_name(layer), shape: b.shape().to_vec(), data: little_endian(b.iter().copied()) },
        ]
    })
}

fn weight_name(layer: usize) -> String {
    format!("layer{layer}.weight")
}

fn bias_name(layer: usize) -> String {
    format!("layer{layer}.bias")
}

fn little_endian<F: Real>(numbers: impl ExactSizeIterator<Item = F>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(numbers.len() * size_of::<F>());
    numbers.for_each(|number| number.write_bytes(&mut bytes));
    bytes
}

/// The description of a network that accompanies the numbers in a file.
fn about<F: Real>(model: &Model<F>, input: Input) -> Map<String, Value> {
    let network = &model.network;
    let (input, scaling) = match input {
        Input::Pixels => ("pixels", "bytes from 0 (background) to 255 (full ink), divided by 255 in this file"),
        Input::Unit => ("unit", "pixel/255: numbers from 0 (background) to 1 (full ink)"),
    };
    let classes = model.class_names();
    let labels: Vec<_> = (0..network.outputs()).map(|class| classes.of(class)).collect();
    let mut about = Map::new();
    let mut say = |key: &str, value| about.insert(key.to_string(), value);
    say("program", json!(PROGRAM));
    say("sizes", json!(network.sizes()));
    say("activation", json!(network.activations().iter().map(|activation| activation.name()).collect::<Vec<_>>()));
    say("output", json!(network.cost().output().name()));
    say("cost", json!(network.cost().name()));
    say("class_labels", json!(labels));
    say("input", json!(input));
    say("input_scaling", json!(scaling));
    if model.sees_deskewed() {
        say("deskew", json!(true));
    }
    if let Some(training) = &model.training {
        say("training", json!(training));
    }
    if !model.members.is_empty() {
        say("members", json!(model.members));
    }
    about
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::{CrossEntropy, Init};

    fn model<F: Real>() -> Model<F> {
        let network = Network::new(&[6, 4, 3], &CrossEntropy, Init::Default, 1).unwrap();
        Model::from(network)
    }

    fn bytes<F: Real>(model: &Model<F>, file_type: FileType) -> Vec<u8> {
        let mut bytes = Vec::new();
        write(model, file_type, Input::Pixels, &mut bytes).unwrap();
        bytes
    }

    #[test]
    fn the_ending_chooses_the_type() {
        for file_type in FileType::ALL {
            let name = format!("a.json.{}", file_type.ending().to_uppercase());
            assert_eq!(FileType::of(Path::new(&name)), Ok(file_type));
        }
        for name in ["model", "onnx", "model.", "model.onnx.gz", ""] {
            let error = FileType::of(Path::new(name)).unwrap_err();
            assert!(error.to_string().contains(".onnx, .safetensors, .npz, .csv"), "{error}");
        }
    }

    #[test]
    fn every_file_bears_its_mark_and_equal_models_give_equal_files() {
        for file_type in FileType::ALL {
            let file = bytes(&model::<f32>(), file_type);
            assert!(file_type.made(&file[..file.len().min(512)]), "{file_type:?}");
            assert!(file == bytes(&model::<f32>(), file_type), "{file_type:?}");
            assert!(file_type.made(&bytes(&model::<f64>(), file_type)), "{file_type:?}");
            assert!(FileType::ALL.into_iter().all(|other| other == file_type || !other.made(&file)));
        }
    }

    #[test]
    fn numbers_are_little_endian() {
        assert_eq!(little_endian([1.0_f32, -2.5].into_iter()), [0, 0, 0x80, 0x3f, 0, 0, 0x20, 0xc0]);
        assert_eq!(little_endian([0.1_f64].into_iter()), 0.1_f64.to_le_bytes());
    }
}
