//! The learning curve of the single neuron as CSV.

use crate::trainer::neuron::Point;

/// The first line of the CSV.
pub const NEURON_CSV_HEADING: &str = "epoch,output,cost,weight,bias";

/// The CSV line of a point.
#[must_use]
pub fn neuron_csv_line(point: &Point) -> String {
    let Point { epoch, output, cost, weight, bias } = point;
    let [output, cost, weight, bias] = [output, cost, weight, bias].map(|&number| decimal(number));
    format!("{epoch},{output},{cost},{weight},{bias}")
}

/// A number with nine decimals; in scientific notation if its absolute value is below 0.001 (but not 0) or at least
/// 1e9.
fn decimal(number: f64) -> String {
    match number.abs() {
        0.0 | 1e-3..1e9 => format!("{number:.9}"),
        _ => format!("{number:.9e}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_is_a_line() {
        let point = Point { epoch: 0, output: 0.5, cost: 0.125, weight: -1.0, bias: 1.0 };
        assert_eq!(neuron_csv_line(&point), "0,0.500000000,0.125000000,-1.000000000,1.000000000");
        let point = Point { epoch: 7, output: 0.0, cost: 1.25e-12, weight: -1e300, bias: f64::NAN };
        assert_eq!(neuron_csv_line(&point), "7,0.000000000,1.250000000e-12,-1.000000000e300,NaN");
    }
}
