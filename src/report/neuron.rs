//! The learning curve of the single neuron as CSV.

use crate::trainer::neuron::Point;

/// A heading, then a line for each point: `epoch,output,cost,weight,bias`.
pub fn neuron_csv(points: impl Iterator<Item = Point>) -> impl Iterator<Item = String> {
    let line = |p: Point| format!("{},{:.9},{:.9},{:.9},{:.9}", p.epoch, p.output, p.cost, p.weight, p.bias);
    std::iter::once("epoch,output,cost,weight,bias".to_string()).chain(points.map(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heading_and_a_line_a_point() {
        let point = Point { epoch: 0, output: 0.5, cost: 0.125, weight: -1.0, bias: 1.0 };
        let lines: Vec<_> = neuron_csv(std::iter::once(point)).collect();
        assert_eq!(lines, ["epoch,output,cost,weight,bias", "0,0.500000000,0.125000000,-1.000000000,1.000000000"]);
    }
}
