//! The contents of a dataset's files, before they become a [`Dataset`].

use std::path::PathBuf;

use super::checksum::sha256_of_idx;
use super::idx::Idx;
use super::known::Known;
use super::pixels::Pixels;
use super::{ClassNames, Dataset, DatasetError, Identity, Part};

/// The contents of a dataset's files, whatever their format: the images of one part and the labels of both parts. The
/// number of classes follows from the labels.
pub(super) struct Found {
    /// (n, rows, columns).
    pub images: Images,
    /// Training labels and test labels, (n) each. Only the labels of the part whose images are not loaded may be
    /// missing.
    pub labels: [Option<Summed>; 2],
    /// The files of the images and of their labels, if these are two separate files.
    pub files: Option<(PathBuf, PathBuf)>,
    /// The names of the classes, if the files give them.
    pub classes: ClassNames,
    /// The file of each image, relative to the directory of the dataset, if each has its own.
    pub file_of_each: Option<Vec<String>>,
    /// The kind of the images.
    pub kind: Kind,
}

/// The kind of the images, which is part of the name of an unknown dataset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// From a table, an archive or IDX files.
    Images,
    /// From directories of pictures, used unchanged.
    Pictures,
    /// From directories of pictures, brought into MNIST's form.
    PicturesInForm,
}

/// Images or labels with the SHA-256 of the IDX file that would hold them.
pub(super) struct Summed {
    pub idx: Idx,
    pub sha256: String,
}

/// Images, whose pixels are in memory or in a mapped file.
pub(super) struct Images {
    /// (n, rows, columns).
    pub dims: Vec<u32>,
    pub pixels: Pixels,
    /// The SHA-256 of the IDX file that would hold the images; `None` if that is larger than any known dataset's.
    pub sha256: Option<String>,
}

impl From<Summed> for Images {
    fn from(Summed { idx: Idx { dims, bytes }, sha256 }: Summed) -> Self {
        Images { dims, pixels: Pixels::Owned(bytes), sha256: Some(sha256) }
    }
}

impl From<Idx> for Summed {
    fn from(idx: Idx) -> Self {
        Summed { sha256: sha256_of_idx(&idx), idx }
    }
}

impl Found {
    /// Makes a dataset: a known one if the checksums match, otherwise an unknown one called by its `place`.
    pub fn dataset(self, part: Part, place: String) -> Result<Dataset, DatasetError> {
        // The number of classes is the number of class names or, without names, the largest label of both parts plus 1;
        // at least 2.
        let largest = self.labels.iter().flatten().flat_map(|labels| &labels.idx.bytes).copied().max().unwrap_or(0);
        let classes = if self.classes.is_empty() { usize::from(largest) + 1 } else { self.classes.all().len() }.max(2);
        let identity = self.identity(part, place);
        let has_other_part = self.labels.iter().all(Option::is_some);
        let [training, test] = self.labels;
        let labels = if part == Part::Training { training } else { test }.expect("a part has its own labels").idx;
        let images = self.images;
        if images.dims[0] != labels.dims[0] {
            return Err(DatasetError::Counts { images: images.dims[0] as usize, labels: labels.bytes.len() });
        }
        let geometry = (images.dims[1] as usize, images.dims[2] as usize);
        let dataset = Dataset::of_pixels(images.pixels, labels.bytes, geometry, classes, identity)?;
        let dataset = Dataset { has_other_part, ..dataset };
        Ok(match self.file_of_each {
            Some(files) => dataset.of_files(files),
            None => dataset,
        })
    }

    fn identity(&self, part: Part, place: String) -> Identity {
        let labels = self.labels[part as usize].as_ref().map_or("", |labels| &labels.sha256);
        let known = self.images.sha256.as_ref().and_then(|images| Known::of_contents(part, images, labels));
        let of_files = || self.files.as_ref().and_then(|(images, labels)| Known::of_files(part, images, labels));
        if let Some(known) = known.or_else(of_files) {
            return known.identity();
        }
        // Training labels identify both parts, so that a test set may be added later.
        let sum = self.labels.iter().flatten().next().map_or("", |labels| &labels.sha256[..12]);
        // `known` recognizes the kind of a dataset by these words in its name.
        let (kind, of_what) = match self.kind {
            Kind::Images => ("images", "the labels"),
            Kind::Pictures => ("pictures", "names and labels"),
            Kind::PicturesInForm => ("pictures in MNIST's form", "names and labels"),
        };
        let name = format!("unknown {kind} (SHA-256 of {of_what} {sum})");
        Identity::unknown(name, place).with_classes(self.classes.clone())
    }
}
