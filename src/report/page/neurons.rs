//! The weights of the first layer's neurons as pictures, which show what these neurons respond to.

use ndarray::{ArrayView1, ArrayView2};

use super::data_uri;
use crate::data::ClassNames;
use crate::network::Network;
use crate::picture::signed::signed_png;
use crate::report::decimal;

/// The maximum number of neurons shown.
const MAX_SHOWN: usize = 100;

/// The neurons of the layer after the input.
pub struct Neurons {
    /// "hidden" or "output".
    pub kind: &'static str,
    /// Whether the next layer is the output layer.
    pub feed_outputs: bool,
    /// Number of neurons in the layer.
    pub total: usize,
    /// The neurons that are shown.
    pub shown: Vec<Neuron>,
}

/// A neuron of the first layer.
pub struct Neuron {
    /// Its index in the layer, from 0.
    pub number: usize,
    /// The picture of its weights, as a data URI.
    pub src: String,
    /// Its largest weight, by absolute value.
    pub largest: String,
    /// The outputs that it raises and lowers most; empty unless the next layer is the output layer.
    pub text: String,
}

impl Neurons {
    /// The neurons of a network for images of `geometry`: all of them or, if they are many, those with the largest
    /// weights.
    pub fn of(network: &Network<f64>, names: &ClassNames, geometry: (usize, usize)) -> Self {
        let weights = &network.weights()[0];
        let neuron = |number| Neuron {
            number,
            src: data_uri("image/png", &signed_png(geometry, &shares(weights.row(number)))),
            largest: decimal(largest(weights.row(number)), 2),
            text: text(network, names, number),
        };
        Neurons {
            kind: if network.weights().len() > 1 { "hidden" } else { "output" },
            feed_outputs: network.weights().len() == 2,
            total: weights.nrows(),
            shown: heaviest(weights.view()).into_iter().map(neuron).collect(),
        }
    }
}

/// The indices of the rows with the largest norms, ascending.
fn heaviest(weights: ArrayView2<f64>) -> Vec<usize> {
    let square = |row: ArrayView1<f64>| row.iter().map(|w| w * w).sum::<f64>();
    let mut rows: Vec<_> = weights.outer_iter().map(square).enumerate().collect();
    rows.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    rows.truncate(MAX_SHOWN);
    let mut numbers: Vec<_> = rows.into_iter().map(|(number, _)| number).collect();
    numbers.sort_unstable();
    numbers
}

/// Each weight divided by the largest absolute weight: -1 to 1.
fn shares(weights: ArrayView1<f64>) -> Vec<f64> {
    let largest = largest(weights);
    weights.iter().map(|w| if largest > 0.0 { w / largest } else { 0.0 }).collect()
}

fn largest(weights: ArrayView1<f64>) -> f64 {
    weights.iter().fold(0.0, |largest, w| w.abs().max(largest))
}

/// A text such as "for 3, against 5"; empty unless the next layer is the output layer.
fn text(network: &Network<f64>, names: &ClassNames, number: usize) -> String {
    let [_, next] = network.weights() else { return String::new() };
    let outputs = next.column(number);
    let by_weight = |&(_, a): &(usize, &f64), &(_, b): &(usize, &f64)| a.total_cmp(b);
    let most = outputs.iter().enumerate().max_by(by_weight).filter(|&(_, &w)| w > 0.0);
    let least = outputs.iter().enumerate().min_by(by_weight).filter(|&(_, &w)| w < 0.0);
    let most = most.map(|(class, _)| format!("for {}", names.short(class)));
    let least = least.map(|(class, _)| format!("against {}", names.short(class)));
    most.into_iter().chain(least).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use ndarray::{Array1, Array2, array};

    use super::*;
    use crate::network::Quadratic;

    fn network(weights: Vec<Array2<f64>>) -> Network<f64> {
        let biases = weights.iter().map(|w| Array1::zeros(w.nrows())).collect();
        Network::from_parts(weights, biases, &Quadratic).unwrap()
    }

    #[test]
    fn a_neuron_speaks_for_and_against_outputs() {
        let weights = vec![array![[1.0, -4.0], [0.0, 0.0]], array![[-1.0, 0.5], [2.0, 0.0], [-3.0, 0.1]]];
        let numbers = ClassNames::default();
        let neurons = Neurons::of(&network(weights.clone()), &numbers, (1, 2));
        assert_eq!((neurons.kind, neurons.feed_outputs, neurons.total), ("hidden", true, 2));
        let texts: Vec<_> =
            neurons.shown.iter().map(|neuron| [&neuron.text, &neuron.largest].map(String::as_str)).collect();
        assert_eq!(texts, [["for 1, against 2", "4.00"], ["for 0", "0.00"]]);
        let named = Neurons::of(&network(weights.clone()), &["a", "b", "c"].iter().collect(), (1, 2));
        assert_eq!(named.shown[0].text, "for b, against c");
        let alone = Neurons::of(&network(weights[..1].to_vec()), &numbers, (1, 2));
        assert_eq!((alone.kind, alone.feed_outputs, alone.shown[0].text.as_str()), ("output", false, ""));
    }

    #[test]
    fn of_many_neurons_the_heaviest_are_shown_in_their_order() {
        let weights = Array2::from_shape_fn((MAX_SHOWN + 50, 1), |(neuron, _)| if neuron < 50 { 0.5 } else { -1.0 });
        assert_eq!(heaviest(weights.view()), (50..MAX_SHOWN + 50).collect::<Vec<_>>());
    }
}
