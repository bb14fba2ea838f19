//! `mnist plot`: draws learning curves from saved files.

use std::ffi::OsStr;
use std::io::{self, Read, Write};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use clap::Args;
use mnist_mlp::model::{ModelError, Monitor, UNQUESTIONED_SIZE, read_model_file};
use mnist_mlp::picture::file::is_our_png;
use mnist_mlp::replace_file::replace_file;
use mnist_mlp::report::plot::{Against, Choice, Figure, Run, Scale, Theme, learning_curves};

use super::args::{QUIET_WITH_OUT, QuietArguments, one_of};
use super::outputs::{check_output, not_written};
use super::usage::Usage;
use super::{Failure, output, shell};

/// Draw learning curves from model files, logs, or what slowdown prints.
///
/// For one run, everything that was monitored is drawn: costs and accuracies. Several runs are overlaid; the legend
/// says what differs between them, and the title what they have in common.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  mnist plot model.json                     # in the terminal
  mnist plot model.json -o curves.svg
  mnist plot a.json b.json --metric evaluation-accuracy --epochs 5-30 -o compare.png
  mnist plot size-*.json --x train-size --log-x -o sizes.svg
  mnist plot run.jsonl --log-y
  mnist slowdown --cost quadratic --weight 2 --bias 2 --eta 0.15 --epochs 300 | mnist plot -")]
#[command(mut_arg("quiet", |option| option.help(QUIET_WITH_OUT)))]
pub struct PlotArguments {
    /// A model file, a log of train --log, or the CSV of slowdown; the content says which. '-' is standard input.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    /// Write a picture to FILE, .svg or .png, instead of drawing in the terminal.
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,

    /// What to draw [default: all that was monitored].
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = one_of(Monitor::ALL, Monitor::name))]
    metric: Vec<Monitor>,

    /// What to put on the horizontal axis. Against a setting, each model is one point: what it had reached at the epoch
    /// that it holds.
    ///
    /// Models with the same value go on different curves if they differ in any other setting but the seed; for several
    /// seeds the mean is drawn.
    #[arg(long, value_parser = one_of(Against::ALL, Against::name), default_value = Against::Epoch.name())]
    x: Against,

    /// With --x epoch: draw these epochs only, as in 10-40, 10- or -40.
    #[arg(long, value_name = "A-B", value_parser = epochs, allow_hyphen_values = true)]
    epochs: Option<RangeInclusive<usize>>,

    /// Make the horizontal axis logarithmic.
    #[arg(long)]
    log_x: bool,

    /// Make the vertical axis logarithmic.
    #[arg(long)]
    log_y: bool,

    #[command(flatten)]
    quiet: QuietArguments,
}

pub fn run(arguments: &PlotArguments) -> Result<(), Failure> {
    if arguments.epochs.is_some() && arguments.x != Against::Epoch {
        return Err(Failure::Usage(Usage::Idle { option: "epochs", of: "x epoch" }));
    }
    let quiet = arguments.quiet.quiet;
    if quiet && arguments.out.is_none() {
        return Err(Failure::Usage(Usage::Idle { option: "quiet", of: "out" }));
    }
    let target = arguments.out.as_deref().map(Target::of).transpose()?;
    let runs = arguments.files.iter().map(|path| read(path, &arguments.files)).collect::<Result<Vec<_>, _>>()?;
    let figure = learning_curves(&runs, &choice(arguments)).map_err(Failure::Plot)?;
    for words in figure.left_out() {
        output::warning(words);
    }
    if !quiet {
        figure.notes.iter().for_each(output::note);
    }
    match target {
        Some(target) => {
            target.write(&figure)?;
            output::unless(quiet, format_args!("saved  {}\n", shell::quoted(target.path.as_os_str())))
        }
        None => output::result(figure.text(output::width_of_pictures().min(WIDEST), output::is_coloured())),
    }
}

/// The maximum width of a plot in the terminal; a wider one is no better.
const WIDEST: usize = 100;

/// The name of a run from standard input.
const STANDARD_INPUT: &str = "standard input";

const TOO_LONG: &str = "it is longer than 128 MiB; name the file instead of piping it";

/// Reads a run from a file or, for "-", from standard input. It is named after the file, or by the whole path if
/// another of `files` has the same name.
fn read(path: &Path, files: &[PathBuf]) -> Result<Run, Failure> {
    if path == Path::new("-") {
        let mut text = Vec::new();
        let read = io::stdin().lock().take(UNQUESTIONED_SIZE + 1).read_to_end(&mut text);
        let path = PathBuf::from(STANDARD_INPUT);
        let read = read.and_then(|length| match length as u64 {
            ..=UNQUESTIONED_SIZE => Ok(()),
            _ => Err(io::Error::new(io::ErrorKind::FileTooLarge, TOO_LONG)),
        });
        read.map_err(|error| Failure::ModelFile(ModelError::Read { path: path.clone(), error }))?;
        return Run::read(STANDARD_INPUT, &text)
            .map_err(|error| Failure::NoRun { path: path.display().to_string(), error });
    }
    let text = read_model_file(path).map_err(Failure::ModelFile)?;
    Run::read(&name(path, files), &text).map_err(|error| Failure::NoRun { path: path.display().to_string(), error })
}

/// The name of the run in a file.
fn name(path: &Path, files: &[PathBuf]) -> String {
    let name = short_name(path);
    let is_alone = files.iter().filter(|other| short_name(other) == name).count() == 1;
    if is_alone { name } else { path.to_string_lossy().into_owned() }
}

/// The name of a file without an extension of this program. (In `eta-0.25`, the part after the dot belongs to a
/// number.)
fn short_name(path: &Path) -> String {
    let is_ours = |ending: &OsStr| ["json", "jsonl", "csv"].iter().any(|ours| ending.eq_ignore_ascii_case(ours));
    let name = if path.extension().is_some_and(is_ours) { path.file_stem() } else { path.file_name() };
    name.unwrap_or_default().to_string_lossy().into_owned()
}

fn choice(arguments: &PlotArguments) -> Choice {
    let scale = |log: bool| if log { Scale::Log } else { Scale::Linear };
    Choice {
        metrics: arguments.metric.clone(),
        against: arguments.x,
        epochs: arguments.epochs.clone().unwrap_or(0..=usize::MAX),
        x: scale(arguments.log_x),
        y: scale(arguments.log_y),
    }
}

/// Parses "10-40", "10-", "-40" or "10".
fn epochs(text: &str) -> Result<RangeInclusive<usize>, String> {
    let number = |text: &str, open: usize| match text {
        "" => Ok(open),
        _ => text.parse::<usize>().map_err(|_| format!("'{text}' is not an epoch")),
    };
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last) = (number(first, 0)?, number(last, usize::MAX)?);
    if text.chars().any(|c| c.is_ascii_digit()) && first <= last {
        Ok(first..=last)
    } else {
        Err("give a first and a last epoch, as in 10-40".to_string())
    }
}

/// A picture file to write.
struct Target<'a> {
    path: &'a Path,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Svg,
    Png,
}

impl<'a> Target<'a> {
    /// The target that the file name asks for. A file that this program did not write is refused.
    fn of(path: &'a Path) -> Result<Self, Failure> {
        let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
        let kind = match extension.as_deref() {
            Some("svg") => Kind::Svg,
            Some("png") => Kind::Png,
            _ => return Err(Failure::Usage(Usage::PictureName(path.display().to_string()))),
        };
        let is_ours = |start: &[u8]| match kind {
            Kind::Svg => start.starts_with(Figure::SVG_START.as_bytes()),
            Kind::Png => is_our_png(start),
        };
        let target = Target { path, kind };
        check_output(path, "a picture of this program", is_ours, not_written("picture", path))?;
        Ok(target)
    }

    fn write(&self, figure: &Figure) -> Result<(), Failure> {
        let bytes = match self.kind {
            Kind::Svg => figure.svg(Theme::Paper).into_bytes(),
            Kind::Png => figure.png(),
        };
        replace_file(self.path, |file| file.write_all(&bytes)).map_err(not_written("picture", self.path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_different_names_are_called_differently() {
        let names = |files: &[&str]| {
            let files: Vec<_> = files.iter().map(PathBuf::from).collect();
            files.iter().map(|path| name(path, &files)).collect::<Vec<_>>()
        };
        assert_eq!(names(&["runs/a.json", "b.JSONL", "c.csv"]), ["a", "b", "c"]);
        assert_eq!(names(&["eta-0.25", "logs/eta-0.025", "eta-0.5.json"]), ["eta-0.25", "eta-0.025", "eta-0.5"]);
        assert_eq!(names(&["b.json", "b.jsonl", "c.json"]), ["b.json", "b.jsonl", "c"]);
        assert_eq!(names(&["x/run.json", "y/run.json"]), ["x/run.json", "y/run.json"]);
    }
}
