//! Why a dataset cannot be loaded.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::data::csv::CsvError;
use crate::data::idx::IdxError;
use crate::data::known::Known;
use crate::data::memory::TooMany;
use crate::data::npz::NpzError;
use crate::data::pickle::PickleError;
use crate::data::{DatasetError, Part};
use crate::picture::find::NoDigit;
use crate::picture::read;

/// Why a dataset cannot be loaded.
#[derive(Debug, Error)]
pub enum SourceError {
    /// The path does not exist.
    #[error(
        "{} does not exist: name a directory that holds the four IDX files, or pictures in directories of their \
        classes, a .pkl.gz, .npz or .csv file, or 'synthetic'", .0.display()
    )]
    NotThere(PathBuf),
    /// The path is a device or a pipe, or is a file where a directory is needed.
    #[error("{} is neither a directory nor an ordinary file", .0.display())]
    NotADirectory(PathBuf),
    /// A file is missing.
    #[error("{} lacks {name} (or {name}.gz)", directory.display())]
    MissingFile {
        /// The directory that was searched.
        directory: PathBuf,
        /// The usual name of the file.
        name: String,
        /// The known dataset that can be downloaded to complete the directory.
        begun: Option<&'static Known>,
    },
    /// The directory holds nothing of the kind.
    #[error(
        "{} holds neither IDX files, such as train-images-idx3-ubyte, nor pictures, PNG or JPEG, in directories of \
        their classes (name a .pkl.gz, .npz or .csv file itself)", .0.display()
    )]
    NoImages(PathBuf),
    /// The directory holds files of several datasets.
    #[error(
        "{} holds more than one dataset ({first} and {second}): give each a directory of its own", directory.display()
    )]
    Ambiguous {
        /// The directory.
        directory: PathBuf,
        /// The name of a file of one dataset.
        first: String,
        /// The name of a file of another dataset.
        second: String,
    },
    /// The CSV file holds only one part, and no file with the test images lies beside it.
    #[error(
        "{} has no test images beside it{}: they belong in a file with 'test' in its name where this one has 'train', \
        as in mnist_train.csv and mnist_test.csv{} (--split validation, or train --evaluate-on validation, needs none; --split all \
        takes the whole file)",
        path.display(),
        missing.as_ref().map_or_else(String::new, |name| format!(" (there is no {})", name.display())),
        if missing.is_some() { String::new() } else { format!("; if it holds test images, call it {}", as_test(path)) }
    )]
    NoTestImages {
        /// The file that was named.
        path: PathBuf,
        /// Where the file with the test images would be, if the name of `path` tells.
        missing: Option<PathBuf>,
    },
    /// The directories of one part contain no pictures.
    #[error("{} has no {}", directory.display(), where_pictures_belong(directory, *part))]
    NoPictures {
        /// The directory that was named.
        directory: PathBuf,
        /// The part without pictures.
        part: Part,
    },
    /// The directory contains pictures, but not in one directory per class.
    #[error(
        "{} holds pictures, but not in directories of their classes: sort them into {}",
        .0.display(),
        .0.join("CLASS").display()
    )]
    LoosePictures(PathBuf),
    /// The directories of classes hold pictures of other formats alone.
    #[error("{} holds pictures of other formats than PNG and JPEG: convert them", .0.display())]
    OtherPictures(PathBuf),
    /// There are more directories of pictures than classes are possible.
    #[error(
        "{} holds {classes} directories of pictures, but at most 256 classes can be told apart: each is to hold the \
        pictures of one class", directory.display()
    )]
    TooManyClasses {
        /// The directory that was named.
        directory: PathBuf,
        /// Number of directories that contain pictures.
        classes: usize,
    },
    /// A file is damaged or cannot be read.
    #[error("{} {problem}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        problem: FileError,
    },
    /// Each file is valid, but the files do not fit together.
    #[error("the {} images and labels in {} do not fit together: {problem}", word(*part), path.display())]
    Dataset {
        /// The directory or the file.
        path: PathBuf,
        /// Which pair of images and labels.
        part: Part,
        /// How they disagree.
        problem: DatasetError,
    },
    /// The seed of the built-in digits is not a number.
    #[error("'synthetic:{0}': the seed of the built-in digits is a whole number, as in 'synthetic:7'")]
    SyntheticSeed(String),
    /// More built-in digits than fit into memory.
    #[error(transparent)]
    TooMany(#[from] TooMany),
}

/// What can be wrong with one file.
#[derive(Debug, Error)]
pub enum FileError {
    /// The path is a directory.
    #[error("is a directory, expected a file")]
    IsDirectory,
    /// The path is a pipe or a device, which might never end.
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
    /// The labels of EMNIST's letters start at 1.
    #[error("has a label below {first} for image {index}: the labels of EMNIST's letters start at {first}")]
    FirstLabel {
        /// Which image, counted from 0.
        index: usize,
        /// The lowest valid label.
        first: u8,
    },
    /// The file is one of the four IDX files that make a dataset.
    #[error("is an IDX file, one of four: name the directory that holds them all")]
    LoneIdx,
    /// The file is a single NumPy array, not images and labels.
    #[error("is a single array of NumPy: put x_train, y_train, x_test and y_test into one file with numpy.savez")]
    LoneArray,
    /// The file is a picture.
    #[error(
        "is a picture; expected many images with their labels in one file, a pickle, .npz or CSV, or a directory of \
        pictures in directories of their classes"
    )]
    Picture,
    /// The file is a model file, or other JSON.
    #[error("is JSON, such as a model file; expected images with their labels, in a pickle, .npz or CSV")]
    Json,
    /// The format of the file is not supported. These are its first bytes.
    #[error("is none of the formats that are read: a pickle, .npz or CSV (it starts with the bytes {})", hex(.0))]
    Unknown(Vec<u8>),
    /// The contents are not a pickled dataset.
    #[error(transparent)]
    Pickle(PickleError),
    /// The training and the validation images of a pickle differ in size.
    #[error("has training and validation arrays that do not fit together: {0:?} and {1:?}")]
    Sizes(Vec<u32>, Vec<u32>),
    /// The contents are not an `.npz` archive of a dataset.
    #[error(transparent)]
    Npz(NpzError),
    /// The contents are not a table of images.
    #[error(transparent)]
    Csv(CsvError),
    /// The images have another number of pixels than a network takes.
    #[error("has images of {found} pixels, expected {expected}, as the network takes")]
    Pixels {
        /// Number of pixels of an image.
        found: usize,
        /// Number of inputs of the network.
        expected: usize,
    },
    /// The file is not a picture, or it is damaged.
    #[error(transparent)]
    BadPicture(read::FileError),
    /// The picture cannot be brought into MNIST's form.
    #[error("is {0} (pictures are taken as they are only if all are squares of one size, at most 64 pixels a side)")]
    NoDigit(NoDigit),
    /// The size of the picture differs from that of the training pictures, which are used unchanged.
    #[error("has {width} x {height} pixels, the pictures to train on have {side} x {side}: make it as large")]
    PictureSize {
        /// Width of the picture in pixels.
        width: usize,
        /// Height of the picture in pixels.
        height: usize,
        /// Height and width of the training pictures in pixels.
        side: usize,
    },
    /// The operating system could not open or read it.
    #[error("cannot be read: {0}")]
    Io(io::Error),
}

impl FileError {
    /// Converts an I/O error met while reading. Decompressors report damage as I/O errors; this function separates
    /// damage from real I/O errors.
    pub(in crate::data) fn reading(error: io::Error, is_gzip: bool) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof if is_gzip => FileError::GzipTruncated,
            io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData if is_gzip => FileError::GzipCorrupt(error),
            _ => FileError::Io(error),
        }
    }

    pub(in crate::data) fn of_idx(error: IdxError, is_gzip: bool) -> Self {
        match error {
            IdxError::Io(error) => Self::reading(error, is_gzip),
            error => FileError::Idx(error),
        }
    }

    pub(in crate::data) fn of(self, path: &Path) -> SourceError {
        SourceError::File { path: path.to_path_buf(), problem: self }
    }
}

/// Bytes in hexadecimal, such as "89 50 4e 47".
fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ")
}

/// Names the missing pictures and the directory they belong in.
fn where_pictures_belong(directory: &Path, part: Part) -> String {
    let [training, test] = ["train", "test"].map(|part| directory.join(part).join("CLASS").display().to_string());
    match part {
        Part::Training => format!("pictures to train on: they belong in {training}, as .png, .jpg or .jpeg"),
        Part::Test => format!(
            "test pictures: they belong in {test}; a directory may have these alone (--split validation, or train \
            --evaluate-on validation, needs none; --split all takes all that are there)"
        ),
    }
}

/// What a table of test images could be called.
pub(super) fn as_test(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let (stem, endings) = name.split_at(name.find('.').unwrap_or(name.len()));
    path.with_file_name(format!("{stem}_test{endings}")).display().to_string()
}

fn word(part: Part) -> &'static str {
    match part {
        Part::Training => "training",
        Part::Test => "test",
    }
}
