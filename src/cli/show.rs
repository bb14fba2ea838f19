//! `mnist show`: shows images of a dataset, a model's answers to them, and how a training changes them.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{ArgMatches, Args};
use mnist_mlp::data::Dataset;
use mnist_mlp::data::distort::Distortion;
use mnist_mlp::data::expand::VERSIONS;
use mnist_mlp::data::shift::Shift;
use mnist_mlp::engine::Machine;
use mnist_mlp::mistakes::mistakes;
use mnist_mlp::network::prediction;
use mnist_mlp::picture::Picture;
use mnist_mlp::picture::file::{is_our_png, png};
use mnist_mlp::replace_file::replace_file;
use mnist_mlp::report::{Exhibit, Gallery, Version};
use mnist_mlp::trainer::ConfigError;

use super::args::{DataArguments, QUIET_WITH_OUT, QuietArguments, Split, ViewArguments};
use super::choice::ChoiceArguments;
use super::machine::machine;
use super::member::{Member, usual_validation};
use super::outputs::{check_output, not_written};
use super::train::images::ImageArguments;
use super::usage::Usage;
use super::{Failure, idle, output, shell, split};

/// The maximum number of pixels of all images shown at once, since they are held in memory.
const MAX_PIXELS: usize = 100_000_000;

/// What options of a training do here.
const DESKEW: &str = "Show the images deskewed: straightened, and brought to one width";
const EXPAND: &str = "Show each image also moved by a pixel: shift moves it down, up, right and left";
const AUGMENT: &str = "Show each image also distorted: affine, elastic, or both as in affine,elastic";

/// Look at the images: in the terminal, or on a contact sheet.
///
/// Images are drawn as pixels on a terminal with colours, elsewhere as characters. --model adds what a model answers;
/// --augment and --expand add what training makes of the images.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  mnist show
  mnist show --label 4,9 --random --count 20
  mnist show --model model.json --mistakes
  mnist show --index 3 --augment affine,elastic
  mnist show --split train --count 100 --out sheet.png")]
#[command(mut_arg("deskew", |option| option.help(DESKEW).long_help(None)))]
#[command(mut_arg("expand", |option| option.help(EXPAND)))]
#[command(mut_arg("augment", |option| option.help(AUGMENT)))]
#[command(mut_arg("shifts", |option| option.requires("model")))]
#[command(mut_arg("quiet", |option| option.help(QUIET_WITH_OUT)))]
pub struct ShowArguments {
    #[command(flatten)]
    pub data: DataArguments,

    /// Which images [default: test; with --augment or --expand train, because only those are trained on].
    #[arg(long, value_enum)]
    pub split: Option<Split>,

    /// The last N training images are for validation [default: 10000, of fewer than 20000 images a sixth; with --model
    /// as many as in its training].
    #[arg(long, value_name = "N", conflicts_with = "model")]
    pub validation: Option<usize>,

    #[command(flatten)]
    pub choice: ChoiceArguments,

    /// Show what this model answers; deskewed images if it sees them so.
    #[arg(short, long, value_name = "MODEL", conflicts_with = "deskew")]
    pub model: Option<PathBuf>,

    /// Only images that the model gets wrong, the most confident mistakes first.
    #[arg(long, requires = "model")]
    pub mistakes: bool,

    #[command(flatten)]
    pub view: ViewArguments,

    #[command(flatten)]
    pub images: ImageArguments,

    /// With --augment: each image as the first N epochs see it; with --fade-to, as in a training of N epochs.
    #[arg(long, requires = "augment", value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u64).range(1..=1000))]
    pub epochs: u64,

    /// Show N images side by side, smaller if need be [default: as many as fit, at half the size if fewer than five].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub columns: Option<u16>,

    /// Write a PNG picture instead.
    #[arg(short, long, value_name = "FILE")]
    pub out: Option<PathBuf>,

    #[command(flatten)]
    pub quiet: QuietArguments,
}

/// Runs the command. `matches` distinguishes options that were typed from defaults.
pub fn run(arguments: &ShowArguments, matches: &ArgMatches) -> Result<(), Failure> {
    let mut treatment = Treatment::of(arguments)?;
    let split = arguments.split.unwrap_or(if treatment.versions() > 1 { Split::Train } else { Split::Test });
    check(arguments, matches, &treatment, split)?;
    let machine = machine(None)?;
    let member = arguments.model.as_deref().map(Member::read).transpose()?;
    let member = member.map(|member| member.seeing_shifts(arguments.view.shifts));
    treatment.deskew |= member.as_ref().is_some_and(Member::sees_deskewed);
    let data = load(arguments, split, member.as_ref(), machine)?;
    let mistakes = match &member {
        Some(member) if arguments.mistakes => Some(mistakes(member.outputs(&data, machine)?.view(), data.labels())),
        _ => None,
    };
    let chosen = arguments.choice.choose(&data, mistakes.as_deref(), treatment.versions(), split::name(split))?;
    let pictures = chosen.indices.len().saturating_mul(treatment.versions());
    if pictures.saturating_mul(data.image_size()) > MAX_PIXELS {
        return Err(Failure::Usage(Usage::TooMany(pictures)));
    }
    let gallery = Gallery {
        exhibits: exhibits(&data, &chosen.indices, &treatment, member.as_ref().map(|member| (member, machine)))?,
        versions: treatment.side_by_side(),
        columns: arguments.columns.map(usize::from),
        names: data.identity().classes().clone(),
    };
    let seen = split::seen(&data, split, member.as_ref().map_or(1, Member::views));
    let heading = format!(
        "{}{}\n{}",
        member.map_or_else(String::new, |member| format!("{}: {}\n", member.path, member.description())),
        seen.in_words(data.len()),
        arguments.choice.description(&chosen, arguments.mistakes),
    );
    match &arguments.out {
        Some(out) => draw(&gallery, heading, out, arguments.quiet.quiet),
        None if gallery.exhibits.is_empty() => output::result(heading + "\n"),
        None => {
            let rows = gallery.rows(output::width_of_pictures(), output::depth());
            output::lines(std::iter::once(heading).chain(rows.map(|row| format!("\n{row}"))).map(Ok))
        }
    }
}

/// Refuses options without an effect and an output file that cannot be written, before any work.
fn check(arguments: &ShowArguments, matches: &ArgMatches, treatment: &Treatment, split: Split) -> Result<(), Failure> {
    let has_chance = arguments.choice.random || treatment.distortion.is_some();
    let purposes: [idle::Purpose; 3] = [
        (&["seed"], "random or --augment", has_chance),
        (&["validation"], "split train or --split validation", matches!(split, Split::Validation | Split::Train)),
        (&["quiet"], "out", arguments.out.is_some()),
    ];
    idle::check(matches, arguments.images.purposes().into_iter().chain(purposes))?;
    let Some(out) = &arguments.out else { return Ok(()) };
    if !out.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("png")) {
        return Err(Failure::Usage(Usage::SheetName(out.display().to_string())));
    }
    check_output(out, "a picture of this program", is_our_png, not_written("picture", out))
}

/// Draws a contact sheet, and says so unless `quiet`.
fn draw(gallery: &Gallery, heading: String, out: &Path, quiet: bool) -> Result<(), Failure> {
    if gallery.exhibits.is_empty() {
        output::unless(quiet, heading + "\n")?;
        return Err(Failure::NothingToDraw(out.display().to_string()));
    }
    let saved = save(gallery, out, &heading)?;
    output::unless(quiet, saved)
}

/// The images of the split, cut as in the training of the model or, without a model, as the options ask.
fn load(
    arguments: &ShowArguments,
    split: Split,
    member: Option<&Member>,
    machine: Machine,
) -> Result<Dataset, Failure> {
    let members = member.map(std::slice::from_ref).unwrap_or_default();
    let whole = split::whole(&arguments.data, split, members, machine.threads, arguments.quiet.quiet)?;
    let Some(member) = member else {
        let validation = arguments.validation.unwrap_or_else(|| usual_validation(whole.len()));
        return Ok(split::cut(&whole, split, None, validation)?);
    };
    let data = split::cut_for(member, &whole, split)?;
    split::for_models(members, &data)
}

/// How a training changes an image.
struct Treatment<'a> {
    images: &'a ImageArguments,
    /// Whether images are deskewed first, because of the options or the model.
    deskew: bool,
    distortion: Option<Distortion>,
    seed: u64,
    epochs: u64,
}

impl<'a> Treatment<'a> {
    fn of(arguments: &'a ShowArguments) -> Result<Self, Failure> {
        let images = &arguments.images;
        let distortion = images.distortion();
        distortion.map_or(Ok(()), |distortion| distortion.check()).map_err(ConfigError::from)?;
        let epochs = if distortion.is_some() { arguments.epochs } else { 0 };
        Ok(Treatment { images, deskew: images.deskew, distortion, seed: arguments.choice.seed, epochs })
    }

    /// The number of pictures of one image, including itself.
    fn versions(&self) -> usize {
        let shifts = if self.images.expand.is_some() { VERSIONS } else { 1 };
        shifts * (1 + self.epochs as usize)
    }

    /// The number of these pictures that share a row of their own.
    fn side_by_side(&self) -> usize {
        if self.epochs > 0 { 1 + self.epochs as usize } else { self.versions() }
    }

    /// Image `index` of `data`, unchanged and as a training would change it.
    fn of_image(&self, data: &Dataset, index: usize) -> Result<Vec<Exhibit>, Failure> {
        let image = data.slice(index..index + 1);
        let image = if self.deskew { image.deskewed(1)? } else { image };
        let shifted = self.images.expand(image, 1)?;
        let mut exhibits = Vec::with_capacity(self.versions());
        for (place, shift) in Shift::within(1).into_iter().take(shifted.len()).enumerate() {
            for epoch in 0..=self.epochs {
                let image = shifted.image(place);
                let pixels = match &self.distortion {
                    Some(distortion) if epoch > 0 => {
                        let number = (index * shifted.len() + place) as u64;
                        let distortion = distortion.faded(epoch, self.epochs);
                        distortion.image(image, data.geometry(), self.seed, epoch, number)
                    }
                    _ => image.to_vec(),
                };
                let (height, width) = data.geometry();
                let picture = Picture::new(height, width, pixels).expect("images of a dataset have its geometry");
                let (label, version) = (data.label(index), Version { shift, epoch });
                // The directory is that of the class, whose name stands there anyway.
                let file = data.file(index).and_then(|file| Path::new(file).file_name());
                let file = file.map(|name| name.to_string_lossy().into_owned());
                exhibits.push(Exhibit { picture, index, label, file, version, outputs: None });
            }
        }
        Ok(exhibits)
    }
}

/// The images with these indices in all their versions, with the model's answers.
fn exhibits(
    data: &Dataset,
    indices: &[usize],
    treatment: &Treatment,
    model: Option<(&Member, Machine)>,
) -> Result<Vec<Exhibit>, Failure> {
    let versions = indices.iter().map(|&index| treatment.of_image(data, index)).collect::<Result<Vec<_>, _>>()?;
    let mut exhibits: Vec<_> = versions.into_iter().flatten().collect();
    if let Some((member, machine)) = model.filter(|_| !exhibits.is_empty()) {
        let pixels = exhibits.iter().flat_map(|exhibit| exhibit.picture.pixels()).copied().collect();
        let labels = exhibits.iter().map(|exhibit| exhibit.label as u8).collect();
        let shown = Dataset::new(pixels, labels, data.geometry(), data.classes(), data.identity().clone());
        let outputs =
            member.outputs_of_seen(&shown.expect("versions of images are images of the same kind"), machine)?;
        for (exhibit, a) in exhibits.iter_mut().zip(outputs.outer_iter()) {
            exhibit.outputs = Some(a.to_vec());
        }
    }
    Ok(exhibits)
}

/// The names of the classes that a contact sheet shows by number; empty if they have none.
fn legend(gallery: &Gallery) -> String {
    let answers = |exhibit: &Exhibit| exhibit.outputs.as_deref().map(prediction);
    let shown: BTreeSet<_> =
        gallery.exhibits.iter().flat_map(|exhibit| [Some(exhibit.label), answers(exhibit)]).flatten().collect();
    let named = shown.into_iter().filter_map(|class| Some(format!("{class} {}", gallery.names.name(class)?)));
    let named = named.collect::<Vec<_>>().join(", ");
    if named.is_empty() { named } else { format!("labels {named}\n") }
}

/// Writes the contact sheet. Returns an explanation of how to read it.
fn save(gallery: &Gallery, out: &Path, heading: &str) -> Result<String, Failure> {
    let sheet = gallery.sheet().map_err(Usage::Sheet)?;
    let bytes = png(&sheet);
    replace_file(out, |file| file.write_all(&bytes)).map_err(not_written("picture", out))?;
    let answers = gallery.exhibits.iter().any(|exhibit| exhibit.outputs.is_some());
    let answers = if answers { ", and after > the answer" } else { "" };
    let versions = if gallery.versions > 1 { "; arrows are shifts, E1 is the first epoch" } else { "" };
    Ok(format!(
        "{heading}\n\nsaved  {}, {} x {} pixels; below each image its number and label, as in 17:4{answers}{versions}\n{}",
        shell::quoted(out.as_os_str()),
        sheet.width(),
        sheet.height(),
        legend(gallery)
    ))
}
