//! The product that takes images up: z = W a + b, where a is not sparse.
//!
//! The rows of W and a are cut alike, so that z can be dot products, each added up across the lanes of its vector in the end.
//! In large mini-batches it pays to turn a block of W first, the rows of one panel by the columns of another: then the lanes
//! are neurons, and z is a sum of rows as in all other products.

use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::dense::AddRows;
use super::packed::{Activity, MAX_VECTORS, MOST_LANES, Panel, WIDEST};
use super::simd::Vectors;

/// Images in a mini-batch from which on it pays to turn the weights, measured on hidden layers. Threads that share out the
/// images of a mini-batch go by all of them, so that results do not depend on the number of threads.
pub const TURN_FROM: usize = 96;

/// z^l = W^l a^{l-1} + b^l for some neurons of layer l and some images.
pub(super) struct Forward<'a, F> {
    pub panels: &'a [Panel<F>],   // of layer l-1: W^l, cut by columns
    pub below: &'a [Activity<F>], // of layer l-1: a^{l-1}, cut the same way
    /// Whether to turn the weights first.
    pub turn: bool,
    pub first_image: usize,
    pub first_neuron: usize,
    pub neurons: usize,
    pub bias: &'a [F],  // (width)
    pub z: &'a mut [F], // (images, width)
}

impl<F: Vectors> WithSimd for Forward<'_, F> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        if self.turn { self.sums_of_rows(simd) } else { self.dot_products(simd) }
    }
}

impl<F: Vectors> Forward<'_, F> {
    /// By sums of rows of the turned weights.
    #[inline(always)]
    fn sums_of_rows<S: Simd>(&mut self, simd: S) {
        for z in self.z.chunks_exact_mut(self.bias.len()) {
            z.copy_from_slice(self.bias);
        }
        // Hidden neurons come a panel at a time; those of a wide output layer have to be cut here.
        let widest = MAX_VECTORS * F::lanes::<S>();
        for first in (0..self.neurons).step_by(widest) {
            match (self.bias.len() - first) / F::lanes::<S>() {
                1 => self.panel::<S, 1>(simd, first),
                2 => self.panel::<S, 2>(simd, first),
                3 => self.panel::<S, 3>(simd, first),
                _ => self.panel::<S, 4>(simd, first),
            }
        }
    }

    /// The neurons from `first` on, V vectors of them.
    #[inline(always)]
    fn panel<S: Simd, const V: usize>(&mut self, simd: S, first: usize) {
        let width = V * F::lanes::<S>();
        let neurons = width.min(self.neurons - first);
        let mut turned = [[[F::zero(); MOST_LANES]; V]; WIDEST]; // it stays 0 where there are no neurons
        for (panel, activity) in self.panels.iter().zip(self.below) {
            let n = panel.width();
            let rows = &panel.outgoing[(self.first_neuron + first) * n..][..neurons * n];
            let turned = &mut turned.as_flattened_mut().as_flattened_mut()[..n * width];
            match F::lanes::<S>() {
                2 => turn::<F, 2>(rows, n, turned, width),
                4 => turn::<F, 4>(rows, n, turned, width),
                _ => turn::<F, 8>(rows, n, turned, width),
            }
            let (c, c_width, one) = (&mut self.z[first..], self.bias.len(), F::one());
            let (s, s_strides) = (&activity.a[self.first_image * n..], (n, 1));
            AddRows { c, c_width, keep: one, factor: one, b: turned, width, s, s_strides }.rows::<S, V>(simd);
        }
    }

    /// By dot products.
    #[inline(always)]
    fn dot_products<S: Simd>(&mut self, simd: S) {
        let width = self.bias.len();
        let images = self.z.len() / width;
        if self.neurons < width {
            for z in self.z.chunks_exact_mut(width) {
                z[self.neurons..].copy_from_slice(&self.bias[self.neurons..]); // so that a is 0 there
            }
        }
        // Eight rows of W stay in the first cache level while all images pass. How many sums, and the factors beside them,
        // find room depends on the registers.
        for j in (0..self.neurons).step_by(8) {
            let end = self.neurons.min(j + 8);
            if S::REGISTER_COUNT >= 32 {
                self.images::<S, 4>(simd, j..end, images);
            } else {
                self.images::<S, 2>(simd, j..end, images);
            }
        }
    }

    /// All images: as many at a time as leave room for their sums, then the rest.
    #[inline(always)]
    fn images<S: Simd, const J: usize>(&mut self, simd: S, neurons: Range<usize>, images: usize) {
        let mut k = 0;
        while S::REGISTER_COUNT >= 32 && k + 6 <= images {
            self.neurons::<S, 6, J>(simd, neurons.clone(), k);
            k += 6;
        }
        while k + 4 <= images {
            self.neurons::<S, 4, J>(simd, neurons.clone(), k);
            k += 4;
        }
        while k < images {
            self.neurons::<S, 1, J>(simd, neurons.clone(), k);
            k += 1;
        }
    }

    /// The neurons of K images, J at a time as long as they last.
    #[inline(always)]
    fn neurons<S: Simd, const K: usize, const J: usize>(&mut self, simd: S, neurons: Range<usize>, k: usize) {
        let mut j = neurons.start;
        while j + J <= neurons.end {
            self.tile::<S, K, J>(simd, k, j);
            j += J;
        }
        while j + 2 <= neurons.end {
            self.tile::<S, K, 2>(simd, k, j);
            j += 2;
        }
        if j < neurons.end {
            self.tile::<S, K, 1>(simd, k, j);
        }
    }

    /// K images times J neurons: every vector that is read serves J or K sums.
    #[inline(always)]
    fn tile<S: Simd, const K: usize, const J: usize>(&mut self, simd: S, k: usize, j: usize) {
        let mut sums = [[F::splat(simd, F::zero()); J]; K];
        for (panel, activity) in self.panels.iter().zip(self.below) {
            let a = &activity.a[(self.first_image + k) * panel.width()..];
            let w = &panel.outgoing[(self.first_neuron + j) * panel.width()..];
            match panel.width() / F::lanes::<S>() {
                1 => dots::<F, S, K, J, 1>(simd, a, w, &mut sums),
                2 => dots::<F, S, K, J, 2>(simd, a, w, &mut sums),
                3 => dots::<F, S, K, J, 3>(simd, a, w, &mut sums),
                _ => dots::<F, S, K, J, 4>(simd, a, w, &mut sums),
            }
        }
        let width = self.bias.len();
        for (i, sums) in sums.into_iter().enumerate() {
            let z = &mut self.z[(k + i) * width + j..][..J];
            for ((z, &b), sum) in z.iter_mut().zip(&self.bias[j..]).zip(sums) {
                *z = F::total(simd, sum) + b;
            }
        }
    }
}

/// sums_kj += a_k * w_j, lane by lane, for rows of V vectors.
#[inline(always)]
fn dots<F: Vectors, S: Simd, const K: usize, const J: usize, const V: usize>(
    simd: S,
    a: &[F], // (K or more, V vectors)
    w: &[F], // (J or more, V vectors)
    sums: &mut [[F::Vector<S>; J]; K],
) {
    let a = &F::vectors::<S>(a).as_chunks::<V>().0[..K];
    let w = &F::vectors::<S>(w).as_chunks::<V>().0[..J];
    for v in 0..V {
        for (sums, a) in sums.iter_mut().zip(a) {
            for (sum, w) in sums.iter_mut().zip(w) {
                *sum = F::fma(simd, a[v], w[v], *sum);
            }
        }
    }
}

/// Writes rows of `width` numbers as the first columns of rows of `turned_width`: K at a time, which compilers know how to
/// weave into each other, then what is left. Both widths are multiples of K.
#[inline(always)]
fn turn<F: Vectors, const K: usize>(rows: &[F], width: usize, turned: &mut [F], turned_width: usize) {
    let mut woven = [[F::zero(); K]; WIDEST];
    let (groups, rest) = rows.split_at(rows.len() / (K * width) * (K * width));
    for (j, group) in groups.chunks_exact(K * width).enumerate() {
        let (woven, columns) = (&mut woven[..width], turned.as_chunks_mut::<K>().0);
        let rows: [_; K] = std::array::from_fn(|row| &group[row * width..][..width]);
        for (i, woven) in woven.iter_mut().enumerate() {
            *woven = std::array::from_fn(|row| rows[row][i]);
        }
        for (i, woven) in woven.iter().enumerate() {
            columns[i * (turned_width / K) + j] = *woven;
        }
    }
    let first = groups.len() / width;
    for (j, row) in rest.chunks_exact(width).enumerate() {
        for (columns, &w) in turned.chunks_exact_mut(turned_width).zip(row) {
            columns[first + j] = w;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::turn;
    use crate::engine::fast::Vectors;

    /// Whole groups of K rows, rows that are left over, columns that stay empty.
    #[allow(clippy::float_cmp, reason = "nothing is computed")]
    fn check<F: Vectors, const K: usize>() {
        for (rows, width, turned_width) in [(K, K, K), (64, 64, 64), (2 * K + 1, 2 * K, 3 * K), (K - 1, 4 * K, K)] {
            let numbers: Vec<F> = (0..rows * width).map(|i| F::of(i as f64 + 1.0)).collect();
            let mut turned = vec![F::zero(); width * turned_width];
            turn::<F, K>(&numbers, width, &mut turned, turned_width);
            for (i, column) in turned.chunks_exact(turned_width).enumerate() {
                for (j, &w) in column.iter().enumerate() {
                    let right = if j < rows { numbers[j * width + i] } else { F::zero() };
                    assert!(
                        w == right,
                        "{rows} rows of {width}, {K} at a time, turned {turned_width} wide: ({i}, {j})"
                    );
                }
            }
        }
    }

    #[test]
    fn turned_rows_are_columns() {
        check::<f64, 2>();
        check::<f64, 4>();
        check::<f32, 4>();
        check::<f32, 8>();
    }
}
