//! From the book's layout to the engine's, and back.

use ndarray::{Array1, Array2, s};

use super::packed::{Packed, Panel};
use super::simd::Vectors;
use crate::network::{Gradient, Network};

/// What is copied of the neurons.
#[derive(Clone, Copy)]
enum What {
    /// Weights and biases.
    Numbers,
    /// What an optimizer remembers of them: the first moments, and the second.
    First,
    Second,
}

impl<F: Vectors> Panel<F> {
    /// Of the biases, of the incoming and of the outgoing weights.
    fn parts(&mut self, what: What) -> [&mut [F]; 3] {
        if let What::Numbers = what {
            return [&mut self.bias, &mut self.incoming, &mut self.outgoing];
        }
        let moments = self.moments.as_mut().expect("there is something to remember");
        [&mut moments.bias, &mut moments.incoming, &mut moments.outgoing].map(|moments| match what {
            What::Second => &mut *moments.second,
            _ => &mut *moments.first,
        })
    }
}

impl<F: Vectors> Packed<F> {
    /// The network in the book's layout; its activations and cost are those of `like`. The scale is folded in before, so
    /// that going on from the copy is going on from here.
    pub fn unpacked(&mut self, like: &Network<F>) -> Network<F> {
        self.fold_scale();
        let mut network = like.clone();
        self.visit(What::Numbers, &mut network.weights, &mut network.biases, |packed, plain| *plain = *packed);
        network
    }

    /// The first `count` moments.
    pub fn moments(&mut self, like: &Network<F>, count: usize) -> Vec<Gradient<F>> {
        let moments = |what| {
            let mut gradient = like.zero_gradient();
            self.visit(what, &mut gradient.nabla_w, &mut gradient.nabla_b, |packed, plain| *plain = *packed);
            gradient
        };
        [What::First, What::Second].into_iter().take(count).map(moments).collect()
    }

    /// Takes over weights and biases.
    pub fn set_numbers(&mut self, mut network: Network<F>) {
        self.visit(What::Numbers, &mut network.weights, &mut network.biases, |packed, plain| *packed = *plain);
    }

    /// Takes over what an optimizer remembers.
    pub fn set_moments(&mut self, moments: Vec<Gradient<F>>) {
        for (what, mut gradient) in [What::First, What::Second].into_iter().zip(moments) {
            self.remember();
            self.visit(what, &mut gradient.nabla_w, &mut gradient.nabla_b, |packed, plain| *packed = *plain);
        }
    }

    /// Calls `copy` for each number, packed and plain.
    fn visit(
        &mut self,
        what: What,
        weights: &mut [Array2<F>],
        biases: &mut [Array1<F>],
        copy: impl Fn(&mut F, &mut F),
    ) {
        for (l, layer) in (usize::from(self.sparse)..).zip(&mut self.layers) {
            for panel in layer {
                let (neurons, width) = (panel.first..panel.first + panel.neurons, panel.width());
                let [bias, incoming, outgoing] = panel.parts(what);
                let rows = weights[l].slice_mut(s![.., neurons.clone()]);
                for (packed, row) in outgoing.chunks_exact_mut(width).zip(rows.into_outer_iter_mut()) {
                    packed.iter_mut().zip(row).for_each(|(packed, w)| copy(packed, w));
                }
                if !incoming.is_empty() {
                    let mut columns = weights[0].slice_mut(s![neurons.clone(), ..]);
                    for (packed, column) in incoming.chunks_exact_mut(width).zip(columns.columns_mut()) {
                        packed.iter_mut().zip(column).for_each(|(packed, w)| copy(packed, w));
                    }
                }
                if l > 0 {
                    bias.iter_mut().zip(biases[l - 1].slice_mut(s![neurons])).for_each(|(packed, b)| copy(packed, b));
                }
            }
        }
        let output = match (what, &mut self.output_moments) {
            (What::First, Some(moments)) => &mut moments.first,
            (What::Second, Some(moments)) => &mut moments.second,
            _ => &mut self.output_bias,
        };
        let last = biases.len() - 1;
        output.iter_mut().zip(&mut biases[last]).for_each(|(packed, b)| copy(packed, b));
    }
}
