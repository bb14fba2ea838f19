//! `mnist predict`: which digit is in a picture.

use std::ffi::OsStr;
use std::fs::File;
use std::io::stdin;
use std::path::{Path, PathBuf};

use clap::Args;
use mnist_mlp::data::{Dataset, Identity};
use mnist_mlp::engine::Machine;
use mnist_mlp::picture::Picture;
use mnist_mlp::picture::normalize::normalized;
use mnist_mlp::picture::read::{FileError, read};
use mnist_mlp::report::{PredictionReport, json_of_failure};

use super::args::Format;
use super::machine::machine;
use super::member::Member;
use super::{Failure, output};

/// Read the digit in a picture: PNG or JPEG, of any size, in dark ink or in light.
///
/// The digit is found, made light on dark, fitted into a box and centred by its mass, as MNIST's are; --show prints
/// the result. A softmax output layer answers with probabilities. The outputs of sigmoids are shown as they are:
/// each is an answer of its own, from 0 to 1, and together they need not add up to 1.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  mnist predict model.json photo.jpg
  mnist predict model.json --show photo.jpg
  mnist predict model.json --format json scans/*.png | jq .label
  curl -s https://example.org/seven.png | mnist predict model.json -")]
pub struct PredictArguments {
    /// A model file, ours or network2.py's, for square images.
    pub model: PathBuf,

    /// Pictures of one digit each, PNG or JPEG; '-' reads one from standard input.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,

    /// Print what the network saw, and all its outputs.
    #[arg(long, conflicts_with = "format")]
    pub show: bool,

    /// How to print the answers; json has a line for each picture, also for one without an answer.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

pub fn run(arguments: &PredictArguments) -> Result<(), Failure> {
    let member = Member::read(&arguments.model)?;
    let side = side(&member)?;
    if member.classes() < 2 {
        return Err(Failure::OneOutput(member.path));
    }
    let machine = machine(Some(1))?;
    let mut failed = 0;
    for file in &arguments.files {
        let name = file.display().to_string();
        let answer = seen(file, side).and_then(|picture| Ok((outputs(&member, (&name, &picture), machine)?, picture)));
        match answer {
            Ok((outputs, picture)) => {
                let report = PredictionReport { file: &name, outputs: &outputs, layer: member.output_layer() };
                let printed = output::piece(match arguments.format {
                    Format::Json => report.json(),
                    Format::Text if arguments.show => {
                        report.with_picture(&picture, output::width_of_pictures(), output::depth())
                    }
                    Format::Text => report.text(),
                })?;
                if printed.is_break() {
                    return Ok(());
                }
            }
            Err(failure) => {
                if arguments.format == Format::Json {
                    output::result(json_of_failure(&name, &failure.to_string()))?;
                }
                if arguments.files.len() == 1 {
                    return Err(failure);
                }
                output::error(&failure);
                failed += 1;
            }
        }
    }
    if failed == 0 { Ok(()) } else { Err(Failure::Unanswered { failed, all: arguments.files.len() }) }
}

/// Height and width of the images that the model is for.
fn side(member: &Member) -> Result<usize, Failure> {
    let inputs = member.inputs();
    let side = inputs.isqrt();
    if side * side == inputs { Ok(side) } else { Err(Failure::NotSquare { path: member.path.clone(), inputs }) }
}

/// What the network is to see of a file.
fn seen(file: &Path, side: usize) -> Result<Picture, Failure> {
    let (picture, path) = if file.as_os_str() == OsStr::new("-") {
        (read(stdin().lock()), "standard input".to_string())
    } else {
        (File::open(file).map_err(FileError::from).and_then(read), file.display().to_string())
    };
    match picture {
        Ok(picture) => normalized(&picture, side).map_err(|error| Failure::NoDigit { path, error }),
        Err(error) => Err(Failure::File { path, error }),
    }
}

/// a^L, (n_L).
fn outputs(member: &Member, (file, picture): (&str, &Picture), machine: Machine) -> Result<Vec<f64>, Failure> {
    let geometry = (picture.height(), picture.width());
    // The label is not known; nobody looks at it.
    let data = Dataset::new(picture.pixels().to_vec(), vec![0], geometry, 2, Identity::named("a picture"));
    let outputs = member.outputs(&data.expect("one image, one label"), machine);
    let outputs = outputs.map_err(|failure| match failure {
        Failure::NoAnswer { model, .. } => Failure::NoAnswer { model, images: file.to_string() },
        other => other,
    })?;
    Ok(outputs.into_iter().collect())
}
