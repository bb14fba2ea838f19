//! `mnist eval`: how well a saved model does, or several together.

use std::path::PathBuf;

use mnist_mlp::committee::Committee;
use mnist_mlp::data::Dataset;
use mnist_mlp::report::{CommitteeReport, EvaluationReport};

use super::args::{EvalArguments, Format, Split};
use super::machine::machine;
use super::member::Member;
use super::{Failure, output, split};

pub fn run(arguments: &EvalArguments) -> Result<(), Failure> {
    warn_of_repetition(&arguments.models);
    let members = arguments.models.iter().map(|path| Member::read(path)).collect::<Result<Vec<_>, _>>()?;
    let machine = machine(None)?;
    let data = load(arguments, &members, machine.threads)?;
    split::warn_of_other_data(&members, &data);
    let evaluations = members.iter().map(|member| member.evaluate(&data, machine)).collect::<Result<Vec<_>, _>>()?;
    let alone = members.len() == 1;
    let report = |(member, evaluation): (&Member, _)| EvaluationReport {
        model: member.path.clone(),
        description: if alone { member.description() } else { member.network() },
        dataset: data.identity().to_string(),
        split: split::name(arguments.split),
        lambda: member.lambda(),
        regularization: member.regularization(data.len()),
        evaluation,
    };
    let reports: Vec<_> = members.iter().zip(&evaluations).map(report).collect();
    let json = arguments.format == Format::Json;
    if let [report] = &reports[..] {
        return output::result(if json { report.json() } else { report.text(output::width()) });
    }
    let mut committee = Committee::on(data.clone());
    members.iter().try_for_each(|member| member.join(&mut committee, machine))?;
    let report = CommitteeReport {
        members: reports,
        committee: &committee.evaluate(),
        dataset: data.identity().to_string(),
        split: split::name(arguments.split),
    };
    output::result(if json { report.json() } else { report.text(output::width()) })
}

/// The images of the split, cut as they were when the models were trained.
fn load(arguments: &EvalArguments, members: &[Member], threads: usize) -> Result<Dataset, Failure> {
    let whole = split::whole(&arguments.data, arguments.split, members, threads)?;
    let (first, others) = members.split_first().expect("clap demands a model");
    others.iter().try_for_each(|other| check_same_images(arguments.split, first, other, whole.len()))?;
    split::cut_for(first, whole, arguments.split)
}

/// Two models may have been trained on other numbers of images, as long as this split of them has the same images: of
/// `images` the last ones for validation, the first ones to train on.
fn check_same_images(split: Split, first: &Member, other: &Member, images: usize) -> Result<(), Failure> {
    let n = |member: &Member| match split {
        Split::Test => images,
        Split::Validation => member.validation(),
        Split::Train => member.train_size().unwrap_or(images.saturating_sub(member.validation())),
    };
    if n(other) == n(first) {
        return Ok(());
    }
    Err(Failure::SplitsDiffer {
        split: split::name(split),
        first: (first.path.clone(), n(first)),
        other: (other.path.clone(), n(other)),
    })
}

/// A model that is named twice has two votes: hardly ever what was meant, and easily typed with a `*`.
fn warn_of_repetition(paths: &[PathBuf]) {
    let file = |path: &PathBuf| path.canonicalize().unwrap_or_else(|_| path.clone());
    let files: Vec<_> = paths.iter().map(file).collect();
    for (i, path) in paths.iter().enumerate() {
        if files[..i].contains(&files[i]) {
            output::warning(format_args!("{} is named more than once and has a vote each time", path.display()));
        }
    }
}
