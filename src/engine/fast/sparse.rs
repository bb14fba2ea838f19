//! The first layer, for sparse images.
//!
//! Its weights are stored input-major: row i of a panel holds the weights from pixel i to the panel's neurons. Then
//! z^2 = b^2 + sum_i x_i row_i needs only the rows of the non-zero pixels. So does the gradient, because
//! nabla_w^2 = delta^2 x^T changes row i by x_i delta^2.

use pulp::{Simd, WithSimd};

use super::gather::{Gathered, TRANSPOSED_TOGETHER, Transposed};
use super::images::TOGETHER;
use super::simd::Vectors;

/// z^2 of a block of images, for one panel of V vectors of neurons: z_k = b + scale * sum_i x_ki row_i.
pub(super) struct Forward<'a, F> {
    pub images: &'a Gathered<F>, // m images
    pub rows: &'a [F],           // (n_in, width)
    pub scale: F,
    pub bias: &'a [F],  // (width)
    pub z: &'a mut [F], // (m, width)
}

impl<F: Vectors> WithSimd for Forward<'_, F> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        match self.bias.len() / F::lanes::<S>() {
            1 => self.run::<S, 1, 4>(simd),
            2 => self.run::<S, 2, 2>(simd),
            3 => self.run::<S, 3, 2>(simd),
            _ => self.run::<S, 4, 2>(simd),
        }
    }
}

impl<F: Vectors> Forward<'_, F> {
    /// The sum of one image stays in registers while its pairs of one band are processed. `T` sums of V vectors are
    /// built in parallel, because an addition takes four cycles and the next addition to the same sum has to wait for
    /// it.
    #[inline(always)]
    fn run<S: Simd, const V: usize, const T: usize>(self, simd: S) {
        let rows = F::vectors::<S>(self.rows).as_chunks::<V>().0;
        let bias = F::vectors::<S>(self.bias).as_chunks::<V>().0[0];
        let scale = F::splat(simd, self.scale);
        let z = F::vectors_mut::<S>(self.z).as_chunks_mut::<V>().0;
        for band in 0..self.images.bands() {
            for (k, z) in z.iter_mut().enumerate().take(self.images.len()) {
                let mut sums = [[F::splat(simd, F::zero()); V]; T];
                let (index, value) = self.images.part(k, band);
                for (index, value) in index.as_chunks::<T>().0.iter().zip(value.as_chunks::<T>().0) {
                    for t in 0..T {
                        let (x, row) = (F::splat(simd, value[t]), &rows[usize::from(index[t])]);
                        for v in 0..V {
                            sums[t][v] = F::fma(simd, x, row[v], sums[t][v]);
                        }
                    }
                }
                let before = if band == 0 { bias } else { *z };
                for v in 0..V {
                    let sum = (1..T).fold(sums[0][v], |sum, t| F::plus(simd, sum, sums[t][v]));
                    z[v] = F::fma(simd, scale, sum, before[v]);
                }
            }
        }
    }
}

/// The gradient step of one panel, image by image: row_i <- row_i + rate * x_ki delta_k.
///
/// All deltas of the mini-batch are already known, so changing the rows in place is still the step of the whole
/// mini-batch.
pub(super) struct Descend<'a, F> {
    pub images: &'a Gathered<F>, // m images
    pub delta: &'a [F],          // (m, width)
    pub width: usize,
    pub rate: F,           // -eta / m / scale
    pub rows: &'a mut [F], // (n_in, width)
}

impl<F: Vectors> WithSimd for Descend<'_, F> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        match self.width / F::lanes::<S>() {
            1 => self.run::<S, 1>(simd),
            2 => self.run::<S, 2>(simd),
            3 => self.run::<S, 3>(simd),
            _ => self.run::<S, 4>(simd),
        }
    }
}

impl<F: Vectors> Descend<'_, F> {
    #[inline(always)]
    fn run<S: Simd, const V: usize>(self, simd: S) {
        let rows = F::vectors_mut::<S>(self.rows).as_chunks_mut::<V>().0;
        let delta = F::vectors::<S>(self.delta).as_chunks::<V>().0;
        let rate = F::splat(simd, self.rate);
        for band in 0..self.images.bands() {
            for (k, delta) in delta.iter().enumerate().take(self.images.len()) {
                let step: [_; V] = std::array::from_fn(|v| F::times(simd, rate, delta[v]));
                let (index, value) = self.images.part(k, band);
                // Unrolled by `TOGETHER`, which saves most of the loop's own work.
                for (index, value) in index.as_chunks::<TOGETHER>().0.iter().zip(value.as_chunks::<TOGETHER>().0) {
                    for t in 0..TOGETHER {
                        let (x, row) = (F::splat(simd, value[t]), &mut rows[usize::from(index[t])]);
                        for v in 0..V {
                            row[v] = F::fma(simd, x, step[v], row[v]);
                        }
                    }
                }
            }
        }
    }
}

/// The same step for larger mini-batches, pixel by pixel: row_i <- row_i + rate * sum_k x_ki delta_k.
///
/// A row is read and written once per block instead of once per image, and its sum stays in registers.
pub(super) struct DescendTransposed<'a, F> {
    pub images: &'a Transposed<F>, // m images
    pub delta: &'a [F],            // (m, width)
    pub width: usize,
    pub rate: F,           // -eta / m / scale
    pub rows: &'a mut [F], // (n_in, width)
}

impl<F: Vectors> WithSimd for DescendTransposed<'_, F> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        match self.width / F::lanes::<S>() {
            1 => self.run::<S, 1>(simd),
            2 => self.run::<S, 2>(simd),
            3 => self.run::<S, 3>(simd),
            _ => self.run::<S, 4>(simd),
        }
    }
}

impl<F: Vectors> DescendTransposed<'_, F> {
    #[inline(always)]
    fn run<S: Simd, const V: usize>(self, simd: S) {
        let rows = F::vectors_mut::<S>(self.rows).as_chunks_mut::<V>().0;
        let rate = F::splat(simd, self.rate);
        let delta = F::vectors::<S>(self.delta).as_chunks::<V>().0;
        for (i, image, value) in self.images.pixels() {
            let mut sums = [[F::splat(simd, F::zero()); V]; TRANSPOSED_TOGETHER];
            for (image, value) in
                image.as_chunks::<TRANSPOSED_TOGETHER>().0.iter().zip(value.as_chunks::<TRANSPOSED_TOGETHER>().0)
            {
                for t in 0..TRANSPOSED_TOGETHER {
                    let (x, delta) = (F::splat(simd, value[t]), &delta[usize::from(image[t])]);
                    for v in 0..V {
                        sums[t][v] = F::fma(simd, x, delta[v], sums[t][v]);
                    }
                }
            }
            for v in 0..V {
                rows[i][v] = F::fma(simd, rate, F::plus(simd, sums[0][v], sums[1][v]), rows[i][v]);
            }
        }
    }
}
