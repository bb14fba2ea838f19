//! Images as the (index, value) pairs of their non-zero pixels.
//!
//! Four in five pixels of a digit are zero. A zero pixel contributes nothing to z^2 = w^2 x + b^2 or to the gradient
//! delta^2 x^T. Images that are mostly ink, or that have more pixels than a 16-bit index can address, are not
//! converted.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};

use super::pages::Pages;
use crate::data::Dataset;
use crate::threads::share_out;

/// Above this share of non-zero pixels the dense product is faster (see `docs/performance.md`).
const DENSE_ABOVE: f64 = 0.35;

/// The number of pairs of an image is a multiple of this, padded with (0, 0), so that kernels can process several at a
/// time.
pub const TOGETHER: usize = 4;

/// Pairs are stored in whole groups of this many, the number that one vector instruction converts from bytes.
pub const GROUP: usize = 16;

/// The number of images that a thread packs at a time.
const JOB: usize = 1024;

/// Images with their labels, ready to be visited in any order.
///
/// Clones are cheap. The pairs are found when the fast engine first needs them, once for all clones, so several
/// trainings on the same images should use clones.
#[derive(Clone)]
pub struct Images {
    pub(super) data: Dataset,
    form: Arc<OnceLock<Form>>,
}

/// The form in which the fast engine uses the images.
struct Form {
    /// The pairs of all images. `None` if dense products are faster, or if the pairs are not stored (see [`Form::of`]).
    pairs: Option<Pairs>,
    /// The average number of pairs per image, padding included; `None` if dense products are faster.
    sparse: Option<usize>,
}

/// The non-zero pixels of all images, one image after another.
pub(super) struct Pairs {
    spans: Vec<Span>,
    index: Pages<u16>,
    value: Pages<u8>,
}

/// The position of the pairs of an image.
#[derive(Clone, Copy)]
struct Span {
    first: u32, // group
    len: u32,   // pairs, a multiple of TOGETHER
}

impl Span {
    fn groups(self) -> usize {
        (self.len as usize).div_ceil(GROUP)
    }
}

impl From<Dataset> for Images {
    fn from(data: Dataset) -> Self {
        Images { data, form: Arc::default() }
    }
}

impl From<&Dataset> for Images {
    fn from(data: &Dataset) -> Self {
        data.clone().into()
    }
}

impl From<&Images> for Images {
    fn from(images: &Images) -> Self {
        images.clone()
    }
}

impl Images {
    /// The images themselves.
    #[must_use]
    pub fn data(&self) -> &Dataset {
        &self.data
    }

    /// Finds the pairs with this many threads, unless they have been found before. The methods below require this.
    pub(super) fn prepared(self, threads: usize) -> Self {
        self.form.get_or_init(|| Form::of(&self.data, threads));
        self
    }

    fn form(&self) -> &Form {
        self.form.get().expect("images are prepared before they are used")
    }

    /// The pairs of all images, if they are stored.
    #[inline]
    pub(super) fn pairs(&self) -> Option<&Pairs> {
        self.form().pairs.as_ref()
    }

    /// Whether multiplying by these images is faster with pairs.
    pub(super) fn is_sparse(&self) -> bool {
        self.form().sparse.is_some()
    }

    /// The average number of pairs per image if pairs are used, otherwise the number of pixels.
    pub(super) fn mean_pairs(&self) -> usize {
        self.form().sparse.unwrap_or(self.data.image_size())
    }

    /// The same images without stored pairs.
    #[cfg(test)]
    pub(crate) fn without_pairs(&self) -> Self {
        let form = Form { pairs: None, sparse: self.clone().prepared(1).form().sparse };
        Images { data: self.data.clone(), form: Arc::new(form.into()) }
    }
}

impl Form {
    /// Uses pairs if enough pixels are zero. The pairs of a memory-mapped file are not stored, because they would take
    /// half as much memory as the file; they are found anew for every mini-batch. So are pairs that are too many for
    /// [`Span::place`].
    fn of(data: &Dataset, threads: usize) -> Self {
        let Some(mut spans) = Span::of_images(data, threads) else { return Form { pairs: None, sparse: None } };
        let groups: usize = spans.iter().map(|span| span.groups()).sum();
        let is_kept = !data.is_mapped() && Span::place(&mut spans);
        let pairs = is_kept.then(|| Pairs::new(spans, data, threads));
        Form { sparse: Some(groups * GROUP / data.len().max(1)), pairs }
    }
}

impl Span {
    /// The number of pairs of each image. `None` if too few pixels are zero, or if there are too many pixels for a
    /// 16-bit index.
    fn of_images(data: &Dataset, threads: usize) -> Option<Vec<Span>> {
        let n_in = data.image_size();
        if n_in > 1 << 16 {
            return None;
        }
        let mut spans = vec![Span { first: 0, len: 0 }; data.len()];
        let non_zero = AtomicUsize::new(0);
        let jobs = spans.chunks_mut(JOB).zip(data.pixels().chunks(JOB * n_in));
        share_out(threads, jobs, |(spans, pixels)| {
            for (span, image) in spans.iter_mut().zip(pixels.chunks_exact(n_in)) {
                let count = count_non_zero(image);
                non_zero.fetch_add(count, Relaxed);
                span.len = count.next_multiple_of(TOGETHER) as u32;
            }
        });
        let ink = data.ink().unwrap_or(non_zero.into_inner() as f64 / data.pixels().len() as f64);
        if ink > DENSE_ABOVE { None } else { Some(spans) }
    }

    /// Places the spans one after the other. Returns false if the group numbers exceed 32 bits.
    fn place(spans: &mut [Span]) -> bool {
        let mut groups = 0;
        spans.iter_mut().all(|span| {
            let first = u32::try_from(groups);
            groups += span.groups();
            first.map(|first| span.first = first).is_ok()
        })
    }
}

impl Pairs {
    fn new(spans: Vec<Span>, data: &Dataset, threads: usize) -> Self {
        let groups = spans.last().map_or(0, |last| last.first as usize + last.groups());
        let (index, value) = (Pages::zeros(groups * GROUP), Pages::zeros(groups * GROUP));
        let mut pairs = Pairs { spans, index, value };
        pairs.fill(data, threads);
        pairs
    }

    /// Writes the pairs of all images into their places.
    fn fill(&mut self, data: &Dataset, threads: usize) {
        let n_in = data.image_size();
        let Pairs { spans, index, value } = self;
        let (mut index, mut value) = (&mut **index, &mut **value);
        let jobs = spans.chunks(JOB).zip(data.pixels().chunks(JOB * n_in)).map(|(spans, pixels)| {
            let len = spans.iter().map(|span| span.groups() * GROUP).sum();
            (
                spans,
                pixels,
                index.split_off_mut(..len).unwrap_or_default(),
                value.split_off_mut(..len).unwrap_or_default(),
            )
        });
        share_out(threads, jobs, |(spans, pixels, index, value)| {
            let (mut found_index, mut found_value) = (vec![0; n_in + 8], vec![0; n_in + 8]);
            let mut at = 0;
            for (span, image) in spans.iter().zip(pixels.chunks_exact(n_in)) {
                let count = find_non_zero(image, &mut found_index, &mut found_value);
                index[at..at + count].copy_from_slice(&found_index[..count]);
                value[at..at + count].copy_from_slice(&found_value[..count]);
                at += span.groups() * GROUP;
            }
        });
    }

    /// The indices and values of an image in whole groups, and the number of pairs to use, a multiple of [`TOGETHER`].
    #[inline(always)]
    pub fn image(&self, image: usize) -> (&[[u16; GROUP]], &[[u8; GROUP]], usize) {
        let span = self.spans[image];
        let range = span.first as usize..span.first as usize + span.groups();
        let (index, value) = (self.index.as_chunks().0, self.value.as_chunks().0);
        (&index[range.clone()], &value[range], span.len as usize)
    }
}

fn count_non_zero(pixels: &[u8]) -> usize {
    let parts = pixels.chunks(255); // so that a byte can count them
    parts.map(|part| usize::from(part.iter().map(|&pixel| u8::from(pixel != 0)).sum::<u8>())).sum()
}

/// Writes the non-zero pixels to the start of `index` and `value`, and returns their number. Both slices must be at
/// least eight longer than `image`. Their remaining contents are unspecified.
#[inline(always)]
pub(super) fn find_non_zero(image: &[u8], index: &mut [u16], value: &mut [u8]) -> usize {
    let (eights, rest) = image.as_chunks::<8>();
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    let mut found = 0;
    for (i, eight) in eights.iter().chain([&last]).enumerate() {
        if u64::from_ne_bytes(*eight) == 0 {
            continue; // most of the paper is white
        }
        // There is no branch on a single pixel: each is written, and kept only if `kept` then advances.
        let (index, value) = (&mut index[found..found + 8], &mut value[found..found + 8]);
        let mut kept = 0;
        for (j, &pixel) in eight.iter().enumerate() {
            index[kept & 7] = (8 * i + j) as u16; // & 7: kept is at most j, but the compiler does not see it
            value[kept & 7] = pixel;
            kept += usize::from(pixel != 0);
        }
        found += kept;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Identity;

    #[test]
    fn clones_have_their_pairs_from_one_search() {
        let data = Dataset::new(vec![0, 7, 0, 0], vec![1], (2, 2), 10, Identity::named("a test")).unwrap();
        let images = Images::from(data);
        let clone = images.clone();
        let pairs = images.prepared(2);
        assert!(std::ptr::eq(pairs.pairs().unwrap(), clone.prepared(1).pairs().unwrap()));
    }

    #[test]
    fn spans_that_cannot_be_counted_are_not_placed() {
        let mut spans = vec![Span { first: 0, len: u32::MAX - 3 }; 16]; // a multiple of TOGETHER
        assert!(Span::place(&mut spans));
        assert_eq!(spans[2].first as usize, 2 * spans[0].groups());
        assert!(!Span::place(&mut spans.repeat(2)));
    }
}
