//! What is read of a dataset's files, before it is one.

use std::path::PathBuf;

use super::checksum::sha256_of_idx;
use super::idx::Idx;
use super::known::Known;
use super::pixels::Pixels;
use super::{ClassNames, Dataset, DatasetError, Identity, Part};

/// What the files of a dataset hold, whatever their format: the images of one part, and the labels of both, from which
/// the classes follow.
pub(super) struct Found {
    /// (n, rows, columns).
    pub images: Images,
    /// (n) for training and for testing. Only those of the other part may be missing.
    pub labels: [Option<Summed>; 2],
    /// The files of the images and of their labels, if each lies in one of its own.
    pub files: Option<(PathBuf, PathBuf)>,
    /// What the classes are called, if that is known from the files.
    pub classes: ClassNames,
    /// The file of each image, relative to the directory of the dataset, if each has its own.
    pub file_of_each: Option<Vec<String>>,
    /// What the images are.
    pub kind: Kind,
}

/// What the images are, as the name of a dataset says that is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Of a table, an archive or IDX files.
    Images,
    /// Of directories, used unchanged.
    Pictures,
    /// Of directories, brought into MNIST's form.
    PicturesInForm,
}

/// Images or labels with the SHA-256 of the IDX file that they make.
pub(super) struct Summed {
    pub idx: Idx,
    pub sha256: String,
}

/// Images, wherever their pixels are.
pub(super) struct Images {
    /// (n, rows, columns).
    pub dims: Vec<u32>,
    pub pixels: Pixels,
    /// The SHA-256 of the IDX file that they make; absent if it is larger than that of any known dataset.
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
    /// A dataset, known by its sums, or else called by its `place`.
    pub fn dataset(self, part: Part, place: String) -> Result<Dataset, DatasetError> {
        // The classes are those that have names, or else 0 to the largest label of both parts, and at least two.
        let largest = self.labels.iter().flatten().flat_map(|labels| &labels.idx.bytes).copied().max().unwrap_or(0);
        let classes = if self.classes.is_empty() { usize::from(largest) + 1 } else { self.classes.all().len() }.max(2);
        let identity = self.identity(part, place);
        let [training, test] = self.labels;
        let labels = if part == Part::Training { training } else { test }.expect("a part has its own labels").idx;
        let images = self.images;
        if images.dims[0] != labels.dims[0] {
            return Err(DatasetError::Counts { images: images.dims[0] as usize, labels: labels.bytes.len() });
        }
        let geometry = (images.dims[1] as usize, images.dims[2] as usize);
        let dataset = Dataset::of_pixels(images.pixels, labels.bytes, geometry, classes, identity)?;
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
        // The training labels tell both parts, so that a test set may come later.
        let sum = self.labels.iter().flatten().next().map_or("", |labels| &labels.sha256[..12]);
        // By these words the name tells later what it was: see `known`.
        let (kind, of_what) = match self.kind {
            Kind::Images => ("images", "the labels"),
            Kind::Pictures => ("pictures", "names and labels"),
            Kind::PicturesInForm => ("pictures in MNIST's form", "names and labels"),
        };
        let name = format!("unknown {kind} (SHA-256 of {of_what} {sum})");
        Identity::unknown(name, place).with_classes(self.classes.clone())
    }
}
