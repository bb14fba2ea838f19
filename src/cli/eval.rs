//! `mnist eval`: how well a saved model does, or several together.

use std::path::PathBuf;

use mnist_mlp::committee::Committee;
use mnist_mlp::report::{CommitteeReport, EvaluationReport};

use super::args::{EvalArguments, Format};
use super::machine::machine;
use super::member::Member;
use super::{Failure, output, split};

pub fn run(arguments: &EvalArguments) -> Result<(), Failure> {
    warn_of_repetition(&arguments.models);
    let members = arguments.models.iter().map(|path| Member::read(path)).collect::<Result<Vec<_>, _>>()?;
    let machine = machine(None)?;
    let data = split::in_common(&arguments.data, arguments.split, &members, machine.threads)?;
    split::warn_of_other_data(&members, &data);
    let evaluations = members.iter().map(|member| member.evaluate(&data, machine)).collect::<Result<Vec<_>, _>>()?;
    let alone = members.len() == 1;
    let report = |(member, evaluation): (&Member, _)| EvaluationReport {
        description: if alone { member.description() } else { member.network() },
        ..member.report(&data, arguments.split, evaluation)
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

/// A model that is named twice has two votes: hardly ever what was meant, and easily typed with a `*`.
pub fn warn_of_repetition(paths: &[PathBuf]) {
    let file = |path: &PathBuf| path.canonicalize().unwrap_or_else(|_| path.clone());
    let files: Vec<_> = paths.iter().map(file).collect();
    for (i, path) in paths.iter().enumerate() {
        if files[..i].contains(&files[i]) {
            output::warning(format_args!("{} is named more than once and has a vote each time", path.display()));
        }
    }
}
