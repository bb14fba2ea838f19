//! `mnist eval`: evaluates one or several saved models.

use std::path::{Path, PathBuf};

use clap::Args;
use mnist_mlp::committee::Committee;
use mnist_mlp::data::Dataset;
use mnist_mlp::engine::Machine;
use mnist_mlp::replace_file::replace_file;
use mnist_mlp::report::{ANSWERS_START, CommitteeReport, EvaluationReport, answers};
use ndarray::Array2;

use super::args::{DataArguments, Format, Split, ViewArguments};
use super::machine::machine;
use super::member::Member;
use super::outputs::{check_output, not_written};
use super::{Failure, output, split};

/// Evaluate a saved model: accuracy, cost, confusion matrix, figures per class.
///
/// Several models are evaluated each alone and as a committee, whose output is the mean of their outputs.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  mnist eval model.json
  mnist eval model.json --split validation
  mnist eval model.json --format json | jq .accuracy
  mnist eval model.json --answers answers.csv
  mnist eval seed-*.json
  mnist eval distorted.json --shifts 2
  mnist eval a.json b.json --format json | jq .committee.accuracy")]
pub struct EvalArguments {
    /// A model file, ours or network2.py's; several make a committee.
    ///
    /// They may differ in hidden layers, cost and precision, but not in the number of outputs, nor in the images that
    /// --split validation or --split train gives them. Outputs are averaged as they are, whether softmax or sigmoid. A
    /// committee has no cost.
    #[arg(required = true, value_name = "MODEL")]
    pub models: Vec<PathBuf>,

    #[command(flatten)]
    pub data: DataArguments,

    /// Which images.
    #[arg(long, value_enum, default_value_t)]
    pub split: Split,

    #[command(flatten)]
    pub view: ViewArguments,

    /// How to print the result.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,

    /// Also write the answer to each image to FILE, as CSV: index, label, answer and all outputs.
    ///
    /// Classes that have names, and images that each have a file of their own, add columns for these. The index counts
    /// the images of the split from 0, as in mnist show --index. Of several models, these are the answers of the
    /// committee.
    #[arg(long, value_name = "FILE")]
    pub answers: Option<PathBuf>,
}

pub fn run(arguments: &EvalArguments) -> Result<(), Failure> {
    arguments.answers.as_deref().map_or(Ok(()), check)?;
    let members = Member::read_all(&arguments.models)?;
    let members: Vec<_> = members.into_iter().map(|member| member.seeing_shifts(arguments.view.shifts)).collect();
    let machine = machine(None)?;
    let data = split::in_common(&arguments.data, arguments.split, &members, machine.threads)?;
    let data = split::for_models(&members, &data)?;
    let result = match &members[..] {
        [member] => of_one(member, &data, machine, arguments)?,
        _ => of_several(&members, &data, machine, arguments)?,
    };
    output::result(result)
}

/// The result of a single model.
fn of_one(member: &Member, data: &Dataset, machine: Machine, arguments: &EvalArguments) -> Result<String, Failure> {
    let evaluation = match &arguments.answers {
        None => member.evaluate(data, machine)?,
        Some(path) => {
            let (evaluation, outputs) = member.answers(data, machine)?;
            write(path, data, &outputs)?;
            evaluation
        }
    };
    let report = member.report(data, arguments.split, &evaluation);
    Ok(if arguments.format == Format::Json { report.json() } else { report.text(output::width()) })
}

/// The results of several models, each alone and all together.
fn of_several(
    members: &[Member],
    data: &Dataset,
    machine: Machine,
    arguments: &EvalArguments,
) -> Result<String, Failure> {
    let mut committee = Committee::on(data.clone());
    let mut evaluations = Vec::with_capacity(members.len());
    for member in members {
        let (evaluation, outputs) = member.answers(data, machine)?;
        member.join(&mut committee, outputs)?;
        evaluations.push(evaluation);
    }
    let report = |(member, evaluation): (&Member, _)| EvaluationReport {
        description: member.network(),
        ..member.report(data, arguments.split, evaluation)
    };
    if let Some(path) = &arguments.answers {
        write(path, data, &committee.outputs())?;
    }
    let report = CommitteeReport {
        members: members.iter().zip(&evaluations).map(report).collect(),
        committee: &committee.evaluate(),
        seen: split::seen(data, arguments.split, members[0].views()),
    };
    Ok(if arguments.format == Format::Json { report.json() } else { report.text(output::width()) })
}

/// Refuses a file that cannot be written or is not this program's, before any work.
fn check(path: &Path) -> Result<(), Failure> {
    check_output(
        path,
        "a table of answers",
        |start| start.starts_with(ANSWERS_START.as_bytes()),
        not_written("table", path),
    )
}

fn write(path: &Path, data: &Dataset, outputs: &Array2<f64>) -> Result<(), Failure> {
    replace_file(path, |file| answers(data, outputs.view(), file)).map_err(not_written("table", path))
}
