//! Conversion between the book's layout and the engine's.

use ndarray::{Array1, Array2, s};

use super::packed::{Packed, Panel};
use super::simd::Vectors;
use crate::network::{Gradient, Network};

/// What to copy.
#[derive(Clone, Copy)]
enum What {
    /// Weights and biases.
    Numbers,
    /// The first and the second moments of the optimizer.
    First,
    Second,
}

const REMEMBERED: &str = "moments are visited once there are any";

impl<F: Vectors> Panel<F> {
    /// The biases, the incoming weights and the outgoing weights, or their moments.
    fn parts(&mut self, what: What) -> [&mut [F]; 3] {
        if let What::Numbers = what {
            return [&mut self.bias, &mut self.incoming, &mut self.outgoing];
        }
        let moments = self.moments.as_mut().expect(REMEMBERED);
        [&mut moments.bias, &mut moments.incoming, &mut moments.outgoing].map(|moments| match what {
            What::Second => &mut *moments.second,
            _ => &mut *moments.first,
        })
    }
}

impl<F: Vectors> Packed<F> {
    /// The network in the book's layout. The scale is folded in first, so that continuing from the copy and continuing
    /// from `self` give the same results.
    pub fn unpacked(&mut self) -> Network<F> {
        self.fold_scale();
        let Gradient { nabla_w: weights, nabla_b: biases } = self.plain(What::Numbers);
        Network { weights, biases, activations: self.activations.clone(), cost: self.cost }
    }

    /// The first `count` moments.
    pub fn moments(&mut self, count: usize) -> Vec<Gradient<F>> {
        [What::First, What::Second].into_iter().take(count).map(|what| self.plain(what)).collect()
    }

    /// A copy in the book's layout.
    fn plain(&mut self, what: What) -> Gradient<F> {
        let mut nabla_w: Vec<_> = self.sizes.windows(2).map(|n| Array2::zeros((n[1], n[0]))).collect();
        let mut nabla_b: Vec<_> = self.sizes[1..].iter().map(|&n| Array1::zeros(n)).collect();
        self.visit(what, &mut nabla_w, &mut nabla_b, |packed, plain| *plain = *packed);
        Gradient { nabla_w, nabla_b }
    }

    /// Sets the weights and biases.
    pub fn set_numbers(&mut self, mut network: Network<F>) {
        self.visit(What::Numbers, &mut network.weights, &mut network.biases, |packed, plain| *packed = *plain);
    }

    /// Sets the moments of the optimizer.
    pub fn set_moments(&mut self, moments: Vec<Gradient<F>>) {
        for (what, mut gradient) in [What::First, What::Second].into_iter().zip(moments) {
            self.remember();
            self.visit(what, &mut gradient.nabla_w, &mut gradient.nabla_b, |packed, plain| *packed = *plain);
        }
    }

    /// Calls `copy` for each number, in the engine's layout and in the book's.
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
        let remembered = self.output_moments.as_mut();
        let output = match what {
            What::Numbers => &mut self.output_bias,
            What::First => &mut remembered.expect(REMEMBERED).first,
            What::Second => &mut remembered.expect(REMEMBERED).second,
        };
        let last = biases.len() - 1;
        output.iter_mut().zip(&mut biases[last]).for_each(|(packed, b)| copy(packed, b));
    }
}
