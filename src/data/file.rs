//! A dataset in a single file. Its format is recognized by its contents, never by its name.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;

use super::array::side_of;
use super::csv::{self, CsvError};
use super::found::{Found, Kind, Summed};
use super::idx::{Idx, IdxError};
use super::npz::{Npz, NpzError};
use super::pickle::{self, PickleError};
use super::source::{FileError, SourceError};
use super::{ClassNames, Part};

/// Deflate cannot compress more than this many bytes into one.
const DEFLATE_MAX_RATIO: u64 = 1032;
const BUFFER: usize = 1 << 16;

/// An open file. If its first bytes are gzip's, it is decompressed while it is read, whatever its name.
pub(super) struct Opened {
    pub reader: Box<dyn BufRead>,
    pub is_gzip: bool,
    /// The size of the file, in bytes.
    pub len: u64,
    /// The maximum amount of data in it, in bytes, once decompressed.
    pub at_most: u64,
}

impl Opened {
    pub fn open(path: &Path) -> Result<Self, FileError> {
        let metadata = path.metadata().map_err(FileError::Io)?;
        if metadata.is_dir() {
            return Err(FileError::IsDirectory);
        }
        if !metadata.is_file() {
            return Err(FileError::NotAFile);
        }
        let file = File::open(path).map_err(FileError::Io)?;
        let mut reader = BufReader::with_capacity(BUFFER, file);
        let is_gzip = reader.fill_buf().map_err(FileError::Io)?.starts_with(&[0x1f, 0x8b]);
        let len = metadata.len();
        Ok(if is_gzip {
            let reader = BufReader::with_capacity(BUFFER, MultiGzDecoder::new(reader));
            Opened { reader: Box::new(reader), is_gzip, len, at_most: len.saturating_mul(DEFLATE_MAX_RATIO) }
        } else {
            Opened { reader: Box::new(reader), is_gzip, len, at_most: u64::MAX }
        })
    }
}

/// Loads the images and labels of `part`, and the labels of the other part, which count for the number of classes. Also
/// returns the path of the file that holds `part`: for CSV, this may be the file beside the one at `path`.
pub(super) fn load(path: &Path, part: Part) -> Result<(Found, PathBuf), SourceError> {
    let itself = |found: Result<Found, FileError>| match found {
        Ok(found) => Ok((found, path.to_path_buf())),
        Err(problem) => Err(problem.of(path)),
    };
    match Format::of(path).map_err(|problem| problem.of(path))? {
        Format::Pickle => itself(load_pickle(path, part)),
        Format::Npz => itself(load_npz(path, part)),
        Format::Csv => load_csv(path, part),
    }
}

/// The formats of a dataset in a single file.
#[derive(Debug, PartialEq)]
pub(super) enum Format {
    Pickle,
    Npz,
    Csv,
}

impl Format {
    pub fn of(path: &Path) -> Result<Self, FileError> {
        let Opened { mut reader, is_gzip, .. } = Opened::open(path)?;
        let mut start = Vec::new();
        reader.by_ref().take(512).read_to_end(&mut start).map_err(|error| FileError::reading(error, is_gzip))?;
        match &start[..] {
            [] => Err(FileError::Idx(IdxError::Empty)),
            [b'<', ..] => Err(FileError::Idx(IdxError::Html)),
            [b'P', b'K', 3 | 5, ..] if !is_gzip => Ok(Format::Npz),
            [0x80, ..] | [b'(', b'(' | b'c', ..] => Ok(Format::Pickle),
            [0, 0, ..] => Err(FileError::LoneIdx),
            [0x89, b'P', b'N', b'G', ..] | [0xff, 0xd8, 0xff, ..] => Err(FileError::Picture),
            [b'{', ..] => Err(FileError::Json),
            [0x93, b'N', b'U', b'M', b'P', b'Y', ..] => Err(FileError::LoneArray),
            other if is_table(other) => Ok(Format::Csv),
            other => Err(FileError::Unknown(other[..other.len().min(4)].to_vec())),
        }
    }
}

/// Whether a file with these first bytes is a table. This includes tables with other separators or in UTF-16, which the
/// CSV reader refuses with advice on how to save them.
fn is_table(start: &[u8]) -> bool {
    let is_utf_16 = matches!(start, [0xff, 0xfe, _, 0, ..] | [0xfe, 0xff, 0, ..]);
    let is_text = |text: &str| text.contains(',') || text.lines().next().is_some_and(csv::has_other_separator);
    is_utf_16 || text(start).is_some_and(is_text)
}

/// The start of a file as text, without an incomplete last character; `None` if it is not UTF-8.
fn text(start: &[u8]) -> Option<&str> {
    let whole_letters = match std::str::from_utf8(start) {
        Err(error) if error.error_len().is_none() => error.valid_up_to(),
        _ => start.len(),
    };
    std::str::from_utf8(&start[..whole_letters]).ok()
}

/// Makes the book's split that of the IDX files, where the validation images are the last training images.
fn load_pickle(path: &Path, part: Part) -> Result<Found, FileError> {
    let opened = Opened::open(path)?;
    let problem = |error| match error {
        PickleError::Io(error) => FileError::reading(error, opened.is_gzip),
        error => FileError::Pickle(error),
    };
    let [training, validation, test] = pickle::read(opened.reader).map_err(problem)?;
    let training = (join(training.0, validation.0)?, join(training.1, validation.1)?);
    let images = if part == Part::Training { training.0 } else { test.0 };
    Ok(Found::new(images, [Some(training.1), Some(test.1)]))
}

/// Appends `second` to `first`.
fn join(mut first: Idx, second: Idx) -> Result<Idx, FileError> {
    if first.dims[1..] != second.dims[1..] {
        return Err(FileError::Sizes(first.dims, second.dims));
    }
    first.dims[0] =
        first.dims[0].checked_add(second.dims[0]).ok_or(FileError::Sizes(first.dims.clone(), second.dims))?;
    first.bytes.extend(second.bytes);
    Ok(first)
}

fn load_npz(path: &Path, part: Part) -> Result<Found, FileError> {
    let read = |mut npz: Npz<BufReader<File>>| -> Result<Found, NpzError> {
        let images = npz.images(if part == Part::Training { "x_train" } else { "x_test" })?;
        let mut labels = |of: Part, array| match npz.labels(array) {
            // The other part may be missing, since its images are not wanted.
            Err(NpzError::Missing(_)) if of != part => Ok(None),
            labels => labels.map(Some),
        };
        let mut labels = [labels(Part::Training, "y_train")?, labels(Part::Test, "y_test")?];
        let classes = npz.classes(labels.iter_mut().flatten());
        Ok(Found { classes, ..Found::new(images, labels) })
    };
    read(open_npz(path)?).map_err(FileError::Npz)
}

/// Reads the test images of an archive, whose labels may be missing.
pub(super) fn test_images_of_npz(path: &Path) -> Result<Idx, FileError> {
    open_npz(path)?.images("x_test").map_err(FileError::Npz)
}

fn open_npz(path: &Path) -> Result<Npz<BufReader<File>>, FileError> {
    let file = File::open(path).map_err(FileError::Io)?;
    let at_most = file.metadata().map_err(FileError::Io)?.len().saturating_mul(DEFLATE_MAX_RATIO);
    Npz::open(BufReader::with_capacity(BUFFER, file), at_most).map_err(FileError::Npz)
}

fn load_csv(path: &Path, part: Part) -> Result<(Found, PathBuf), SourceError> {
    let is_missed = |own: &Path| part == Part::Test && own != path && !own.try_exists().unwrap_or(true);
    let own = match csv::file_of(path, part) {
        Some(own) if !is_missed(&own) => own,
        missing => return Err(SourceError::NoTestImages { path: path.to_path_buf(), missing }),
    };
    let other = csv::file_of(path, if part == Part::Training { Part::Test } else { Part::Training });
    // The other file may be missing, since its images are not wanted.
    let other = other.filter(|other| other.try_exists().unwrap_or(true));
    let other = other.filter(|test| part == Part::Test || !lacks_labels(test, &own));
    if part == Part::Test && lacks_labels(&own, other.as_deref().unwrap_or(path)) {
        return Err(FileError::Csv(CsvError::Unlabelled).of(&own));
    }
    let mut labels = csv::Labels::default();
    let read_other = |labels: &mut csv::Labels| {
        let read = |path: &PathBuf| read_csv(path, |reader| csv::read_labels(reader, labels));
        other.as_ref().map(read).transpose()
    };
    // Read the training images first: their first label determines whether labels are numbers or names.
    let before = if part == Part::Test { read_other(&mut labels)? } else { None };
    let (images, mut own_labels) = read_csv(&own, |reader| csv::read(reader, &mut labels))?;
    let mut other_labels = if part == Part::Training { read_other(&mut labels)? } else { before };

    let columns = 1 + images.dims[1] as usize * images.dims[2] as usize;
    if let (Some(other), Some((_, found))) = (&other, &other_labels) {
        check_columns((&own, columns), (other, *found))?;
    }
    let classes =
        labels.in_order([&mut own_labels].into_iter().chain(other_labels.iter_mut().map(|(labels, _)| labels)));
    let (own_labels, other_labels) = (Some(own_labels), other_labels.map(|(labels, _)| labels));
    let labels = if part == Part::Training { [own_labels, other_labels] } else { [other_labels, own_labels] };
    Ok((Found { classes, ..Found::new(images, labels) }, own))
}

/// Whether the rows of `test` are one label shorter than those of `training`, as a competition's are that are to be
/// answered. Nobody trains on them.
fn lacks_labels(test: &Path, training: &Path) -> bool {
    let columns = |path| Opened::open(path).ok().and_then(|opened| csv::columns(opened.reader));
    columns(test).is_some_and(|pixels| side_of(pixels as u64).is_some() && columns(training) == Some(pixels + 1))
}

/// Checks that the rows of both files have the same length. If not, the first column of one file holds no labels.
fn check_columns(own: (&Path, usize), other: (&Path, usize)) -> Result<(), SourceError> {
    if own.1 == other.1 {
        return Ok(());
    }
    // The file with the shorter rows is the one that lacks a column.
    let [(path, found), (other, expected)] = if other.1 < own.1 { [other, own] } else { [own, other] };
    let other = other.file_name().unwrap_or_default().display().to_string();
    Err(FileError::Csv(CsvError::Columns { found, other, expected }).of(path))
}

pub(super) fn read_csv<T>(
    path: &Path,
    read: impl FnOnce(Box<dyn BufRead>) -> Result<T, CsvError>,
) -> Result<T, SourceError> {
    if !path.try_exists().unwrap_or(true) {
        return Err(SourceError::NotThere(path.to_path_buf()));
    }
    let opened = Opened::open(path).map_err(|problem| problem.of(path))?;
    let is_gzip = opened.is_gzip;
    let problem = |error| match error {
        CsvError::Io(error) => FileError::reading(error, is_gzip),
        error => FileError::Csv(error),
    };
    read(opened.reader).map_err(|error| problem(error).of(path))
}

impl Found {
    fn new(images: Idx, labels: [Option<Idx>; 2]) -> Self {
        Found {
            images: Summed::from(images).into(),
            labels: labels.map(|labels| labels.map(Summed::from)),
            files: None,
            classes: ClassNames::default(),
            file_of_each: None,
            kind: Kind::Images,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn text_is_text_wherever_its_beginning_is_cut() {
        let format = |bytes: &[u8]| {
            let mut file = tempfile::NamedTempFile::new().unwrap();
            file.write_all(bytes).unwrap();
            Format::of(file.path())
        };
        for shift in 0..4 {
            let header = format!("{}label,{}\n", "x".repeat(shift), "\u{1f58b}".repeat(400)); // four bytes each
            assert_eq!(format(header.as_bytes()).unwrap(), Format::Csv, "shifted by {shift}");
        }
        assert!(matches!(format(b"a,b,\xff,c"), Err(FileError::Unknown(_))));
    }
}
