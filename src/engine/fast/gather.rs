//! The pairs of a mini-batch, copied together for the kernels.

use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::drop::Mask;
use super::images::{GROUP, Pairs, TOGETHER, find_non_zero};
use super::pass::Batch;
use super::prefetch::prefetch;
use super::simd::Vectors;

/// The pairs of one mini-batch, gathered from all over the training set, with values already scaled to 0..1.
///
/// The pairs of every image are cut into bands at the same pixels, so that the rows of a large panel that belong to one
/// band stay in the nearest cache while all images are processed.
pub(super) struct Gathered<F> {
    n_in: usize,
    bands: usize,
    /// The start of the pairs of image k in band b, at index k * bands + b.
    starts: Vec<usize>, // m * bands + 1
    index: Vec<u16>,
    value: Vec<F>,
    /// Space for the values of one image, plus [`GROUP`] more.
    found: Vec<u8>, // n_in + GROUP
}

impl<F: Vectors> Gathered<F> {
    /// Space for `m` images of `n_in` pixels, in this many `bands`.
    pub fn new(m: usize, (n_in, bands): (usize, usize)) -> Self {
        let len = m * n_in.next_multiple_of(TOGETHER) + GROUP;
        Gathered {
            n_in,
            bands,
            starts: Vec::with_capacity(m * bands + 1),
            index: vec![0; len],
            value: vec![F::zero(); len],
            found: vec![0; n_in + GROUP],
        }
    }

    /// Replaces the last mini-batch by the one that `batch` lists, and prefetches the `next` one.
    #[inline(always)]
    pub fn gather(&mut self, Batch { images, indices, next }: Batch) {
        self.starts.clear();
        self.starts.push(0);
        let mut at = 0;
        let mut next = next.iter();
        // All images prefetch the same length: the end of a loop of varying length would be mispredicted.
        let (pairs, wanted) = (images.pairs(), images.mean_pairs() * 3 / 2);
        for &image in indices {
            if let (Some(pairs), Some(&next)) = (pairs, next.next()) {
                let (index, value, _) = pairs.image(next as usize);
                prefetch(index, wanted * size_of::<u16>());
                prefetch(value, wanted);
            }
            let len = match pairs {
                Some(pairs) => self.append(at, pairs, image as usize),
                None => self.append_pixels(at, images.data.image(image as usize)),
            };
            let mut cut = at; // what is before it is not counted again
            for band in 1..self.bands {
                cut += self.cut(cut..at + len, band * self.n_in / self.bands);
                self.starts.push(cut);
            }
            at += len;
            self.starts.push(at);
        }
    }

    /// The number of these pairs that come before `pixel`, padding included, rounded down to a multiple of
    /// [`TOGETHER`].
    #[inline(always)]
    fn cut(&self, pairs: Range<usize>, pixel: usize) -> usize {
        // Counting a vector at a time needs no branch; a search would be faster only for images with many bands. 16
        // bits are enough for the count: at most `pixel` real pairs come before `pixel`, and more pixels follow than an
        // image has padding pairs.
        let pixel = pixel as u16;
        let before: u16 = self.index[pairs].iter().map(|&i| u16::from(i < pixel)).sum();
        usize::from(before) / TOGETHER * TOGETHER
    }

    /// Copies whole groups, so that there is no remainder to branch on. The next image overwrites the surplus.
    #[inline(always)]
    fn append(&mut self, at: usize, pairs: &Pairs, image: usize) -> usize {
        let scale = F::of(1.0 / 255.0);
        let (from_index, from_value, len) = pairs.image(image);
        let to_index = &mut self.index[at..][..from_index.len() * GROUP];
        let to_value = &mut self.value[at..][..from_index.len() * GROUP];
        let to = to_index.as_chunks_mut::<GROUP>().0.iter_mut().zip(to_value.as_chunks_mut::<GROUP>().0);
        let from = from_index.iter().zip(from_value);
        for ((to_index, to_value), (index, value)) in to.zip(from) {
            *to_index = *index;
            *to_value = value.map(|byte| F::from_byte(byte) * scale);
        }
        len
    }

    /// Finds the pairs of an image for which none are stored.
    #[inline(always)]
    fn append_pixels(&mut self, at: usize, pixels: &[u8]) -> usize {
        let scale = F::of(1.0 / 255.0);
        let found = find_non_zero(pixels, &mut self.index[at..], &mut self.found);
        let padded = found.next_multiple_of(TOGETHER);
        self.index[at + found..at + padded].fill(0);
        self.found[found..padded].fill(0);
        for (value, &byte) in self.value[at..at + padded].iter_mut().zip(&self.found) {
            *value = F::from_byte(byte) * scale;
        }
        padded
    }

    /// Applies dropout of the input: multiplies the values by 0 or by the factor.
    #[inline(always)]
    fn drop_out(&mut self, mask: Mask<F>) {
        for k in 0..self.len() {
            let (range, mask_of_pixels) = (self.range(k), mask.image(k));
            for (&i, value) in self.index[range.clone()].iter().zip(&mut self.value[range]) {
                *value *= F::from_byte(mask_of_pixels[usize::from(i)]) * mask.factor;
            }
        }
    }

    /// The number of images gathered.
    #[inline(always)]
    pub fn len(&self) -> usize {
        (self.starts.len() - 1) / self.bands
    }

    /// The number of bands.
    #[inline(always)]
    pub fn bands(&self) -> usize {
        self.bands
    }

    #[inline(always)]
    fn range(&self, k: usize) -> Range<usize> {
        self.starts[k * self.bands]..self.starts[(k + 1) * self.bands]
    }

    /// The pairs of image k of the mini-batch; their number is a multiple of [`TOGETHER`].
    #[inline(always)]
    pub fn image(&self, k: usize) -> (&[u16], &[F]) {
        (&self.index[self.range(k)], &self.value[self.range(k)])
    }

    /// The pairs of image k in one band; their number is a multiple of [`TOGETHER`].
    #[inline(always)]
    pub fn part(&self, k: usize, band: usize) -> (&[u16], &[F]) {
        let range = self.starts[k * self.bands + band]..self.starts[k * self.bands + band + 1];
        (&self.index[range.clone()], &self.value[range])
    }
}

/// The same pairs sorted by pixel: for each pixel, the images of the block in which it is not zero.
pub(super) struct Transposed<F> {
    /// (n_in): the end of the pairs of each pixel. The next pixel's pairs start at the next multiple of
    /// [`TRANSPOSED_TOGETHER`].
    ends: Vec<usize>,
    image: Vec<u16>,
    value: Vec<F>,
}

/// The pairs of a pixel come in multiples of two, padded with (0, 0.0).
pub const TRANSPOSED_TOGETHER: usize = 2;

impl<F: Vectors> Transposed<F> {
    /// Space for `m` images of `n_in` pixels.
    pub fn new(m: usize, n_in: usize) -> Self {
        let len = m * n_in.next_multiple_of(TOGETHER) + n_in * (TRANSPOSED_TOGETHER - 1);
        Transposed { ends: vec![0; n_in], image: vec![0; len], value: vec![F::zero(); len] }
    }

    /// Transposes the pairs of a block: counts the images of every pixel, then puts each pair in its place.
    #[inline(always)]
    pub fn transpose(&mut self, images: &Gathered<F>) {
        self.ends.fill(0);
        for &i in &images.index[..images.starts[images.starts.len() - 1]] {
            self.ends[usize::from(i)] += 1;
        }
        let mut start = 0;
        for end in &mut self.ends {
            let count = std::mem::replace(end, start);
            start += count.next_multiple_of(TRANSPOSED_TOGETHER);
            if count > 0 {
                (self.image[start - 1], self.value[start - 1]) = (0, F::zero()); // overwritten if nothing is to fill
            }
        }
        for k in 0..images.len() {
            let (index, value) = images.image(k);
            for (&i, &x) in index.iter().zip(value) {
                let at = &mut self.ends[usize::from(i)];
                (self.image[*at], self.value[*at]) = (k as u16, x);
                *at += 1;
            }
        }
    }

    /// Every pixel that is not zero in all images: (pixel, images, values).
    #[inline(always)]
    pub fn pixels(&self) -> impl Iterator<Item = (usize, &[u16], &[F])> {
        let mut start = 0;
        self.ends.iter().enumerate().filter_map(move |(i, &end)| {
            let range = start..end.next_multiple_of(TRANSPOSED_TOGETHER);
            start = range.end;
            (!range.is_empty()).then(|| (i, &self.image[range.clone()], &self.value[range]))
        })
    }
}

/// The number of images in a block: as many as keep their deltas for one panel in the first-level cache.
pub const BLOCK: usize = 64;

/// Some images of a mini-batch. When gathering, the threads share the blocks.
pub(super) struct Block<F> {
    pub gathered: Gathered<F>,
    /// For the gradient of large layers and of large mini-batches; otherwise `None`.
    pub transposed: Option<Transposed<F>>,
}

impl<F: Vectors> Block<F> {
    /// Space for `m` images of `n_in` pixels, in this many bands.
    pub fn new(m: usize, (n_in, bands): (usize, usize), transposed: bool) -> Self {
        Block { gathered: Gathered::new(m, (n_in, bands)), transposed: transposed.then(|| Transposed::new(m, n_in)) }
    }
}

/// Fills a block with the images that `batch` lists.
pub(super) struct Gather<'a, F> {
    pub block: &'a mut Block<F>,
    pub batch: Batch<'a>,
    /// The pixels that are kept, with dropout of the input.
    pub mask: Option<Mask<'a, F>>,
}

impl<F: Vectors> WithSimd for Gather<'_, F> {
    type Output = ();
    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        self.block.gathered.gather(self.batch);
        if let Some(mask) = self.mask {
            self.block.gathered.drop_out(mask);
        }
    }
}

/// Transposes the pairs of a block, if it has space for that.
pub(super) struct Transpose<'a, F>(pub &'a mut Block<F>);

impl<F: Vectors> WithSimd for Transpose<'_, F> {
    type Output = ();
    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        if let Block { gathered, transposed: Some(transposed) } = self.0 {
            transposed.transpose(gathered);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::images::Images;
    use super::*;
    use crate::data::Part;
    use crate::data::source::Source;

    #[test]
    fn pairs_that_are_found_anew_are_those_that_are_kept() {
        let digits = Source::Synthetic { seed: 0 }.load(Part::Test, 2).unwrap().slice(0..40);
        let kept = Images::from(digits).prepared(1);
        let anew = kept.without_pairs();
        assert!(kept.pairs().is_some() && anew.is_sparse());
        let mut gathered = [(); 2].map(|()| Gathered::<f32>::new(30, (784, 3)));
        // If a longer image precedes a shorter one, there are leftovers to be overwritten.
        for batch in [&(0..30).collect::<Vec<u32>>()[..], &[39, 7, 7], &[]] {
            for (gathered, images) in gathered.iter_mut().zip([&kept, &anew]) {
                gathered.gather(Batch { images, indices: batch, next: &[1, 2] });
            }
            let [kept, anew] = &gathered;
            assert_eq!((kept.len(), anew.len()), (batch.len(), batch.len()));
            for k in 0..batch.len() {
                assert_eq!(kept.image(k), anew.image(k));
                let parts = (0..3).map(|band| kept.part(k, band));
                assert_eq!(parts.clone().flat_map(|(index, _)| index).copied().collect::<Vec<_>>(), kept.image(k).0);
                for (b, (index, value)) in parts.enumerate() {
                    assert!(index.len().is_multiple_of(TOGETHER) && index.len() == value.len());
                    // Bands are cut at multiples of `TOGETHER`, so a few pairs may be in the neighbouring band.
                    let elsewhere = index.iter().filter(|&&i| usize::from(i) * 3 / 784 != b).count();
                    assert!(elsewhere < 2 * TOGETHER, "{index:?} in band {b}");
                }
            }
        }
    }
}
