//! Other images made from those of a dataset, one by one: what deskewing, shifting, expanding and distorting share.

use std::sync::Arc;

use super::memory::{self, TooMany};
use super::pixels::Pixels;
use super::{Dataset, Identity};
use crate::threads::share_out;

/// Number of images that one thread treats at a time.
pub(super) const JOB: usize = 1_000;

impl Dataset {
    /// The same images, cut into rows of `cols` pixels.
    ///
    /// # Panics
    /// If `rows` x `cols` pixels are not as many as an image has.
    #[must_use]
    pub fn shaped(&self, (rows, cols): (usize, usize)) -> Dataset {
        assert_eq!(rows * cols, self.image_size(), "pixels of an image of {rows} x {cols}");
        Dataset { rows, cols, ..self.clone() }
    }

    /// Treats every image on its own, on up to `threads` threads: `treat` writes `versions` of it, into pixels that are all
    /// background (0). Returns the pixels of the versions of all images.
    pub(super) fn treated(
        &self,
        versions: usize,
        threads: usize,
        treat: impl Fn(&[u8], &mut [u8]) + Sync,
    ) -> Result<Vec<u8>, TooMany> {
        let size = self.image_size();
        memory::check(self.len().saturating_mul(versions), size)?;
        let mut pixels = vec![0; self.len() * versions * size];
        let jobs = self.pixels().chunks(JOB * size).zip(pixels.chunks_mut(JOB * versions * size));
        share_out(threads, jobs, |(images, treated)| {
            for (image, treated) in images.chunks_exact(size).zip(treated.chunks_exact_mut(versions * size)) {
                treat(image, treated);
            }
        });
        Ok(pixels)
    }

    /// Replaces images and labels; the image size and the classes stay the same. There may be no images, as in a slice.
    pub(super) fn replaced(&self, pixels: Vec<u8>, labels: Vec<u8>, identity: Identity) -> Dataset {
        debug_assert_eq!(pixels.len(), labels.len() * self.image_size());
        let range = 0..labels.len();
        // As many images are the same ones, treated.
        let files = self.files.as_ref().filter(|_| labels.len() == self.len());
        let files = files.map(|files| match &files[self.range.clone()] {
            all if all.len() == files.len() => Arc::clone(files),
            some => Arc::new(some.to_vec()),
        });
        let (pixels, labels) = (Arc::new(Pixels::Owned(pixels)), Arc::new(labels));
        Dataset { pixels, labels, range, identity: Arc::new(identity), files, ..*self }
    }
}
