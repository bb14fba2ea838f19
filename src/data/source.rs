//! The sources of datasets: a directory of IDX files or of pictures, a single file in another format, or the built-in
//! digits.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::pictures::Pictures;
use super::{Dataset, Part, Wanted, directory, file, synthetic};

mod error;

pub use error::{FileError, SourceError};

/// The directory to look in when no source is named.
pub const DEFAULT_DIRECTORY: &str = "data";

/// A source of images and labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A directory with the four IDX files or, if it has none, with pictures in one directory per class:
    /// `train/CLASS/*.png` and `test/CLASS/*.png`, or `CLASS/*.png` for training images only.
    Directory(PathBuf),
    /// A file that holds a dataset: the book's `mnist.pkl.gz`, Keras's `mnist.npz`, or CSV.
    File(PathBuf),
    /// The built-in digits, generated from this seed.
    Synthetic {
        /// Another seed generates other digits.
        seed: u64,
    },
}

impl Source {
    /// Reads `--data`'s value: `synthetic`, `synthetic:SEED`, a file, or a directory.
    ///
    /// # Errors
    /// [`SourceError::SyntheticSeed`] if SEED is not a whole number.
    pub fn named(value: &OsStr) -> Result<Self, SourceError> {
        match value.to_str().and_then(|text| text.strip_prefix("synthetic")) {
            Some("") => Ok(Source::Synthetic { seed: 0 }),
            Some(seed) if seed.starts_with(':') => match seed[1..].parse() {
                Ok(seed) => Ok(Source::Synthetic { seed }),
                Err(_) => Err(SourceError::SyntheticSeed(seed[1..].to_string())),
            },
            _ if Path::new(value).is_file() => Ok(Source::File(PathBuf::from(value))),
            _ => Ok(Source::Directory(PathBuf::from(value))),
        }
    }

    /// The default source: `directory` if it holds any of the IDX files, else the built-in digits.
    #[must_use]
    pub fn default_in(directory: &Path) -> Self {
        if directory::may_hold_any(directory) {
            Source::Directory(directory.to_path_buf())
        } else {
            Source::Synthetic { seed: 0 }
        }
    }

    /// Loads one part, using up to `threads` threads.
    ///
    /// # Errors
    /// A [`SourceError`] that names the file and what is wrong with it.
    pub fn load(&self, part: Part, threads: usize) -> Result<Dataset, SourceError> {
        self.load_at_least(0, part, threads)
    }

    /// As [`load`](Self::load), but of the built-in digits, whose number is not fixed, loads at least `images`.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn load_at_least(&self, images: usize, part: Part, threads: usize) -> Result<Dataset, SourceError> {
        self.load_wanted((images, &|n| std::iter::once(0..n).collect()), part, threads)
    }

    /// Loads at least `images` images, of which the caller looks only at the `wanted` ones. The other images have their
    /// labels, but may be blank: unwanted digits are not generated, and unwanted pictures not read.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn load_wanted(
        &self,
        (images, wanted): (usize, Wanted),
        part: Part,
        threads: usize,
    ) -> Result<Dataset, SourceError> {
        let (path, found, place) = match self {
            Source::Directory(path) => {
                let pictures = if directory::may_hold_any(path) { None } else { Pictures::find(path)? };
                let (found, place) = match pictures {
                    Some(pictures) => pictures.load(part, wanted, threads)?,
                    None => match directory::load(path, part) {
                        Err(SourceError::MissingFile { begun: None, .. }) if !directory::may_hold_any(path) => {
                            return Err(SourceError::NoImages(path.clone()));
                        }
                        found => (found?, format!("IDX files in {}", path.display())),
                    },
                };
                (path, found, place)
            }
            Source::File(path) => {
                let (found, own) = file::load(path, part)?;
                (path, found, own.display().to_string())
            }
            Source::Synthetic { seed } => return Ok(synthetic::dataset(*seed, part, (images, wanted), threads)?),
        };
        found.dataset(part, place).map_err(|problem| SourceError::Dataset { path: path.clone(), part, problem })
    }
}

#[cfg(test)]
mod tests;
