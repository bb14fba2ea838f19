//! `mnist slowdown`: the training of a single neuron, as CSV.

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use mnist_mlp::network::{Cost, CrossEntropy, Output, cost_named, costs};
use mnist_mlp::report;
use mnist_mlp::trainer::neuron::learning_curve;

use super::{Failure, output};

/// Watch one sigmoid neuron learn to answer 0 to the input 1, as CSV.
///
/// The first experiment of chapter 3: starting badly wrong, the quadratic neuron hardly learns; the cross-entropy
/// neuron does. The book's animations of the latter use eta 0.005 but step as if sigma'(z) did not cancel, unlike in
/// the book's own equation; this command follows the true gradient.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  mnist slowdown --cost quadratic --weight 2 --bias 2 --eta 0.15 --epochs 300
  mnist slowdown --cost cross-entropy --weight 2 --bias 2 > curve.csv")]
pub struct SlowdownArguments {
    /// The cost to minimize.
    #[arg(long, value_parser = cost_of_a_sigmoid(), default_value = cost_default())]
    pub cost: String,

    /// Start weight.
    #[arg(long, default_value_t = 0.6)]
    pub weight: f64,

    /// Start bias.
    #[arg(long, default_value_t = 0.9)]
    pub bias: f64,

    /// Learning rate.
    #[arg(long, default_value_t = 0.15)]
    pub eta: f64,

    /// Updates to make.
    #[arg(short, long, value_name = "N", default_value_t = 300)]
    pub epochs: usize,
}

pub fn run(arguments: &SlowdownArguments) -> Result<(), Failure> {
    let cost = cost_named(&arguments.cost).expect("clap lets known costs pass only");
    let start = (arguments.weight, arguments.bias);
    let points = learning_curve(cost, start, arguments.eta, arguments.epochs)?;
    let lines = points.map(|point| Ok(report::neuron_csv_line(&point?)));
    output::lines(std::iter::once(Ok(report::NEURON_CSV_HEADING.to_string())).chain(lines))
}

/// The costs that go with a sigmoid: a softmax of one neuron is always 1.
fn cost_of_a_sigmoid() -> impl TypedValueParser<Value = String> {
    let costs = costs::<f32>().into_iter().filter(|cost| cost.output() == Output::Sigmoid);
    PossibleValuesParser::new(costs.map(Cost::name))
}

fn cost_default() -> &'static str {
    Cost::<f32>::name(&CrossEntropy)
}
