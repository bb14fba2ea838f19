//! `mnist slowdown`: the learning of one neuron as CSV.

use mnist_mlp::network::cost_named;
use mnist_mlp::report;
use mnist_mlp::trainer::neuron::learning_curve;

use super::args::SlowdownArguments;
use super::{Failure, output};

pub fn run(arguments: &SlowdownArguments) -> Result<(), Failure> {
    let cost = cost_named(&arguments.cost).expect("clap lets known costs pass only");
    let start = (arguments.weight, arguments.bias);
    let points = learning_curve(cost, start, arguments.eta, arguments.epochs)?;
    let lines = points.map(|point| Ok(report::neuron_csv_line(&point?)));
    output::lines(std::iter::once(Ok(report::NEURON_CSV_HEADING.to_string())).chain(lines))
}
