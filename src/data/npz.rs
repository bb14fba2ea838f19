//! Keras's `mnist.npz`: a zip archive of NumPy arrays, `x_train`, `y_train`, `x_test` and `y_test`.
//!
//! Each member is an `.npy` file in the format of the NumPy documentation (`numpy.lib.format`):
//!
//! ```text
//! "\x93NUMPY", version (1, 2 or 3), 0              8 bytes
//! length of the header                             2 bytes (version 1) or 4, little-endian
//! {'descr': '|u1', 'fortran_order': False, 'shape': (60000, 28, 28), }
//! data                                             as many bytes as type and shape say
//! ```
//!
//! Labels may be texts (`<U3`, `|S3`), which are names of classes.
//!
//! The header is a Python literal. Only these three entries are read, in any order, and they must not contain nested
//! values.

use std::io::{self, BufRead, Read, Seek};

use thiserror::Error;
use zip::ZipArchive;
use zip::result::ZipError;

use super::ClassNames;
use super::array::{Array, ArrayError, Element};
use super::idx::{Idx, read_up_to};
use super::names::Names;

/// The maximum length of a header, as in NumPy.
const MAX_HEADER: u64 = 10_000;

/// What can be wrong with an archive of NumPy arrays.
#[derive(Debug, Error)]
pub enum NpzError {
    /// The file is not an archive, or is damaged.
    #[error("is a damaged archive: {0}")]
    Archive(ZipError),
    /// An array is missing.
    #[error("lacks the array '{0}': {advice}", advice = expected(.0))]
    Missing(&'static str),
    /// A member is not an `.npy` file.
    #[error("has a member {0}.npy which is no NumPy array")]
    Header(&'static str),
    /// A member promises more data than the file can hold.
    #[error("promises {promised} bytes of {array}, but the file can hold {at_most} at most")]
    ExceedsFile {
        /// Which array.
        array: &'static str,
        /// The number of bytes according to type and shape.
        promised: u64,
        /// The maximum that the file can hold, in bytes.
        at_most: u64,
    },
    /// A member ends early.
    #[error("is too short: {array} is to have {promised} bytes and has {found}")]
    TooShort {
        /// Which array.
        array: &'static str,
        /// The number of bytes according to type and shape.
        promised: u64,
        /// The number of bytes in the member.
        found: u64,
    },
    /// A member goes on after its data.
    #[error("is too long: {0} goes on after the data that its shape promises")]
    TooLong(&'static str),
    /// The labels of one part are names, those of the other part are numbers.
    #[error("has names for labels in one of y_train and y_test and numbers in the other: save both alike")]
    NamesAndNumbers,
    /// An array is not a valid array of images or labels.
    #[error("({array}) {problem}")]
    Array {
        /// Which array.
        array: &'static str,
        /// What is wrong with it.
        problem: ArrayError,
    },
    /// Reading or decompressing failed.
    #[error("cannot be read: {0}")]
    Io(#[from] io::Error),
}

/// Which arrays there should be.
fn expected(missing: &str) -> &'static str {
    if missing.ends_with("_test") {
        "test images are in x_test, their labels in y_test (--split validation, or train --evaluate-on validation, needs \
        none)"
    } else {
        "expected x_train and y_train and, for test images, x_test and y_test, as in Keras's mnist.npz"
    }
}

/// An open archive.
pub(super) struct Npz<R> {
    archive: ZipArchive<R>,
    /// The maximum amount of data in the file, in bytes.
    at_most: u64,
    /// Whether labels are names, as the first array of labels determines.
    are_names: Option<bool>,
    names: Names,
}

impl<R: BufRead + Seek> Npz<R> {
    pub fn open(reader: R, at_most: u64) -> Result<Self, NpzError> {
        let archive = ZipArchive::new(reader).map_err(NpzError::Archive)?;
        Ok(Npz { archive, at_most, are_names: None, names: Names::default() })
    }

    /// The images of an array, (n, rows, cols).
    pub fn images(&mut self, array: &'static str) -> Result<Idx, NpzError> {
        self.array(array)?.images().map_err(|problem| NpzError::Array { array, problem })
    }

    /// The labels in an array, (n). Names are numbered provisionally.
    pub fn labels(&mut self, array: &'static str) -> Result<Idx, NpzError> {
        let labels = self.array(array)?;
        if *self.are_names.get_or_insert(labels.is_text()) != labels.is_text() {
            return Err(NpzError::NamesAndNumbers);
        }
        let labels = if labels.is_text() { labels.named_labels(&mut self.names) } else { labels.labels() };
        labels.map_err(|problem| NpzError::Array { array, problem })
    }

    /// The sorted names of the classes, once all `labels` have been read, which are renumbered accordingly.
    pub fn classes<'a>(self, labels: impl IntoIterator<Item = &'a mut Idx>) -> ClassNames {
        self.names.in_order(labels)
    }

    fn array(&mut self, array: &'static str) -> Result<Array, NpzError> {
        let mut member = self.archive.by_name(&format!("{array}.npy")).map_err(|error| match error {
            ZipError::FileNotFound => NpzError::Missing(array),
            ZipError::Io(error) => NpzError::Io(error),
            error => NpzError::Archive(error),
        })?;
        let header = read_header(&mut member)?.ok_or(NpzError::Header(array))?;
        let header = Header::parse(&header).ok_or(NpzError::Header(array))?;
        let of_array = |problem| NpzError::Array { array, problem };
        let element = Element::named(header.element).map_err(of_array)?;
        let promised = element.bytes_of(&header.shape).ok_or(NpzError::Header(array))?;
        if promised > self.at_most {
            return Err(NpzError::ExceedsFile { array, promised, at_most: self.at_most });
        }
        let bytes = read_up_to(&mut member, promised)?;
        if (bytes.len() as u64) < promised {
            return Err(NpzError::TooShort { array, promised, found: bytes.len() as u64 });
        }
        // Reading one byte more also verifies the member's checksum.
        if !read_up_to(&mut member, 1)?.is_empty() {
            return Err(NpzError::TooLong(array));
        }
        Array::new(element, header.shape, header.fortran_order, bytes).map_err(of_array)
    }
}

/// The text of a header; `None` if this is not an `.npy` file.
fn read_header(reader: &mut impl Read) -> Result<Option<String>, io::Error> {
    let start = read_up_to(reader, 8)?;
    let length_size = match *start {
        [0x93, b'N', b'U', b'M', b'P', b'Y', 1, 0] => 2,
        [0x93, b'N', b'U', b'M', b'P', b'Y', 2 | 3, 0] => 4,
        _ => return Ok(None),
    };
    let length = read_up_to(reader, length_size)?.iter().rev().fold(0, |length, &byte| length << 8 | u64::from(byte));
    let header = read_up_to(reader, length.min(MAX_HEADER))?;
    Ok(String::from_utf8(header).ok().filter(|header| header.len() as u64 == length))
}

/// The contents of a header.
struct Header<'a> {
    element: &'a str,
    fortran_order: bool,
    shape: Vec<u64>,
}

impl<'a> Header<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let after = |key: &str| text.split_once(key).map(|(_, rest)| rest.trim_start());
        let quoted = after("'descr':")?.strip_prefix('\'')?;
        let (element, _) = quoted.split_once('\'')?;
        let order = after("'fortran_order':")?;
        let fortran_order = order.starts_with("True");
        if !fortran_order && !order.starts_with("False") {
            return None;
        }
        let (shape, _) = after("'shape':")?.strip_prefix('(')?.split_once(')')?;
        // The comma after a single dimension is followed by nothing.
        let dims = shape.split(',').map(str::trim).filter(|dim| !dim.is_empty());
        let shape = dims.map(|dim| dim.parse().ok()).collect::<Option<_>>()?;
        Some(Header { element, fortran_order, shape })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_as_numpy_writes_them() {
        let parse = |text: &'static str| {
            Header::parse(text).map(|Header { element, fortran_order, shape }| (element, fortran_order, shape))
        };
        let images = "{'descr': '|u1', 'fortran_order': False, 'shape': (60000, 28, 28), }     \n";
        assert_eq!(parse(images), Some(("|u1", false, vec![60_000, 28, 28])));
        assert_eq!(parse("{'shape':(7,),'fortran_order':True,'descr':'<i8'}"), Some(("<i8", true, vec![7])));
        assert_eq!(parse("{'descr': '<f4', 'fortran_order': False, 'shape': (), }"), Some(("<f4", false, vec![])));
        for wrong in [
            "",
            "{'descr': '<f4', 'fortran_order': False}",
            "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}",
            "{'descr': '<f4', 'fortran_order': 0, 'shape': (1,)}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (1, (2, 3))}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (1",
        ] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn headers_are_read_no_further_than_they_may_go() {
        let file = |start: &[u8], text: &str| [start, text.as_bytes()].concat();
        let read = |file: Vec<u8>| read_header(&mut &file[..]).unwrap();
        assert_eq!(read(file(b"\x93NUMPY\x01\x00\x03\x00", "{a}rest")).as_deref(), Some("{a}"));
        assert_eq!(read(file(b"\x93NUMPY\x02\x00\x03\x00\x00\x00", "{a}rest")).as_deref(), Some("{a}"));
        assert_eq!(read(file(b"\x93NUMPY\x01\x00\x04\x00", "{a}")), None, "cut off");
        assert_eq!(read(file(b"\x93NUMPY\x02\x00\xff\xff\xff\xff", &"a".repeat(100_000))), None, "too long");
        assert_eq!(read(file(b"\x93NUMPY\x04\x00\x03\x00\x00\x00", "{a}")), None, "a later version");
        assert_eq!(read(b"\x93NUM".to_vec()), None);
    }
}
