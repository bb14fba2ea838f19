//! `mnist eval`: how well a saved model does, or several together.

use mnist_mlp::committee::Committee;
use mnist_mlp::report::{CommitteeReport, EvaluationReport};

use super::args::{EvalArguments, Format};
use super::machine::machine;
use super::member::Member;
use super::{Failure, output, split};

pub fn run(arguments: &EvalArguments) -> Result<(), Failure> {
    let members = Member::read_all(&arguments.models)?;
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
