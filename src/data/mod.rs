//! Datasets of labelled images: reading and generating them, transforming them, and drawing batches.
//!
//! This is the lowest layer: nothing in this module depends on networks.

use std::ops::Range;
use std::sync::Arc;

use ndarray::Array1;
use thiserror::Error;

use crate::real::Real;
pub use classes::{ClassNames, Classes};
pub use identity::Identity;
use pixels::Pixels;

pub mod array;
pub mod batches;
pub(crate) mod checksum;
pub mod classes;
pub mod csv;
pub mod deskew;
pub(crate) mod directory;
pub mod distort;
pub mod emnist;
pub mod expand;
mod file;
mod found;
mod identity;
pub mod idx;
pub mod known;
pub mod memory;
mod names;
pub mod npz;
pub mod pickle;
mod pictures;
mod pixels;
pub mod shift;
pub mod source;
pub mod splits;
pub mod synthetic;
mod treat;
pub mod unlabelled;

/// The two parts of a dataset: the training images, or the test images, which are for the final evaluation only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The training images; the validation set is cut from their end.
    Training,
    /// The test images.
    Test,
}

/// Given the number of images in a dataset, returns the ranges of images that the caller will look at.
pub type Wanted<'a> = &'a dyn Fn(usize) -> Vec<Range<usize>>;

/// Why images and labels do not make a [`Dataset`].
#[derive(Debug, Error)]
pub enum DatasetError {
    /// There are no images, or the images have no pixels.
    #[error("there are no images, or images of no pixels ({images} images of {rows} x {cols})")]
    NoPixels {
        /// Number of images.
        images: usize,
        /// Height in pixels.
        rows: usize,
        /// Width in pixels.
        cols: usize,
    },
    /// The number of images differs from the number of labels.
    #[error("there are {images} images but {labels} labels")]
    Counts {
        /// Number of images.
        images: usize,
        /// Number of labels.
        labels: usize,
    },
    /// The number of pixels is not a multiple of the pixels of one image.
    #[error("{pixels} pixels are not a whole number of images of {rows} x {cols}")]
    Pixels {
        /// Number of pixels.
        pixels: usize,
        /// Height in pixels.
        rows: usize,
        /// Width in pixels.
        cols: usize,
    },
    /// A label names a class that does not exist.
    #[error("label {label} of image {index} is outside the {classes} classes 0 to {}", classes.saturating_sub(1))]
    LabelOutsideClasses {
        /// Which image, counted from 0.
        index: usize,
        /// Its label.
        label: u8,
        /// Number of classes.
        classes: usize,
    },
    /// The number of classes is not from 2 to 256.
    #[error("{0} classes: a classifier needs 2 to 256")]
    Classes(usize),
}

/// Images of one size with a label each. Cheap to clone and to slice: the pixels are shared.
///
/// By construction every image has a label, and every label is below `classes`. Only a slice can be empty.
#[derive(Debug, Clone)]
pub struct Dataset {
    /// Pixels of all images, row by row, 0 = background, 255 = ink.
    pixels: Arc<Pixels>,
    labels: Arc<Vec<u8>>,
    /// The images of `pixels` and `labels` that belong to this slice.
    range: Range<usize>,
    /// See [`first`](Dataset::first).
    first: usize,
    /// See [`ink`](Dataset::ink).
    ink: Option<f64>,
    rows: usize,
    cols: usize,
    classes: usize,
    identity: Arc<Identity>,
    /// The file of each of the images, if each has its own.
    files: Option<Arc<Vec<String>>>,
    /// See [`has_other_part`](Dataset::has_other_part).
    has_other_part: bool,
}

impl Dataset {
    /// A dataset of `labels.len()` images of `rows` x `cols` pixels (row by row, one image after the other) with
    /// labels 0 to `classes - 1`.
    ///
    /// # Errors
    /// A [`DatasetError`] if the parts do not fit together.
    pub fn new(
        pixels: Vec<u8>,
        labels: Vec<u8>,
        geometry: (usize, usize),
        classes: usize,
        identity: Identity,
    ) -> Result<Self, DatasetError> {
        Self::of_pixels(Pixels::Owned(pixels), labels, geometry, classes, identity)
    }

    /// As [`new`](Self::new), but the pixels may be in memory or in a mapped file.
    fn of_pixels(
        pixels: Pixels,
        labels: Vec<u8>,
        (rows, cols): (usize, usize),
        classes: usize,
        identity: Identity,
    ) -> Result<Self, DatasetError> {
        if !(2..=256).contains(&classes) {
            return Err(DatasetError::Classes(classes));
        }
        let size = rows.checked_mul(cols).filter(|&size| size > 0 && !pixels.is_empty());
        let Some(size) = size else {
            return Err(DatasetError::NoPixels { images: labels.len(), rows, cols });
        };
        if !pixels.len().is_multiple_of(size) {
            return Err(DatasetError::Pixels { pixels: pixels.len(), rows, cols });
        }
        let images = pixels.len() / size;
        if images != labels.len() {
            return Err(DatasetError::Counts { images, labels: labels.len() });
        }
        if let Some(index) = labels.iter().position(|&label| usize::from(label) >= classes) {
            return Err(DatasetError::LabelOutsideClasses { index, label: labels[index], classes });
        }
        let (pixels, labels, identity) = (Arc::new(pixels), Arc::new(labels), Arc::new(identity));
        let (range, first, ink, files, has_other_part) = (0..images, 0, None, None, true);
        Ok(Dataset { pixels, labels, range, first, ink, rows, cols, classes, identity, files, has_other_part })
    }

    /// The same images, each from a file of its own: one name for each image, relative to the dataset's directory.
    fn of_files(self, files: Vec<String>) -> Self {
        debug_assert_eq!((files.len(), &self.range), (self.len(), &(0..self.len())));
        Dataset { files: Some(Arc::new(files)), ..self }
    }

    /// Number of images.
    #[must_use]
    pub fn len(&self) -> usize {
        self.range.len()
    }

    /// Whether there are no images.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.range.is_empty()
    }

    /// Height and width of an image in pixels.
    #[must_use]
    pub fn geometry(&self) -> (usize, usize) {
        (self.rows, self.cols)
    }

    /// Pixels per image, which is the number of inputs of the network.
    #[must_use]
    pub fn image_size(&self) -> usize {
        self.rows * self.cols
    }

    /// Number of classes, which is the number of outputs of the network.
    #[must_use]
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// The name of this dataset and of its classes.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The pixels of all images, one image after the other.
    #[must_use]
    pub fn pixels(&self) -> &[u8] {
        let size = self.image_size();
        &self.pixels[self.range.start * size..self.range.end * size]
    }

    /// The pixels of image `index`, row by row, 0 = background, 255 = ink.
    ///
    /// # Panics
    /// If `index` is not below [`len`](Self::len).
    #[must_use]
    pub fn image(&self, index: usize) -> &[u8] {
        let size = self.image_size();
        &self.pixels()[index * size..][..size]
    }

    /// Whether the pixels stay in a mapped file, because they may not fit into memory.
    #[must_use]
    pub fn is_mapped(&self) -> bool {
        matches!(*self.pixels, Pixels::Mapped { .. })
    }

    /// The labels of all images.
    #[must_use]
    pub fn labels(&self) -> &[u8] {
        &self.labels[self.range.clone()]
    }

    /// The label of image `index`.
    ///
    /// # Panics
    /// If `index` is not below [`len`](Self::len).
    #[must_use]
    pub fn label(&self, index: usize) -> usize {
        usize::from(self.labels()[index])
    }

    /// Whether the source of the images has labels of the other part, too, such as those of test images beside training
    /// images. True if that is not known.
    #[must_use]
    pub fn has_other_part(&self) -> bool {
        self.has_other_part
    }

    /// The file that image `index` was read from, relative to the dataset's directory, if each image has its own.
    ///
    /// # Panics
    /// If `index` is not below [`len`](Self::len).
    #[must_use]
    pub fn file(&self, index: usize) -> Option<&str> {
        self.files.as_ref().map(|files| &files[self.range.clone()][index][..])
    }

    /// Image `index` as the input of a network: x = pixel / 255, shape (n_1).
    #[must_use]
    pub fn input<F: Real>(&self, index: usize) -> Array1<F> {
        self.image(index).iter().map(|&pixel| F::of(f64::from(pixel) / 255.0)).collect()
    }

    /// The images in `range`, sharing this dataset's pixels.
    ///
    /// # Panics
    /// If `range` is not within `0..self.len()`.
    #[must_use]
    pub fn slice(&self, range: Range<usize>) -> Dataset {
        assert!(range.start <= range.end && range.end <= self.len(), "{range:?} of {} images", self.len());
        let start = self.range.start;
        Dataset { range: start + range.start..start + range.end, ..self.clone() }
    }

    /// The images in `range`, for one of several processes that divide the dataset among themselves. The images are
    /// copied, so that the rest can be freed, unless they are mapped and so many that they would be mapped on their
    /// own. `ink` is the [`ink`](Self::ink) of the whole dataset.
    ///
    /// # Panics
    /// If `range` is not within `0..self.len()`.
    #[must_use]
    pub fn share(&self, range: Range<usize>, ink: f64) -> Dataset {
        let mut share = self.slice(range.clone());
        if !self.is_mapped() || share.pixels().len() as u64 <= pixels::MAPPED_ABOVE {
            share = share.replaced(share.pixels().to_vec(), share.labels().to_vec(), self.identity().clone());
        }
        Dataset { first: self.first + range.start, ink: Some(ink), ..share }
    }

    /// The index of this dataset's first image in the dataset of which it is a [`share`](Self::share); 0 if it is not a
    /// share. Random changes to an image depend on its index in the whole dataset.
    #[must_use]
    pub fn first(&self) -> usize {
        self.first
    }

    /// The fraction of non-background pixels in the dataset of which this is a [`share`](Self::share); `None` if it is
    /// not a share.
    #[must_use]
    pub fn ink(&self) -> Option<f64> {
        self.ink
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dataset(
        pixels: usize,
        labels: &[u8],
        geometry: (usize, usize),
        classes: usize,
    ) -> Result<Dataset, DatasetError> {
        Dataset::new((0..pixels).map(|i| i as u8).collect(), labels.to_vec(), geometry, classes, Identity::named("toy"))
    }

    #[test]
    fn parts_that_do_not_fit_are_refused() {
        use DatasetError as E;
        assert!(dataset(12, &[0, 1], (2, 3), 2).is_ok());
        assert!(matches!(dataset(12, &[0, 1, 1], (2, 3), 2), Err(E::Counts { images: 2, labels: 3 })));
        assert!(matches!(dataset(13, &[0, 1], (2, 3), 2), Err(E::Pixels { .. })));
        assert!(matches!(dataset(12, &[0, 2], (2, 3), 2), Err(E::LabelOutsideClasses { index: 1, label: 2, .. })));
        assert!(matches!(dataset(0, &[], (2, 3), 2), Err(E::NoPixels { .. })));
        assert!(matches!(dataset(12, &[0, 1], (0, 3), 2), Err(E::NoPixels { .. })));
        assert!(matches!(dataset(12, &[0, 1], (usize::MAX, 3), 2), Err(E::NoPixels { .. })));
        assert!(matches!(dataset(12, &[0, 0], (2, 3), 1), Err(E::Classes(1))));
        assert!(matches!(dataset(12, &[0, 0], (2, 3), 257), Err(E::Classes(257))));
    }

    #[test]
    fn a_slice_of_a_slice_sees_the_right_images() {
        let all = dataset(40, &[0, 1, 0, 1, 1, 0, 0, 0, 1, 0], (2, 2), 2).unwrap();
        let part = all.slice(2..8).slice(1..4);
        assert_eq!(part.labels(), [1, 1, 0]);
        assert_eq!(part.image(1), [16, 17, 18, 19]);
        assert_eq!(part.label(1), 1);
        assert_eq!(part.file(1), None);
        let files = all.of_files((0..10).map(|i| format!("{i}.png")).collect()).slice(2..8).slice(1..4);
        assert_eq!(files.file(1), Some("4.png"));
        let treated = files.replaced(vec![0; 12], files.labels().to_vec(), Identity::named("treated"));
        assert_eq!(treated.file(1), Some("4.png"));
        assert_eq!(files.replaced(vec![0; 4], vec![0], Identity::named("others")).file(0), None);
    }

    #[test]
    fn inputs_are_pixels_over_255() {
        let data = Dataset::new(vec![0, 51, 255, 128], vec![2], (2, 2), 3, Identity::named("toy")).unwrap();
        assert_eq!(data.input::<f64>(0).to_vec(), [0.0, 0.2, 1.0, 128.0 / 255.0]);
    }
}
