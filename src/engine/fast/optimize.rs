//! Steps of optimizers with moments (momentum, AdamW), and of the running average.

use pulp::{Simd, WithSimd};

use super::packed::{Moments, Packed};
use super::pass::Context;
use super::simd::Vectors;
use crate::network::{Kind, Rule, Step};

impl Context<'_> {
    /// Updates all numbers by the gradient that [`backward`](Self::backward) left. `updates` is the number of the step.
    pub fn descend<F: Vectors>(&self, network: &mut Packed<F>, step: Step, updates: u64) {
        let [weights, biases] = [true, false].map(|is_weight| Rule::new(&step, updates, is_weight));
        let optimize = |numbers: &mut [F], moments: &mut Moments<F>, rule| {
            self.instructions.run(Optimize { numbers, moments, rule });
        };
        if let Some(moments) = &mut network.output_moments {
            optimize(&mut network.output_bias, moments, biases);
        }
        for layer in &mut network.layers {
            self.for_each(layer, |_, panel| {
                let Some(moments) = &mut panel.moments else { return };
                optimize(&mut panel.bias, &mut moments.bias, biases);
                optimize(&mut panel.incoming, &mut moments.incoming, weights);
                optimize(&mut panel.outgoing, &mut moments.outgoing, weights);
            });
        }
    }

    /// Moves the average by `share` of the way to the network.
    pub fn follow<F: Vectors>(&self, average: &mut Packed<F>, network: &Packed<F>, share: f64) {
        let (share, scale) = (F::of(share), F::of(network.scale));
        let follow = |average: &mut [F], numbers: &[F], scale: F| {
            self.instructions.run(Follow { average, numbers, scale, share });
        };
        follow(&mut average.output_bias, &network.output_bias, F::one());
        for (average, panels) in average.layers.iter_mut().zip(&network.layers) {
            self.for_each(average, |p, average| {
                follow(&mut average.bias, &panels[p].bias, F::one());
                follow(&mut average.incoming, &panels[p].incoming, scale);
                follow(&mut average.outgoing, &panels[p].outgoing, F::one());
            });
        }
    }
}

/// Updates `numbers` by the gradient in `moments`.
pub(super) struct Optimize<'a, F> {
    pub numbers: &'a mut [F],
    pub moments: &'a mut Moments<F>,
    pub rule: Rule<F>,
}

impl<F: Vectors> WithSimd for Optimize<'_, F> {
    type Output = ();
    #[inline(always)]
    fn with_simd<S: Simd>(mut self, _: S) {
        match self.rule.kind() {
            Kind::Momentum => self.run(Kind::Momentum),
            Kind::Nesterov => self.run(Kind::Nesterov),
            Kind::AdamW => self.run(Kind::AdamW),
        }
    }
}

impl<F: Vectors> Optimize<'_, F> {
    #[inline(always)]
    fn run(&mut self, kind: Kind) {
        let Moments { nabla, first, second } = &mut *self.moments;
        let remembered = first.iter_mut().zip(second.iter_mut());
        for ((w, &nabla), (first, second)) in self.numbers.iter_mut().zip(&**nabla).zip(remembered) {
            self.rule.apply(kind, w, nabla, first, second);
        }
    }
}

/// Moves an average by `share` of the way to `scale` times the numbers.
struct Follow<'a, F> {
    average: &'a mut [F],
    numbers: &'a [F],
    scale: F,
    share: F,
}

impl<F: Vectors> WithSimd for Follow<'_, F> {
    type Output = ();
    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        for (average, &number) in self.average.iter_mut().zip(self.numbers) {
            *average += self.share * (self.scale * number - *average);
        }
    }
}
