//! CSV with the label first: a row an image, its label and then its pixels from 0 to 255, with a header or without.
//!
//! A file holds one part. The other is in the file beside it that has 'test' for 'train' in its name: `mnist_train.csv`
//! and `mnist_test.csv`.

use std::ffi::OsStr;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use csv::{ByteRecord, ReaderBuilder, Trim};
use thiserror::Error;

use super::Part;
use super::array::side_of;
use super::idx::Idx;

/// What can be wrong with a CSV file of images.
#[derive(Debug, Error)]
pub enum CsvError {
    /// No images.
    #[error("has no rows of numbers")]
    Empty,
    /// A row has another number of fields than the first.
    #[error("is not a table of images: {0}")]
    Table(String),
    /// The first field of a row is no class.
    #[error("has '{found}' for a label in line {line}, expected a whole number from 0 to 255 in the first column")]
    Label {
        /// Which line, counted from 1.
        line: u64,
        /// What was found.
        found: String,
    },
    /// A field is no pixel.
    #[error("has '{found}' for a pixel in line {line}, column {column}, expected a whole number from 0 to 255")]
    Pixel {
        /// Which line, counted from 1.
        line: u64,
        /// Which column, counted from 1.
        column: usize,
        /// What was found.
        found: String,
    },
    /// The pixels of a row do not make a square.
    #[error("has rows of a label and {0} pixels, which do not make a square image")]
    NotSquare(u64),
    /// Reading failed.
    #[error(transparent)]
    Io(io::Error),
}

impl From<csv::Error> for CsvError {
    fn from(error: csv::Error) -> Self {
        let text = error.to_string();
        match error.into_kind() {
            csv::ErrorKind::Io(error) => CsvError::Io(error),
            _ => CsvError::Table(text),
        }
    }
}

/// The file with the images of `part`, when `path` was named: itself or the one beside it. None if the name says neither
/// 'train' nor 'test': such a file holds training images alone.
pub(super) fn file_of(path: &Path, part: Part) -> Option<PathBuf> {
    // A name that is no Unicode says neither.
    let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
    let with = |word: &str, other: &str| Some(path.with_file_name(replace_word(name, word, other)?));
    let itself = || Some(path.to_path_buf());
    match part {
        Part::Training => with("test", "train").or_else(itself),
        Part::Test => with("train", "test").or_else(|| with("test", "test")),
    }
}

/// `name` with `other` in the last place where `word` stands alone, as in `mnist_train.csv` but not in `latest.csv`.
fn replace_word(name: &str, word: &str, other: &str) -> Option<String> {
    let is_part_of_word = |c: Option<char>| c.is_some_and(char::is_alphabetic);
    let alone = |&(at, _): &(usize, &str)| {
        let (before, after) = (&name[..at], &name[at + word.len()..]);
        !is_part_of_word(before.chars().next_back()) && !is_part_of_word(after.chars().next())
    };
    let (at, _) = name.rmatch_indices(word).find(alone)?;
    Some(format!("{}{other}{}", &name[..at], &name[at + word.len()..]))
}

/// Reads images, (n, side, side), and their labels, (n).
pub(super) fn read(reader: impl Read) -> Result<(Idx, Idx), CsvError> {
    let (mut pixels, mut labels) = (Vec::new(), Vec::new());
    let columns = rows(reader, |line, fields| {
        labels.push(label(line, &fields[0])?);
        for (i, field) in fields.iter().enumerate().skip(1) {
            let pixel = number(field).ok_or_else(|| CsvError::Pixel { line, column: i + 1, found: shown(field) })?;
            pixels.push(pixel);
        }
        Ok(())
    })?;
    let image_size = columns as u64 - 1;
    let side = side_of(image_size).filter(|&side| side > 0).ok_or(CsvError::NotSquare(image_size))? as u32;
    Ok((Idx { dims: vec![labels.len() as u32, side, side], bytes: pixels }, labels_of(labels)))
}

/// Reads the labels alone, (n).
pub(super) fn read_labels(reader: impl Read) -> Result<Idx, CsvError> {
    let mut labels = Vec::new();
    rows(reader, |line, fields| {
        labels.push(label(line, &fields[0])?);
        Ok(())
    })?;
    Ok(labels_of(labels))
}

/// Gives every row of numbers with its line to `take`, a header not included. The number of columns, at least 1.
fn rows(reader: impl Read, mut take: impl FnMut(u64, &ByteRecord) -> Result<(), CsvError>) -> Result<usize, CsvError> {
    let mut table = ReaderBuilder::new().has_headers(false).trim(Trim::All).from_reader(reader);
    let mut fields = ByteRecord::new();
    let mut columns = 0;
    let mut is_first = true;
    while table.read_byte_record(&mut fields)? {
        let is_header = is_first && fields.iter().any(|field| whole(field).is_none());
        is_first = false;
        if !is_header {
            columns = fields.len();
            take(fields.position().map_or(0, csv::Position::line), &fields)?;
        }
    }
    if columns == 0 { Err(CsvError::Empty) } else { Ok(columns) }
}

fn label(line: u64, field: &[u8]) -> Result<u8, CsvError> {
    number(field).ok_or_else(|| CsvError::Label { line, found: shown(field) })
}

fn labels_of(labels: Vec<u8>) -> Idx {
    Idx { dims: vec![labels.len() as u32], bytes: labels }
}

/// A whole number from 0 to 255, however it is written: 7, 7.0 or 7.000e+00.
fn number(field: &[u8]) -> Option<u8> {
    if let [b'0'..=b'9'] | [b'0'..=b'9', b'0'..=b'9'] = field {
        return Some(field.iter().fold(0, |number, digit| 10 * number + (digit - b'0')));
    }
    whole(field).filter(|number| (0.0..=255.0).contains(number)).map(|number| number as u8)
}

/// A whole number of any size. (A header may hold others: pandas calls columns that are alike 0, 0.1, 0.2.)
fn whole(field: &[u8]) -> Option<f64> {
    let number: f64 = std::str::from_utf8(field).ok()?.parse().ok()?;
    (number.fract() == 0.0).then_some(number)
}

/// The beginning of a field, fit for a message.
fn shown(field: &[u8]) -> String {
    String::from_utf8_lossy(&field[..field.len().min(20)]).escape_default().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn images(text: &str) -> Result<(Vec<u8>, Vec<u8>), CsvError> {
        let (images, labels) = read(text.as_bytes())?;
        assert_eq!(images.dims, [labels.dims[0], 2, 2]);
        assert_eq!(read_labels(text.as_bytes()).unwrap(), labels);
        Ok((images.bytes, labels.bytes))
    }

    #[test]
    fn rows_are_read_with_a_header_and_without() {
        let expected = (vec![0, 1, 2, 255, 4, 30, 200, 7], vec![5, 9]);
        for text in [
            "5,0,1,2,255\n9,4,30,200,7\n",
            "label,1x1,1x2,2x1,2x2\n5,0,1,2,255\n9,4,30,200,7",
            "\u{feff}label,p,p,p,p\r\n5, 0, 1, 2, 255\r\n\r\n9,4,30,200,7\r\n",
            "\"5\",\"0\",\"1\",\"2\",\"255\"\n\"9\",\"4\",\"30\",\"200\",\"7\"\n",
            "5.0,0.000e+00,1.000e+00,2,2.550e+02\n9,4,30,2e2,7\n",
        ] {
            assert_eq!(images(text).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        use CsvError as E;
        let error = |text: &str| read(text.as_bytes()).unwrap_err();
        assert!(matches!(error(""), E::Empty));
        assert!(matches!(error("label,pixel\n"), E::Empty));
        assert!(matches!(error("1,2,3,4,5\n1,2,3\n"), E::Table(_)));
        assert!(matches!(error("1,2,3,4\n"), E::NotSquare(3)));
        // Numbers out of range are no header, fractions are one.
        assert!(matches!(error("1,2,300,4,5\n1,2,3,4,5\n"), E::Pixel { line: 1, column: 3, .. }));
        assert!(matches!(error("-1,2,3,4,5\n"), E::Label { line: 1, .. }));
        assert!(matches!(error("0,0.1,0.2,0.3,0.4\n"), E::Empty));
        assert!(matches!(error("1\n2\n"), E::NotSquare(0)));
        assert!(matches!(error("1,2,3,4,5\nx,2,3,4,5\n"), E::Label { line: 2, found } if found == "x"));
        assert!(matches!(error("1,2,3,4,5\n300,2,3,4,5\n"), E::Label { line: 2, .. }));
        assert!(matches!(error("1,2,3,4,5\n1,2,3,-4,5\n"), E::Pixel { line: 2, column: 4, .. }));
        for pixel in ["256", "0.5", "nan", "", "1e999", "\u{7}bell"] {
            let error = error(&format!("1,2,3,4,5\n1,{pixel},3,4,5\n"));
            assert!(matches!(&error, E::Pixel { line: 2, column: 2, .. }), "{pixel}: {error:?}");
            assert!(!error.to_string().contains('\u{7}'));
        }
    }

    #[test]
    fn the_name_of_a_file_tells_its_part() {
        let files = |name: &str| {
            let of = |part| file_of(&Path::new("data").join(name), part);
            assert!(of(Part::Training).unwrap().starts_with("data"));
            let name = |path: PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
            (name(of(Part::Training).unwrap()), of(Part::Test).map(name))
        };
        for name in ["mnist_train.csv", "mnist_test.csv"] {
            assert_eq!(files(name), ("mnist_train.csv".into(), Some("mnist_test.csv".into())));
        }
        assert_eq!(files("train.csv.gz"), ("train.csv.gz".into(), Some("test.csv.gz".into())));
        assert_eq!(files("latest-train.csv"), ("latest-train.csv".into(), Some("latest-test.csv".into())));
        for name in ["digits.csv", "latest.csv", "training.csv"] {
            assert_eq!(files(name), (name.into(), None));
        }
        #[cfg(unix)]
        {
            let latin_1 = Path::new(<OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(b"caf\xe9.csv"));
            assert_eq!(file_of(latin_1, Part::Training).as_deref(), Some(latin_1));
            assert_eq!(file_of(latin_1, Part::Test), None);
        }
    }
}
