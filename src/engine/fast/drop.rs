//! Dropout: masks of the neurons that each image keeps.

use pulp::{Simd, WithSimd};

use super::simd::Vectors;
use crate::network::Dropout;

/// Which neurons of a layer are kept for each image of a mini-batch.
#[derive(Clone, Copy)]
pub(super) struct Mask<'a, F> {
    /// For each image `stride` bytes, of which the first ones belong to the layer: 1 = kept, 0 = dropped.
    bytes: &'a [u8],
    stride: usize,
    /// The factor on the kept activations.
    pub factor: F,
}

impl<'a, F: Vectors> Mask<'a, F> {
    /// The mask of layer `layer` (0 = input) from neuron `first` on; `None` if nothing is dropped in that layer.
    /// `bytes` covers all layers except the output.
    pub fn of(bytes: &'a [u8], sizes: &[usize], dropout: Dropout, layer: usize, first: usize) -> Option<Self> {
        let rate = if layer == 0 { dropout.input } else { dropout.hidden };
        let start = sizes[..layer].iter().sum::<usize>() + first;
        let stride = sizes[..sizes.len() - 1].iter().sum();
        // Before the first image there are no bytes.
        (rate > 0.0).then(|| Mask {
            bytes: bytes.get(start..).unwrap_or_default(),
            stride,
            factor: dropout.factor(layer),
        })
    }

    /// The mask without the first `images` images.
    pub fn skip(self, images: usize) -> Self {
        Mask { bytes: &self.bytes[images * self.stride..], ..self }
    }

    /// The bytes of image `k`.
    #[inline(always)]
    pub fn image(&self, k: usize) -> &'a [u8] {
        &self.bytes[k * self.stride..]
    }
}

/// Multiplies activations, or their deltas, by 0 or by the factor.
pub(super) struct DropOut<'a, F> {
    pub numbers: &'a mut [F], // (m, width)
    pub width: usize,
    pub neurons: usize,
    pub mask: Mask<'a, F>,
}

impl<F: Vectors> WithSimd for DropOut<'_, F> {
    type Output = ();
    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        for (k, row) in self.numbers.chunks_exact_mut(self.width).enumerate() {
            for (number, &mask) in row[..self.neurons].iter_mut().zip(self.mask.image(k)) {
                *number *= F::from_byte(mask) * self.mask.factor;
            }
        }
    }
}
