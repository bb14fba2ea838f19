//! The images of a training.

use mnist_mlp::data::source::SourceError;
use mnist_mlp::data::splits::{self, Portion};
use mnist_mlp::data::{Dataset, Part};

use super::args::{DataArguments, EvaluateOn, TrainArguments};
use super::images::ExpandName;
use super::{Failure, dataset, output};

/// Which images are learned from, and which are watched.
pub struct Choice {
    pub train_size: Option<usize>,
    pub validation: usize,
    pub evaluate_on: EvaluateOn,
    pub expand: Option<ExpandName>,
}

impl Choice {
    fn of(arguments: &TrainArguments) -> Self {
        let TrainArguments { train_size, validation, evaluate_on, .. } = *arguments;
        Choice { train_size, validation, evaluate_on, expand: arguments.images.expand }
    }
}

/// The images to learn from and those to watch.
pub struct Task {
    /// What the images are, before they are multiplied.
    pub dataset: String,
    pub training: Dataset,
    pub evaluation: Dataset,
    /// What the evaluation images are called.
    pub evaluated_on: &'static str,
}

impl Task {
    /// The images that the arguments of a training ask for.
    pub fn of(arguments: &TrainArguments, portion: Portion, threads: usize) -> Result<Self, Failure> {
        let task = Self::load(&arguments.data, arguments.quiet, &Choice::of(arguments), portion, threads);
        task.map_err(|failure| match failure {
            Failure::Memory(error) | Failure::Source(SourceError::TooMany(error)) => Failure::TrainSize(error),
            other => other,
        })
    }

    /// Those outside the portion may be blank.
    pub fn load(
        data: &DataArguments,
        quiet: bool,
        choice: &Choice,
        portion: Portion,
        threads: usize,
    ) -> Result<Self, Failure> {
        let source = dataset::source(data, quiet)?;
        let wanted = choice.train_size.map_or(0, |n| n.saturating_add(choice.validation));
        let looked_at = |total| match splits::ranges(total, choice.train_size, choice.validation) {
            // What is made of the images is cut afterwards.
            Ok((training, validation)) if choice.expand.is_some() => vec![training, portion.of(validation)],
            Ok((training, validation)) => vec![portion.of(training), portion.of(validation)],
            Err(_) => Vec::new(), // which is about to be reported
        };
        let all = source.load_wanted((wanted, &looked_at), Part::Training, threads)?;
        let (training, validation) = splits::split(&all, choice.train_size, choice.validation)?;
        let dataset = training.identity().name().to_string();
        let training = ExpandName::apply(choice.expand, training, threads)?;
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
        Ok(Task { dataset, training, evaluation, evaluated_on })
    }

    /// Warns of images that can be trained on, but hardly as somebody meant to.
    pub fn warn(&self) {
        let Task { dataset, training, evaluation, evaluated_on } = self;
        if evaluation.identity().name() != dataset {
            let found = evaluation.identity();
            output::warning(format_args!("the {evaluated_on} images are not those of {dataset}: they are {found}"));
        }
        warn_of_labels(training);
        // Who has 1 for full ink in whole numbers. Of other images, few pixels are looked at.
        if training.pixels().iter().all(|&pixel| pixel <= 1) && training.pixels().contains(&1) {
            output::warning("no pixel of these images is above 1 of 255: if 1 is full ink, multiply them by 255");
        }
    }
}

/// Warns of labels that can hardly be the right ones.
fn warn_of_labels(training: &Dataset) {
    let classes = training.classes();
    let mut is_there = vec![false; classes];
    training.labels().iter().for_each(|&label| is_there[usize::from(label)] = true);
    let there = is_there.iter().filter(|is_there| **is_there).count();
    if training.len() <= 10 * there {
        return; // so few images need not have all labels
    }
    if there == 1 {
        output::warning(format_args!(
            "all images to train on have the label {}: are their labels where they are looked for, in a CSV file in the \
            first column?",
            training.labels()[0]
        ));
    } else if 2 * there < classes {
        output::warning(format_args!(
            "{} of the {classes} classes, 0 to {}, have no image to train on: are the labels as they should be?",
            classes - there,
            classes - 1
        ));
    }
}
