//! The training and evaluation images of a training.

use mnist_mlp::data::known::are_pictures;
use mnist_mlp::data::source::SourceError;
use mnist_mlp::data::splits::{self, Portion};
use mnist_mlp::data::{Classes, Dataset, Part};

use super::arguments::{EvaluateOn, TrainArguments};
use super::images::ExpandName;
use crate::cli::args::DataArguments;
use crate::cli::member::{DEFAULT_VALIDATION, usual_validation};
use crate::cli::{Failure, dataset, output, pixels, split};

/// Which images are for training, and which for evaluation.
pub struct Choice {
    pub train_size: Option<usize>,
    pub validation: Option<usize>,
    pub evaluate_on: EvaluateOn,
    pub deskew: bool,
    pub expand: Option<ExpandName>,
}

impl Choice {
    fn of(arguments: &TrainArguments, deskew: bool) -> Self {
        let TrainArguments { train_size, validation, evaluate_on, .. } = *arguments;
        Choice { train_size, validation, evaluate_on, deskew, expand: arguments.images.expand }
    }
}

/// The images for training and for evaluation.
pub struct Task {
    /// The name of the dataset, before expansion.
    pub dataset: String,
    pub training: Dataset,
    pub evaluation: Dataset,
    /// What was noticed before the training began, to be printed by whoever speaks for all.
    pub warnings: Vec<String>,
    /// Whether there are test images.
    pub has_test: bool,
    /// How many training images were set aside for validation.
    pub n_validation: usize,
    /// The name of the evaluation set.
    pub evaluated_on: &'static str,
    /// Whether all images were deskewed.
    pub is_deskewed: bool,
}

impl Task {
    /// The images for which the arguments of a training ask, deskewed if `deskew` is set.
    pub fn of(arguments: &TrainArguments, deskew: bool, portion: Portion, threads: usize) -> Result<Self, Failure> {
        let task = Self::load(&arguments.data, arguments.quiet, &Choice::of(arguments, deskew), portion, threads);
        task.map_err(|failure| match failure {
            Failure::Memory(error) | Failure::Source(SourceError::TooMany(error)) => Failure::TrainSize(error),
            other => other,
        })
    }

    /// Loads the images. Those outside the portion may be blank.
    pub fn load(
        data: &DataArguments,
        quiet: bool,
        choice: &Choice,
        portion: Portion,
        threads: usize,
    ) -> Result<Self, Failure> {
        let source = dataset::source(data, quiet)?;
        let warnings = if quiet { dataset::warning(data).into_iter().collect() } else { Vec::new() };
        let wanted = choice.train_size.map_or(0, |n| n.saturating_add(choice.validation.unwrap_or(DEFAULT_VALIDATION)));
        let n_validation = |total| choice.validation.unwrap_or_else(|| usual_validation(total));
        let looked_at = |total| match splits::ranges(total, choice.train_size, n_validation(total)) {
            // With expansion, all training images are needed: the expanded set is divided into portions afterwards.
            Ok((training, validation)) if choice.expand.is_some() => vec![training, portion.of(validation)],
            Ok((training, validation)) => vec![portion.of(training), portion.of(validation)],
            Err(_) => Vec::new(), // which is about to be reported
        };
        let all = source.load_wanted((wanted, &looked_at), Part::Training, threads)?;
        let n_validation = n_validation(all.len());
        let (training, validation) = splits::split(&all, choice.train_size, n_validation)?;
        let (dataset, has_test) = (training.identity().name().to_string(), all.has_other_part());
        let deskewed = |images: Dataset| if choice.deskew { images.deskewed(threads) } else { Ok(images) };
        let training = ExpandName::apply(choice.expand, deskewed(training)?, threads)?;
        let (evaluation, evaluated_on) = match choice.evaluate_on {
            EvaluateOn::Validation => (validation, "validation"),
            EvaluateOn::Test => (
                source.load_wanted(
                    (0, &|total| std::iter::once(portion.of(0..total)).collect()),
                    Part::Test,
                    threads,
                )?,
                "test",
            ),
        };
        if evaluation.geometry() != training.geometry() {
            return Err(Failure::Geometry(evaluation.geometry(), training.geometry()));
        }
        let evaluation = deskewed(evaluation)?;
        let is_deskewed = choice.deskew;
        Ok(Task { dataset, training, evaluation, warnings, has_test, n_validation, evaluated_on, is_deskewed })
    }

    /// What to add to `mnist eval` so that it has images: nothing if there are test images. `None` if it has none at all.
    pub fn split_to_evaluate(&self) -> Option<&'static str> {
        match (self.has_test, self.n_validation) {
            (true, _) => Some(""),
            (false, 0) => None,
            (false, _) => Some(" --split validation"),
        }
    }

    /// The same images, with the labels and class names of the model in `path` from which the training starts.
    pub fn in_classes(&self, classes: &Classes, path: &str) -> Result<Self, Failure> {
        let in_classes = |data| split::in_classes(data, classes, path);
        let (training, evaluation) = (in_classes(&self.training)?, in_classes(&self.evaluation)?);
        let (dataset, warnings) = (self.dataset.clone(), self.warnings.clone());
        Ok(Task { dataset, training, evaluation, warnings, ..*self })
    }

    /// Warns of images that can be trained on, but are probably not what the user intended. Notes are omitted if
    /// `quiet`.
    pub fn warn(&self, quiet: bool) {
        let Task { dataset, training, evaluation, evaluated_on, .. } = self;
        if evaluation.identity().name() != dataset {
            let found = evaluation.identity();
            output::warning(format_args!("the {evaluated_on} images are not those of {dataset}: they are {found}"));
        }
        self.warnings.iter().for_each(output::warning);
        let counts = counts(training);
        warn_of_labels(training, &counts);
        if !quiet && count_from_1(&counts) {
            output::note(
                "no image has the label 0, so output 0 has nothing to learn: subtract 1 from labels that start at 1",
            );
        }
        let is_told = *evaluated_on == "validation" && warn_of_order(&counts, evaluation);
        if !quiet && !is_told {
            note_of_classes(training, &counts);
        }
        pixels::warn(training);
    }
}

/// Whether the labels appear to count from 1: there are images of every class but 0.
fn count_from_1(counts: &[usize]) -> bool {
    counts[0] == 0 && counts.len() > 2 && counts[1..].iter().all(|&n| n > 0)
}

/// The name of a class of these images.
fn called(images: &Dataset, class: usize) -> String {
    images.identity().classes().of(class)
}

/// Number of images of each label.
fn counts(data: &Dataset) -> Vec<usize> {
    let mut counts = vec![0; data.classes()];
    data.labels().iter().for_each(|&label| counts[usize::from(label)] += 1);
    counts
}

/// Warns of validation images whose labels differ from those of the training images, as if the file were sorted by
/// label, and returns whether it did. `trained` holds the number of training images of each label.
fn warn_of_order(trained: &[usize], validation: &Dataset) -> bool {
    let advice = if are_pictures(validation.identity().name()) {
        "set more aside with --validation"
    } else {
        "is the file sorted by label? shuffle its rows"
    };
    let watched = counts(validation);
    let there = trained.iter().filter(|&&n| n > 0).count();
    if are_too_few(trained) {
        return false;
    }
    let is_new = |class: &usize| trained[*class] == 0 && watched[*class] > 0;
    let new: Vec<_> = (0..watched.len()).filter(is_new).collect();
    // A class with few images may be missing by chance.
    if !new.is_empty() && 10 * new.iter().map(|&class| watched[class]).sum::<usize>() >= validation.len() {
        let names = new.iter().map(|&class| called(validation, class)).collect::<Vec<_>>().join(", ");
        let (classes, have) = if new.len() == 1 { ("class", "has") } else { ("classes", "have") };
        output::warning(format_args!(
            "{classes} {names} of the validation images {have} no image to train on: {advice}"
        ));
        true
    } else if there > 1 && validation.len() > 10 && watched.contains(&validation.len()) {
        let class = called(validation, validation.label(0));
        output::warning(format_args!("the validation images are all of class {class}: {advice}"));
        true
    } else {
        false
    }
}

/// Whether there are so few images, as `counts` has it for each label, that some labels may be missing by chance.
fn are_too_few(counts: &[usize]) -> bool {
    let there = counts.iter().filter(|&&n| n > 0).count();
    counts.iter().sum::<usize>() <= 10 * there
}

/// The most classes that a note names.
const NAMED: usize = 10;

/// Tells which classes have no image to train on, if they are the fewer.
fn note_of_classes(training: &Dataset, counts: &[usize]) {
    let missing: Vec<_> = (0..counts.len()).filter(|&class| counts[class] == 0).collect();
    if missing.is_empty() || 2 * missing.len() > counts.len() || are_too_few(counts) || count_from_1(counts) {
        return; // otherwise there is nothing to tell, or it has been told
    }
    let mut names: Vec<_> = missing.iter().take(NAMED).map(|&class| called(training, class)).collect();
    if missing.len() > NAMED {
        names.push(format!("{} more", missing.len() - NAMED));
    }
    let last = names.pop().expect("a class is missing");
    let (classes, have, they_are) =
        if missing.len() == 1 { ("class", "has", "it is") } else { ("classes", "have", "they are") };
    let names = if names.is_empty() { last } else { format!("{} and {last}", names.join(", ")) };
    output::note(format_args!("{classes} {names} {have} no image to train on, so {they_are} not learned"));
}

/// Warns of labels that are probably wrong; `counts` holds the number of images of each label.
fn warn_of_labels(training: &Dataset, counts: &[usize]) {
    let classes = counts.len();
    let there = counts.iter().filter(|&&n| n > 0).count();
    if are_too_few(counts) {
        return;
    }
    if there == 1 {
        output::warning(format_args!(
            "all images to train on have the label {}: {}",
            called(training, training.label(0)),
            if are_pictures(training.identity().name()) {
                "each class needs a directory of its own"
            } else {
                "are their labels where they are looked for, in a CSV file in the first column?"
            }
        ));
    } else if 2 * there < classes {
        output::warning(format_args!(
            "{} of the {classes} classes{} have no image to train on: are the labels as they should be?",
            classes - there,
            if training.identity().classes().is_empty() { format!(", 0 to {},", classes - 1) } else { String::new() }
        ));
    }
}
