//! `mnist export`: writes a model to a file for other programs.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use mnist_mlp::export::{FileType, Input};
use mnist_mlp::replace_file::replace_file;

use super::args::QuietArguments;
use super::member::Member;
use super::outputs::{check_output, model_not_written};
use super::usage::Usage;
use super::{Failure, output, shell};

/// Write a model as ONNX, safetensors, NPZ or CSV.
///
/// The extension of the output file chooses the format. An .onnx file holds the whole network: it takes a batch
/// 'images', one row of pixels per image, and gives 'outputs', one row per image with one number per class. The others
/// hold the weights and biases: 'layer2.weight' (neurons x inputs) and 'layer2.bias' for the first layer after the
/// input; a .csv file holds them as lines of layer,kind,neuron,input,value.
///
/// network2.py needs no export of a network of sigmoid neurons with quadratic or cross-entropy cost that does not
/// deskew: it reads that model file as it is.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  mnist export model.json -o model.onnx
  mnist export model.json -o model.onnx --input unit
  mnist export model.json -o model.safetensors")]
pub struct ExportArguments {
    /// A model file, ours or network2.py's.
    #[arg(value_name = "MODEL")]
    model: PathBuf,

    /// Where to write: a name that ends in .onnx, .safetensors, .npz or .csv.
    #[arg(short, long, value_name = "FILE")]
    out: PathBuf,

    /// What the network of an .onnx file is given [default: pixels].
    #[arg(long, value_enum)]
    input: Option<InputName>,

    #[command(flatten)]
    quiet: QuietArguments,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum InputName {
    /// Bytes from 0 (background) to 255 (full ink).
    Pixels,
    /// Numbers from 0 to 1: pixel/255, in the precision of the model.
    Unit,
}

pub fn run(arguments: &ExportArguments) -> Result<(), Failure> {
    let out = &arguments.out;
    let file_type = FileType::of(out)?;
    let input = match arguments.input {
        Some(_) if file_type != FileType::Onnx => return Err(Failure::Usage(Usage::IdleInput(file_type.ending()))),
        Some(InputName::Unit) => Input::Unit,
        Some(InputName::Pixels) | None => Input::Pixels,
    };
    check_output(out, "an export of this program", |start| file_type.made(start), model_not_written(out))?;
    let member = Member::read(&arguments.model)?;
    if member.sees_deskewed() {
        output::warning(format_args!(
            "{} sees deskewed images, and an export cannot deskew: images must be deskewed before they are given to {}; \
            docs/guide.md has a function for that",
            member.path,
            out.display()
        ));
    }
    replace_file(out, |file| member.export(file_type, input, file)).map_err(model_not_written(out))?;
    let saved = format_args!("saved  {}: {}\n", shell::quoted(out.as_os_str()), member.description());
    output::unless(arguments.quiet.quiet, saved)
}
