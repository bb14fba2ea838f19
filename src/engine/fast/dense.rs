//! The layers whose inputs are not sparse: three matrix products per layer.
//!
//! The weights are stored as in the book, row j feeding neuron j, cut into panels of columns: a panel holds the weights
//! that leave V vectors of neurons. Each product keeps a tile of its result in registers; the product of the forward
//! pass is in `product`.

use pulp::{Simd, WithSimd};

use super::simd::Vectors;
use crate::network::{Activation, relu};

/// c_r <- keep * c_r + factor * sum_k s(r, k) b_k: adds combinations of the rows b_k, of V vectors each, to the rows
/// c_r.
///
/// With b the transposed weights and s the activations, the sum is W a (see `product`). With b the weights and s the
/// deltas, it carries the error back through a layer, W^T delta. With b the activations and s the transposed deltas, it
/// is the gradient step, W <- keep W - eta/m sum_k delta_k a_k^T.
pub(super) struct AddRows<'a, F> {
    pub c: &'a mut [F], // (rows, the first `width` of c_width)
    pub c_width: usize,
    pub keep: F,
    pub factor: F,
    pub b: &'a [F], // (n, width)
    pub width: usize,
    pub s: &'a [F],
    /// The steps from s(r, k) to s(r + 1, k) and to s(r, k + 1).
    pub s_strides: (usize, usize),
}

/// The number of rows b that stay in the first-level cache while all rows of c are processed.
const ROWS_IN_CACHE: usize = 128;

impl<F: Vectors> WithSimd for AddRows<'_, F> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let (b, s) = (self.b, self.s);
        let nothing = b.is_empty().then_some(b); // which leaves c to be multiplied all the same
        for (chunk, b) in b.chunks(ROWS_IN_CACHE * self.width).chain(nothing).enumerate() {
            self.b = b;
            self.s = &s[chunk * ROWS_IN_CACHE * self.s_strides.1..];
            match self.width / F::lanes::<S>() {
                1 => self.rows::<S, 1>(simd),
                2 => self.rows::<S, 2>(simd),
                3 => self.rows::<S, 3>(simd),
                _ => self.rows::<S, 4>(simd),
            }
            self.keep = F::one();
        }
    }
}

impl<F: Vectors> AddRows<'_, F> {
    /// For a `width` of V vectors, and no more rows b than [`ROWS_IN_CACHE`].
    #[inline(always)]
    fn rows<S: Simd, const V: usize>(&mut self, simd: S) {
        let rows = self.c.len().div_ceil(self.c_width);
        let mut r = 0;
        while fits::<S>(6, V) && r + 6 <= rows {
            self.tile::<S, 6, V>(simd, r);
            r += 6;
        }
        while fits::<S>(4, V) && r + 4 <= rows {
            self.tile::<S, 4, V>(simd, r);
            r += 4;
        }
        while fits::<S>(3, V) && r + 3 <= rows {
            self.tile::<S, 3, V>(simd, r);
            r += 3;
        }
        while r + 2 <= rows {
            self.tile::<S, 2, V>(simd, r);
            r += 2;
        }
        if r < rows {
            self.tile::<S, 1, V>(simd, r);
        }
    }

    #[inline(always)]
    fn tile<S: Simd, const R: usize, const V: usize>(&mut self, simd: S, r: usize) {
        let (next_row, next_k) = self.s_strides;
        let mut sums = [[F::splat(simd, F::zero()); V]; R];
        for (k, b) in F::vectors::<S>(self.b).as_chunks::<V>().0.iter().enumerate() {
            for (i, sums) in sums.iter_mut().enumerate() {
                let s = F::splat(simd, self.s[(r + i) * next_row + k * next_k]);
                for v in 0..V {
                    sums[v] = F::fma(simd, s, b[v], sums[v]);
                }
            }
        }
        let (keep, factor) = (F::splat(simd, self.keep), F::splat(simd, self.factor));
        let c = F::vectors_mut::<S>(&mut self.c[r * self.c_width..]);
        for (i, sums) in sums.into_iter().enumerate() {
            let c = &mut c[i * (self.c_width / F::lanes::<S>())..][..V];
            for v in 0..V {
                c[v] = F::fma(simd, factor, sums[v], F::times(simd, keep, c[v]));
            }
        }
    }
}

/// Whether the registers hold the sums of a tile, a row of V vectors, the current factor and the next one.
const fn fits<S: Simd>(rows: usize, v: usize) -> bool {
    (rows + 1) * v + 2 <= S::REGISTER_COUNT
}

/// a <- the activation of z, in place.
pub(super) struct Activate<'a, F> {
    pub activation: Activation,
    pub z: &'a mut [F],
}

impl<F: Vectors> WithSimd for Activate<'_, F> {
    type Output = ();
    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        match self.activation {
            Activation::Sigmoid => self.z.iter_mut().for_each(|z| *z = F::fast_sigmoid(*z)),
            Activation::Tanh => self.z.iter_mut().for_each(|z| *z = F::fast_tanh(*z)),
            Activation::Relu => self.z.iter_mut().for_each(|z| *z = relu(*z)),
        }
    }
}

/// The bias of the neurons that only fill up a panel, chosen so that their activation is 0. It is finite because
/// optimizers multiply it by 0.
pub(super) fn fill<F: Vectors>(activation: Activation) -> F {
    match activation {
        Activation::Sigmoid => F::min_value(),
        Activation::Tanh | Activation::Relu => F::zero(),
    }
}

/// x, or 0 if x is so small that products with it could be subnormal. Such an x would change no weight, but processors
/// take ten to a hundred times as long for subnormal numbers, and saturated neurons produce many.
#[inline(always)]
pub(super) fn flushed<F: Vectors>(x: F) -> F {
    if x.abs() < F::min_positive_value() / F::epsilon() { F::zero() } else { x }
}

/// delta <- delta * the derivative of the activation: a (1 - a) for the sigmoid, 1 - a^2 for tanh; for a rectified
/// linear unit, 1 where a > 0 and otherwise 0.
pub(super) struct TimesSlope<'a, F> {
    pub activation: Activation,
    pub delta: &'a mut [F],
    pub a: &'a [F],
    /// A factor to apply to `a` first.
    pub unscale: F,
}

impl<F: Vectors> WithSimd for TimesSlope<'_, F> {
    type Output = ();
    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let (pairs, unscale) = (self.delta.iter_mut().zip(self.a), self.unscale);
        match self.activation {
            Activation::Sigmoid => pairs.for_each(|(delta, &a)| {
                *delta = flushed(*delta * (a * unscale * (F::one() - a * unscale)));
            }),
            Activation::Tanh => pairs.for_each(|(delta, &a)| {
                *delta = flushed(*delta * (F::one() - a * unscale * (a * unscale)));
            }),
            Activation::Relu => pairs.for_each(|(delta, &a)| *delta = if a > F::zero() { *delta } else { F::zero() }),
        }
    }
}

/// b <- b + rate * sum_k delta_k.
pub(super) struct StepBias<'a, F> {
    pub bias: &'a mut [F],
    pub rate: F,
    pub delta: &'a [F], // (m, width)
}

impl<F: Vectors> WithSimd for StepBias<'_, F> {
    type Output = ();
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let (width, rate) = (self.bias.len(), F::splat(simd, self.rate));
        for (v, bias) in F::vectors_mut::<S>(self.bias).iter_mut().enumerate() {
            // The deltas are summed first: added one by one, the small steps of a large mini-batch would be rounded
            // away.
            let deltas = self.delta.chunks_exact(width).map(|delta| F::vectors::<S>(delta)[v]);
            let sum = deltas.fold(F::splat(simd, F::zero()), |sum, delta| F::plus(simd, sum, delta));
            *bias = F::fma(simd, rate, sum, *bias);
        }
    }
}

/// a_j <- e^z_j / sum_i e^z_i for every row, in place. The largest z of the row is subtracted first.
pub(super) struct Softmax<'a, F> {
    pub z: &'a mut [F], // (m, width)
    pub width: usize,
    pub n: usize, // neurons, without the fill
}

impl<F: Vectors> WithSimd for Softmax<'_, F> {
    type Output = ();
    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        for z in self.z.chunks_exact_mut(self.width) {
            let largest =
                z[..self.n].iter().fold(F::neg_infinity(), |largest, &z| if z > largest { z } else { largest });
            for z in z.iter_mut() {
                *z = F::fast_exp(*z - largest);
            }
            let sum = z[..self.n].iter().fold(F::zero(), |sum, &e| sum + e);
            for z in z {
                *z /= sum;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::flushed;

    #[test]
    #[allow(clippy::float_cmp, reason = "nothing is computed")]
    fn only_what_would_be_slow_is_flushed() {
        assert_eq!((flushed(-1e-30_f32), flushed(1e-290_f64)), (-1e-30, 1e-290));
        assert_eq!((flushed(-1e-38_f32), flushed(1e-300_f64)), (0.0, 0.0));
        assert!(flushed(f32::NAN).is_nan() && flushed(f64::NEG_INFINITY).is_infinite());
    }
}
