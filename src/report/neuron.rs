//! The learning curve of the single neuron as CSV.

use crate::trainer::neuron::Point;

/// The first line of the CSV.
pub const NEURON_CSV_HEADING: &str = "epoch,output,cost,weight,bias";

/// The line of a point.
#[must_use]
pub fn neuron_csv_line(point: &Point) -> String {
    let Point { epoch, output, cost, weight, bias } = point;
    format!("{epoch},{output:.9},{cost:.9},{weight:.9},{bias:.9}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_is_a_line() {
        let point = Point { epoch: 0, output: 0.5, cost: 0.125, weight: -1.0, bias: 1.0 };
        assert_eq!(neuron_csv_line(&point), "0,0.500000000,0.125000000,-1.000000000,1.000000000");
    }
}
