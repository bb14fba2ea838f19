//! The product of the forward pass for inputs that are not sparse: z = W a + b.
//!
//! The rows of W and a are cut alike, so z can be computed as dot products, each summed over the lanes of its vector at
//! the end. For large mini-batches it is faster to transpose a block of W first, the rows of one panel by the columns
//! of another: then the lanes are neurons, and z is a sum of rows, as in all other products.

use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::dense::AddRows;
use super::packed::{Activity, MAX_VECTORS, Panel, WIDEST};
use super::simd::{InstructionSet, Vectors};

/// The mini-batch size from which on transposing the weights pays off, measured on hidden layers. Threads that share
/// the images of a mini-batch compare the whole mini-batch with it, so that results do not depend on the number of
/// threads.
pub const TRANSPOSE_FROM: usize = 96;

/// z^l = W^l a^{l-1} + b^l for some neurons of layer l and some images.
pub(super) struct Forward<'a, F> {
    pub panels: &'a [Panel<F>],   // of layer l-1: W^l, cut by columns
    pub below: &'a [Activity<F>], // of layer l-1: a^{l-1}, cut the same way
    pub first_image: usize,
    pub first_neuron: usize,
    pub neurons: usize,
    pub bias: &'a [F],  // (width)
    pub z: &'a mut [F], // (images, width)
}

impl<F: Vectors> Forward<'_, F> {
    /// Computes sums of rows of the transposed weights.
    pub fn sums_of_rows(self, instructions: InstructionSet) {
        let c_width = self.bias.len();
        for z in self.z.chunks_exact_mut(c_width) {
            z.copy_from_slice(self.bias);
        }
        // Hidden neurons come one panel at a time; the neurons of a wide output layer have to be cut here.
        let widest = MAX_VECTORS * instructions.lanes::<F>();
        for first in (0..self.neurons).step_by(widest) {
            let width = widest.min(c_width - first);
            let neurons = width.min(self.neurons - first);
            let mut transposed = [[F::zero(); WIDEST]; WIDEST]; // it stays 0 where there are no neurons
            for (panel, activity) in self.panels.iter().zip(self.below) {
                let n = panel.width();
                let rows = &panel.outgoing[(self.first_neuron + first) * n..][..neurons * n];
                let transposed = &mut transposed.as_flattened_mut()[..n * width];
                instructions.run(Transpose { rows, width: n, transposed, transposed_width: width });
                let (c, one) = (&mut self.z[first..], F::one());
                let (s, s_strides) = (&activity.a[self.first_image * n..], (n, 1));
                instructions.run(AddRows { c, c_width, keep: one, factor: one, b: transposed, width, s, s_strides });
            }
        }
    }

    /// Computes dot products.
    pub fn dot_products(self, instructions: InstructionSet) {
        instructions.run(DotProducts(self));
    }
}

struct DotProducts<'a, F>(Forward<'a, F>);

impl<F: Vectors> WithSimd for DotProducts<'_, F> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let Forward { neurons, bias, z, .. } = &mut self.0;
        let (neurons, width) = (*neurons, bias.len());
        let images = z.len() / width;
        if neurons < width {
            for z in z.chunks_exact_mut(width) {
                z[neurons..].copy_from_slice(&bias[neurons..]); // so that a is 0 there
            }
        }
        // Eight rows of W stay in the first-level cache while all images are processed. The number of registers
        // determines how many sums fit, along with their factors.
        for j in (0..neurons).step_by(8) {
            let end = neurons.min(j + 8);
            if S::REGISTER_COUNT >= 32 {
                self.images::<S, 4>(simd, j..end, images);
            } else {
                self.images::<S, 2>(simd, j..end, images);
            }
        }
    }
}

impl<F: Vectors> DotProducts<'_, F> {
    /// All images, six or four at a time. The last 8 or 9 go by fours, because after six, two or three would be left
    /// that go one by one.
    #[inline(always)]
    fn images<S: Simd, const J: usize>(&mut self, simd: S, neurons: Range<usize>, images: usize) {
        let mut k = 0;
        while k + 6 <= images && ![8, 9].contains(&(images - k)) {
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

    /// The neurons of K images, J at a time, then the remaining ones.
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

    /// K images times J neurons: every vector that is read is used in J or K sums.
    #[inline(always)]
    fn tile<S: Simd, const K: usize, const J: usize>(&mut self, simd: S, k: usize, j: usize) {
        let Forward { panels, below, first_image, first_neuron, bias, ref mut z, .. } = self.0;
        let mut sums = [[F::splat(simd, F::zero()); J]; K];
        for (panel, activity) in panels.iter().zip(below) {
            let a = &activity.a[(first_image + k) * panel.width()..];
            let w = &panel.outgoing[(first_neuron + j) * panel.width()..];
            match panel.width() / F::lanes::<S>() {
                1 => dots::<F, S, K, J, 1>(simd, a, w, &mut sums),
                2 => dots::<F, S, K, J, 2>(simd, a, w, &mut sums),
                3 => dots::<F, S, K, J, 3>(simd, a, w, &mut sums),
                _ => dots::<F, S, K, J, 4>(simd, a, w, &mut sums),
            }
        }
        let width = bias.len();
        for (i, sums) in sums.into_iter().enumerate() {
            let z = &mut z[(k + i) * width + j..][..J];
            for ((z, &b), sum) in z.iter_mut().zip(&bias[j..]).zip(sums) {
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

/// Writes the rows, `width` numbers each, as the first columns of `transposed`.
struct Transpose<'a, F> {
    rows: &'a [F],
    width: usize,
    transposed: &'a mut [F],
    transposed_width: usize,
}

impl<F: Vectors> WithSimd for Transpose<'_, F> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Transpose { rows, width, transposed, transposed_width } = self;
        match F::lanes::<S>() {
            2 => transpose::<F, 2>(rows, width, transposed, transposed_width),
            4 => transpose::<F, 4>(rows, width, transposed, transposed_width),
            _ => transpose::<F, 8>(rows, width, transposed, transposed_width),
        }
    }
}

/// Writes rows of `width` numbers as the first columns of rows of `transposed_width`: first K rows at a time, which
/// compilers turn into vector shuffles, then the remaining rows. Both widths are multiples of K.
#[inline(always)]
fn transpose<F: Vectors, const K: usize>(rows: &[F], width: usize, transposed: &mut [F], transposed_width: usize) {
    let mut woven = [[F::zero(); K]; WIDEST];
    let (groups, rest) = rows.split_at(rows.len() / (K * width) * (K * width));
    for (j, group) in groups.chunks_exact(K * width).enumerate() {
        let (woven, columns) = (&mut woven[..width], transposed.as_chunks_mut::<K>().0);
        let rows: [_; K] = std::array::from_fn(|row| &group[row * width..][..width]);
        for (i, woven) in woven.iter_mut().enumerate() {
            *woven = std::array::from_fn(|row| rows[row][i]);
        }
        for (i, woven) in woven.iter().enumerate() {
            columns[i * (transposed_width / K) + j] = *woven;
        }
    }
    let first = groups.len() / width;
    for (j, row) in rest.chunks_exact(width).enumerate() {
        for (columns, &w) in transposed.chunks_exact_mut(transposed_width).zip(row) {
            columns[first + j] = w;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::transpose;
    use crate::engine::fast::Vectors;

    /// Tests whole groups of K rows, remaining rows, and columns that stay empty.
    #[allow(clippy::float_cmp, reason = "nothing is computed")]
    fn check<F: Vectors, const K: usize>() {
        for (rows, width, transposed_width) in [(K, K, K), (64, 64, 64), (2 * K + 1, 2 * K, 3 * K), (K - 1, 4 * K, K)] {
            let numbers: Vec<F> = (0..rows * width).map(|i| F::of(i as f64 + 1.0)).collect();
            let mut transposed = vec![F::zero(); width * transposed_width];
            transpose::<F, K>(&numbers, width, &mut transposed, transposed_width);
            for (i, column) in transposed.chunks_exact(transposed_width).enumerate() {
                for (j, &w) in column.iter().enumerate() {
                    let right = if j < rows { numbers[j * width + i] } else { F::zero() };
                    assert!(
                        w == right,
                        "{rows} rows of {width}, {K} at a time, transposed {transposed_width} wide: ({i}, {j})"
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
