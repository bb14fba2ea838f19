//! Where a dataset comes from: a directory of IDX files, plain or gzip, or the built-in digits.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;
use thiserror::Error;

use super::idx::{Idx, IdxError};
use super::sum::with_sha256;
use super::{Dataset, DatasetError, Identity, Part, synthetic};
use crate::threads::share_out;

/// The directory that is looked into when none is named.
pub const DEFAULT_DIRECTORY: &str = "data";

/// Deflate cannot pack more than this many bytes into one.
const DEFLATE_MAX_RATIO: u64 = 1032;

/// The SHA-256 of the uncompressed files (images, labels) of known datasets.
///
/// The sums decide, not the file names: Fashion-MNIST and others use the very names of MNIST.
const KNOWN: &[(&str, Part, &str, &str)] = &[
    (
        "MNIST",
        Part::Training,
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    ),
    (
        "MNIST",
        Part::Test,
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    ),
];

/// Where images and labels are read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A directory with the four IDX files.
    Directory(PathBuf),
    /// The built-in digits, drawn from this seed.
    Synthetic {
        /// Digits of another seed are other digits.
        seed: u64,
    },
}

/// Why no dataset could be had.
#[derive(Debug, Error)]
pub enum SourceError {
    /// What was named is not there.
    #[error("there is no directory {}: name one that holds the four IDX files, or use 'synthetic'", .0.display())]
    NoDirectory(PathBuf),
    /// What was named is a file.
    #[error("{} is not a directory: name the directory that holds the four IDX files", .0.display())]
    NotADirectory(PathBuf),
    /// A file is missing.
    #[error("{} lacks {name} (or {name}.gz)", directory.display())]
    MissingFile {
        /// Where it was looked for.
        directory: PathBuf,
        /// The usual name of the file.
        name: String,
    },
    /// A file is damaged or cannot be read.
    #[error("{} {problem}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        problem: FileError,
    },
    /// The files are sound but do not fit together.
    #[error("the {} files in {} do not fit together: {problem}", prefix(*part), directory.display())]
    Dataset {
        /// Where the files are.
        directory: PathBuf,
        /// Which pair of files.
        part: Part,
        /// How they disagree.
        problem: DatasetError,
    },
    /// The seed of the built-in digits is not a number.
    #[error("'synthetic:{0}': the seed of the built-in digits is a whole number, as in 'synthetic:7'")]
    SyntheticSeed(String),
}

/// What can be wrong with one file.
#[derive(Debug, Error)]
pub enum FileError {
    /// A directory bears the name of the file.
    #[error("is a directory, expected an IDX file")]
    IsDirectory,
    /// A pipe or a device, which might never end.
    #[error("is not an ordinary file")]
    NotAFile,
    /// The compressed data ends early.
    #[error("is cut off: the gzip data ends early; fetch the file again")]
    GzipTruncated,
    /// The compressed data is damaged.
    #[error("is damaged: {0}; fetch the file again")]
    GzipCorrupt(io::Error),
    /// The contents are not the IDX data expected.
    #[error(transparent)]
    Idx(IdxError),
    /// The operating system could not open or read it.
    #[error("cannot be read: {0}")]
    Io(io::Error),
}

impl Source {
    /// Reads `--data`'s value: `synthetic`, `synthetic:SEED`, or a directory.
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
            _ => Ok(Source::Directory(PathBuf::from(value))),
        }
    }

    /// The source when none is named: `directory` if it holds any of the files, else the built-in digits.
    #[must_use]
    pub fn default_in(directory: &Path) -> Self {
        let any = [Part::Training, Part::Test].into_iter().any(|part| {
            [Contents::Images, Contents::Labels].into_iter().any(|contents| find(directory, part, contents).is_ok())
        });
        if any { Source::Directory(directory.to_path_buf()) } else { Source::Synthetic { seed: 0 } }
    }

    /// Loads one part, using up to `threads` threads.
    ///
    /// # Errors
    /// A [`SourceError`] that names the file and what is wrong with it.
    pub fn load(&self, part: Part, threads: usize) -> Result<Dataset, SourceError> {
        match self {
            Source::Directory(directory) => load_directory(directory, part),
            Source::Synthetic { seed } => Ok(synthetic::dataset(*seed, part, threads)),
        }
    }
}

/// What a file holds.
#[derive(Clone, Copy)]
enum Contents {
    Images,
    Labels,
}

fn prefix(part: Part) -> &'static str {
    match part {
        Part::Training => "train",
        Part::Test => "t10k",
    }
}

/// The path of a file under one of the names that are in use for it.
fn find(directory: &Path, part: Part, contents: Contents) -> Result<PathBuf, SourceError> {
    let (kind, idx) = match contents {
        Contents::Images => ("images", "idx3-ubyte"),
        Contents::Labels => ("labels", "idx1-ubyte"),
    };
    let name = |separator| format!("{}-{kind}{separator}{idx}", prefix(part));
    let names = [name('-'), name('.'), name('-') + ".gz", name('.') + ".gz"];
    // What cannot be looked at may be there: opening it will say what is the matter.
    let found = names.iter().map(|name| directory.join(name)).find(|path| path.try_exists().unwrap_or(true));
    found.ok_or_else(|| SourceError::MissingFile { directory: directory.to_path_buf(), name: name('-') })
}

/// Reads the images and labels of `part`, and the labels of the other part for the number of classes.
fn load_directory(directory: &Path, part: Part) -> Result<Dataset, SourceError> {
    match directory.metadata() {
        Ok(metadata) if metadata.is_dir() => {}
        Ok(_) => return Err(SourceError::NotADirectory(directory.to_path_buf())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(SourceError::NoDirectory(directory.to_path_buf()));
        }
        Err(error) => {
            return Err(SourceError::File { path: directory.to_path_buf(), problem: FileError::Io(error) });
        }
    }
    let images = find(directory, part, Contents::Images)?;
    let train_labels = find(directory, Part::Training, Contents::Labels)?;
    let test_labels = find(directory, Part::Test, Contents::Labels)?;
    // The images of the other part are not read, but a directory without them is not whole.
    find(directory, Part::Training, Contents::Images)?;
    find(directory, Part::Test, Contents::Images)?;

    let (mut read_images, mut read_labels) = (None, None);
    let jobs: [Box<dyn FnOnce() + Send>; 2] = [
        Box::new(|| read_images = Some(read_file(&images, 3))),
        Box::new(|| read_labels = Some((read_file(&train_labels, 1), read_file(&test_labels, 1)))),
    ];
    share_out(2, jobs.into_iter(), |job| job());
    let (images, (train_labels, test_labels)) = read_images.zip(read_labels).expect("both jobs are done");
    let (images, images_sha256) = images?;
    let ((train_labels, train_sha256), (test_labels, test_sha256)) = (train_labels?, test_labels?);

    let classes = classes_in(&train_labels.bytes, &test_labels.bytes);
    let (labels, labels_sha256) = match part {
        Part::Training => (train_labels, &train_sha256),
        Part::Test => (test_labels, &test_sha256),
    };
    let known = KNOWN.iter().find(|&&(_, p, i, l)| p == part && i == images_sha256 && l == labels_sha256);
    let identity = if let Some((name, ..)) = known {
        Identity::named(*name)
    } else {
        let name = format!("IDX files (SHA-256 of the labels {}, {})", &train_sha256[..12], &test_sha256[..12]);
        Identity::unknown(name, directory.to_path_buf())
    };
    let geometry = (images.dims[1] as usize, images.dims[2] as usize);
    let counts_differ = images.dims[0] != labels.dims[0];
    let dataset = if counts_differ {
        Err(DatasetError::Counts { images: images.dims[0] as usize, labels: labels.bytes.len() })
    } else {
        Dataset::new(images.bytes, labels.bytes, geometry, classes, identity)
    };
    dataset.map_err(|problem| SourceError::Dataset { directory: directory.to_path_buf(), part, problem })
}

/// The classes are 0 to the largest label of both parts, and at least two.
fn classes_in(train_labels: &[u8], test_labels: &[u8]) -> usize {
    let largest = train_labels.iter().chain(test_labels).copied().max().unwrap_or(0);
    (usize::from(largest) + 1).max(2)
}

/// Reads an IDX file, plain or gzip: its first bytes decide, whatever it is called. With the SHA-256 of what it holds
/// when unpacked.
fn read_file(path: &Path, rank: u8) -> Result<(Idx, String), SourceError> {
    let read = || {
        let metadata = path.metadata().map_err(FileError::Io)?;
        if metadata.is_dir() {
            return Err(FileError::IsDirectory);
        }
        if !metadata.is_file() {
            return Err(FileError::NotAFile);
        }
        let file = File::open(path).map_err(FileError::Io)?;
        let mut reader = BufReader::with_capacity(1 << 16, file);
        let is_gzip = reader.fill_buf().map_err(FileError::Io)?.starts_with(&[0x1f, 0x8b]);
        let (idx, sum) = if is_gzip {
            let at_most = metadata.len().saturating_mul(DEFLATE_MAX_RATIO);
            let (idx, sum) = with_sha256(MultiGzDecoder::new(reader), |reader| Idx::read(reader, rank, at_most));
            (idx.map_err(gzip_error)?, sum)
        } else {
            let (idx, sum) = with_sha256(reader, |reader| Idx::read(reader, rank, u64::MAX));
            (idx.map_err(plain_error)?, sum)
        };
        Ok((idx, sum))
    };
    read().map_err(|problem| SourceError::File { path: path.to_path_buf(), problem })
}

fn plain_error(error: IdxError) -> FileError {
    match error {
        IdxError::Io(error) => FileError::Io(error),
        error => FileError::Idx(error),
    }
}

/// A decompressor speaks of damage in the words of I/O errors; this tells the kinds apart.
fn gzip_error(error: IdxError) -> FileError {
    match error {
        IdxError::Io(error) => match error.kind() {
            io::ErrorKind::UnexpectedEof => FileError::GzipTruncated,
            io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => FileError::GzipCorrupt(error),
            _ => FileError::Io(error),
        },
        error => FileError::Idx(error),
    }
}

#[cfg(test)]
mod tests;
