//! Steps that remember: momentum, AdamW, and whatever touches all weights.

use pulp::{Simd, WithSimd};

use super::packed::Moments;
use super::simd::Vectors;
use crate::network::{Kind, Rule};

/// Steps `numbers` by the gradient in `moments`.
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
pub(super) struct Follow<'a, F> {
    pub average: &'a mut [F],
    pub numbers: &'a [F],
    pub scale: F,
    pub share: F,
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
