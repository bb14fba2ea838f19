//! `mnist predict`: recognizes the digit in a picture.

use std::ffi::OsStr;
use std::fs::File;
use std::io::stdin;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use clap::Args;
use mnist_mlp::data::known::are_in_mnists_form;
use mnist_mlp::data::source::SourceError;
use mnist_mlp::data::unlabelled::{self, Unlabelled};
use mnist_mlp::data::{Dataset, Identity, Part};
use mnist_mlp::engine::Machine;
use mnist_mlp::picture::Picture;
use mnist_mlp::picture::normalize::{normalized, scaled};
use mnist_mlp::picture::read::{FileError, read};
use mnist_mlp::report::{PredictionReport, json_of_failure};

use super::args::{Format, ViewArguments};
use super::machine::machine;
use super::member::Member;
use super::{Failure, output, pixels};

/// Read the digits in pictures or in tables of images.
///
/// A picture is a PNG or JPEG of any size, in dark ink or in light. The digit in it is found, made light on dark, fitted
/// into a box and centred by its mass, as MNIST's are; --show prints the result. With --as-is the picture is only scaled,
/// for networks of other images. A softmax output layer answers with probabilities. The outputs of sigmoids are shown as
/// they are: each is an answer of its own, from 0 to 1, and together they need not add up to 1.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  mnist predict model.json photo.jpg
  mnist predict model.json --show photo.jpg
  mnist predict fashion.json --as-is shirt.png
  mnist predict model.json --format json scans/*.png | jq .label
  mnist predict model.json test.csv
  mnist predict model.json test.csv --format json |
    jq -rs '[\"ImageId\", \"Label\"], (.[] | [.index + 1, .name // .label]) | @csv'
  curl -s https://example.org/seven.png | mnist predict model.json -")]
pub struct PredictArguments {
    /// A model file, ours or network2.py's; for pictures, one of square images.
    pub model: PathBuf,

    /// Pictures of one digit each, PNG or JPEG ('-' reads one from standard input), or tables of images: CSV, IDX, .npz.
    ///
    /// The images of a table are taken as they are: pixels from 0 to 255, light on dark, numbered from 0. Labels beside
    /// them are not looked at ('mnist eval' does that). Of an archive, x_test is answered.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,

    /// Only scale the pictures, which must be square: find no digit, centre nothing, turn no dark into light.
    ///
    /// For networks of other images than MNIST's. A white pixel is 255 to the network and a black one 0, as in the data
    /// that it was trained on.
    #[arg(long)]
    pub as_is: bool,

    #[command(flatten)]
    pub view: ViewArguments,

    /// Print what the network saw, and all its outputs.
    #[arg(long, conflicts_with = "format")]
    pub show: bool,

    /// How to print the answers; json has a line for each picture, also for one without an answer.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

pub fn run(arguments: &PredictArguments) -> Result<(), Failure> {
    let member = Member::read(&arguments.model)?.seeing_shifts(arguments.view.shifts);
    if member.classes() < 2 {
        return Err(Failure::OneOutput(member.path));
    }
    let (mut failed, mut is_noted) = (0, arguments.as_is);
    for file in &arguments.files {
        let answered = match table(&member, file) {
            Ok(Some(images)) => answer_table(arguments, &member, file, &images),
            Ok(None) => {
                if !std::mem::replace(&mut is_noted, true) {
                    note_other_form(&member);
                }
                answer_picture(arguments, &member, file)
            }
            Err(failure) => Err(failure),
        };
        match answered {
            Ok(ControlFlow::Continue(())) => {}
            Ok(ControlFlow::Break(())) => return Ok(()),
            Err(failure) => {
                if arguments.format == Format::Json {
                    output::result(json_of_failure(&file.display().to_string(), &failure.to_string()))?;
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

/// The images of a file that holds many; `None` if it is to be a picture.
fn table(member: &Member, file: &Path) -> Result<Option<Dataset>, Failure> {
    if file.as_os_str() == OsStr::new("-") {
        return Ok(None);
    }
    let no_shape = |need| Failure::NoShape { file: file.display().to_string(), inputs: member.inputs(), need };
    let Some(Unlabelled { pixels, geometry }) = unlabelled::read(file, member.inputs())? else { return Ok(None) };
    let square = || side(member).ok().map(|side| (side, side));
    let geometry = match geometry.or_else(|| member.image()).or_else(square) {
        None if member.sees_deskewed() => return Err(no_shape("who deskews them")),
        None if member.views() > 1 => return Err(no_shape("--shifts")),
        None => (1, member.inputs()),
        Some(geometry) => member.shape_for(geometry)?,
    };
    let name = file.display().to_string();
    // The labels are unknown, and not used.
    let labels = vec![0; pixels.len() / member.inputs()];
    let images = Dataset::new(pixels, labels, geometry, 2, Identity::named(&name));
    images.map(Some).map_err(|problem| {
        Failure::Source(SourceError::Dataset { path: file.to_path_buf(), part: Part::Test, problem })
    })
}

/// Prints the answers to all images of a table, numbered from 0. Breaks if nobody reads on.
fn answer_table(
    arguments: &PredictArguments,
    member: &Member,
    file: &Path,
    images: &Dataset,
) -> Result<ControlFlow<()>, Failure> {
    pixels::warn(images);
    let machine = machine(None)?;
    let seen = member.seen(images, machine)?;
    let outputs = member.outputs_of_seen(&seen, machine)?;
    let (name, (height, width)) = (file.display().to_string(), images.geometry());
    for (index, outputs) in outputs.outer_iter().enumerate() {
        let picture = Picture::new(height, width, seen.image(index).to_vec()).expect("an image has all its pixels");
        if print(arguments, member, (&name, Some(index)), &outputs.to_vec(), &picture)?.is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}

/// Prints the answer to a picture. Breaks if nobody reads on.
fn answer_picture(arguments: &PredictArguments, member: &Member, file: &Path) -> Result<ControlFlow<()>, Failure> {
    let picture = read_picture(file, side(member)?, arguments.as_is)?;
    let name = file.display().to_string();
    let (outputs, seen) = answered(member, (&name, &picture), machine(Some(1))?)?;
    print(arguments, member, (&name, None), &outputs, &seen)
}

/// Prints the answer to an image, as the network has `seen` it. Breaks if nobody reads on.
fn print(
    arguments: &PredictArguments,
    member: &Member,
    (file, index): (&str, Option<usize>),
    outputs: &[f64],
    seen: &Picture,
) -> Result<ControlFlow<()>, Failure> {
    let (layer, names) = (member.output_layer(), &member.class_names());
    let report = PredictionReport { file, index, views: member.views(), outputs, layer, names };
    output::piece(match arguments.format {
        Format::Json => report.json(),
        Format::Text if arguments.show => report.with_picture(seen, output::width_of_pictures(), output::depth()),
        Format::Text => report.text(),
    })
}

/// Height and width of the pictures that the model takes; an error if it takes no squares.
fn side(member: &Member) -> Result<usize, Failure> {
    let not_square = |of| Failure::NotSquare { path: member.path.clone(), of };
    if let Some((height, width)) = member.image() {
        return Err(not_square(format!("images of {height} x {width} pixels")));
    }
    let side = member.inputs().isqrt();
    if side * side == member.inputs() { Ok(side) } else { Err(not_square(format!("{} inputs", member.inputs()))) }
}

/// Notes how pictures are changed, if the network was trained on images that may look different.
fn note_other_form(member: &Member) {
    if let Some(dataset) = member.datasets().into_iter().find(|name| !are_in_mnists_form(name)) {
        output::note(format_args!(
            "pictures are brought into the form of MNIST's digits, but {} was trained on {dataset}: if these fill their \
            frames, or are no digits, use --as-is, which only scales",
            member.path
        ));
    }
}

/// Reads a picture and brings its digit into MNIST's form, or only scales it.
fn read_picture(file: &Path, side: usize, as_is: bool) -> Result<Picture, Failure> {
    let (picture, path) = if file.as_os_str() == OsStr::new("-") {
        (read(stdin().lock()), "standard input".to_string())
    } else {
        (File::open(file).map_err(FileError::from).and_then(read), file.display().to_string())
    };
    match picture {
        Ok(picture) if as_is => {
            let (width, height) = (picture.width(), picture.height());
            scaled(&picture, side).ok_or(Failure::PictureNotSquare { path, width, height })
        }
        Ok(picture) => normalized(&picture, side).map_err(|error| Failure::NoDigit { path, error }),
        Err(FileError::Format) => Err(Failure::NoPicture(path)),
        Err(error) => Err(Failure::File { path, error }),
    }
}

/// The network's output for a picture, a^L, (n_L), and the picture as the network saw it, deskewed if need be.
fn answered(
    member: &Member,
    (file, picture): (&str, &Picture),
    machine: Machine,
) -> Result<(Vec<f64>, Picture), Failure> {
    let (height, width) = (picture.height(), picture.width());
    // The label is unknown, and not used.
    let data = Dataset::new(picture.pixels().to_vec(), vec![0], (height, width), 2, Identity::named("a picture"));
    let data = data.expect("one image, one label");
    let seen = member.seen(&data, machine)?;
    let outputs = member.outputs_of_seen(&seen, machine).map_err(|failure| match failure {
        Failure::NoAnswer { model, .. } => Failure::NoAnswer { model, images: file.to_string() },
        other => other,
    })?;
    let seen = Picture::new(height, width, seen.pixels().to_vec()).expect("deskewing keeps the size");
    Ok((outputs.into_iter().collect(), seen))
}
