//! The IDX format: a short header, then unsigned bytes. Works on any `Read` or `Write`, and knows nothing of paths or
//! gzip.
//!
//! ```text
//! 0, 0, type code (8 = unsigned byte), number of dimensions   4 bytes
//! size of each dimension                                      4 bytes each, big-endian
//! data, last dimension fastest                                the product of the sizes
//! ```
//!
//! The header is not trusted: sizes are multiplied with overflow checks, memory grows only with the bytes that arrive,
//! and reading stops one byte after the promised data.
//!
//! Only QMNIST's labels are not unsigned bytes: each label is a row of 32-bit integers (type code 0x0c, big-endian)
//! whose first element is the class. See [`Idx::read_labels`].

use std::io::{self, Read, Write};

use byteorder::{BigEndian, ByteOrder};
use thiserror::Error;

/// The type code of unsigned bytes, the only one that image and label files use.
const UNSIGNED_BYTE: u8 = 0x08;
/// The type code of 32-bit integers.
const INTEGER: u8 = 0x0c;

/// The contents of an IDX file of unsigned bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idx {
    /// The size of each dimension, slowest first: `[n, rows, cols]` for images, `[n]` for labels.
    pub dims: Vec<u32>,
    /// The data: as many bytes as the product of `dims`.
    pub bytes: Vec<u8>,
}

/// What can be wrong with an IDX file.
#[derive(Debug, Error)]
pub enum IdxError {
    /// The file is empty.
    #[error("is empty")]
    Empty,
    /// The file is an HTML page, as failed downloads leave behind.
    #[error("is an HTML page, not data: the download went wrong, fetch the file again")]
    Html,
    /// The first two bytes are not zero.
    #[error("is not an IDX file: it starts with {found:02x?}, an IDX file starts with [00, 00]")]
    Magic {
        /// The first bytes of the file, at most four.
        found: Vec<u8>,
    },
    /// The elements are not unsigned bytes.
    #[error("has type code 0x{found:02x}, expected 0x08 (unsigned bytes)")]
    TypeCode {
        /// The type code in the header.
        found: u8,
    },
    /// The file holds images where labels were expected, or the other way round.
    #[error("has {found} dimensions, expected {expected} (images have 3, labels have 1)")]
    Rank {
        /// The expected number of dimensions.
        expected: u8,
        /// The number of dimensions in the header.
        found: u8,
    },
    /// The file ends inside its header.
    #[error("ends inside its header, after {found} bytes of {expected}")]
    HeaderCut {
        /// The length of the header.
        expected: usize,
        /// Number of bytes in the file.
        found: usize,
    },
    /// The product of the dimensions does not fit in 64 bits.
    #[error("promises {dims:?} elements, more than any file can hold")]
    Overflow {
        /// The dimensions in the header.
        dims: Vec<u32>,
    },
    /// The header promises more data than a file of this size can hold, even at gzip's maximum compression.
    #[error(
        "promises {promised} bytes of data, but can hold {at_most} at most: it is cut short or damaged, fetch it again"
    )]
    ExceedsFile {
        /// The product of the dimensions.
        promised: u64,
        /// The maximum amount of data in the file, in bytes.
        at_most: u64,
    },
    /// The data ends early.
    #[error("is too short: its header promises {promised} bytes of data, it holds {found}")]
    TooShort {
        /// The product of the dimensions.
        promised: u64,
        /// Number of data bytes in the file.
        found: u64,
    },
    /// The file goes on after the data.
    #[error("is too long: it goes on after the {promised} bytes of data that its header promises")]
    TooLong {
        /// The product of the dimensions.
        promised: u64,
    },
    /// A row of integers does not begin with a class.
    #[error("has no class in row {row}: its rows begin with {found:?}, expected a number from 0 to 255")]
    NoClass {
        /// Which row, counted from 0.
        row: usize,
        /// The first element of the row; `None` if rows have no columns.
        found: Option<i32>,
    },
    /// The product of the dimensions is not the number of bytes to write.
    #[error("cannot be written: {dims:?} are not the dimensions of {len} bytes")]
    Mismatch {
        /// The dimensions to write.
        dims: Vec<u32>,
        /// Number of bytes to write.
        len: usize,
    },
    /// Reading or writing failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl Idx {
    /// Reads an IDX file of unsigned bytes with `rank` dimensions to its end.
    ///
    /// `at_most` is the maximum amount of data that the source can hold, in bytes; `u64::MAX` if unknown.
    ///
    /// # Errors
    /// An [`IdxError`] for each way in which the file can be damaged; errors of `reader` pass through.
    pub fn read(mut reader: impl Read, rank: u8, at_most: u64) -> Result<Self, IdxError> {
        let Header { dims, promised } = Header::read(&mut reader, rank)?;
        let bytes = read_data(&mut reader, promised, at_most)?;
        Ok(Idx { dims, bytes })
    }

    /// Reads a file of labels to its end. Labels are unsigned bytes in one dimension or, in QMNIST, rows of 32-bit
    /// integers whose first column is the class. The result has one dimension in both cases.
    ///
    /// # Errors
    /// As [`read`](Self::read); [`IdxError::NoClass`] if a row does not begin with a number from 0 to 255.
    pub fn read_labels(mut reader: impl Read, at_most: u64) -> Result<Self, IdxError> {
        let magic = read_up_to(&mut reader, 4)?;
        if magic != [0, 0, INTEGER, 2] {
            return Self::read(magic.as_slice().chain(reader), 1, at_most);
        }
        let dims = read_dims(&mut reader, 2)?;
        let bytes = read_data(&mut reader, promised(&dims, 4)?, at_most)?;
        let row_size = (dims[1] as usize).saturating_mul(4);
        if row_size == 0 {
            return Err(IdxError::NoClass { row: 0, found: None });
        }
        let class = |(row, integers)| {
            let found = BigEndian::read_i32(integers);
            u8::try_from(found).map_err(|_| IdxError::NoClass { row, found: Some(found) })
        };
        let labels = bytes.chunks_exact(row_size).enumerate().map(class).collect::<Result<_, _>>()?;
        Ok(Idx { dims: vec![dims[0]], bytes: labels })
    }

    /// Writes the header and the data.
    ///
    /// # Errors
    /// [`IdxError::Mismatch`] if `dims` is not the shape of `bytes`; errors of `writer` pass through.
    pub fn write(&self, mut writer: impl Write) -> Result<(), IdxError> {
        if self.dims.len() > usize::from(u8::MAX) || element_count(&self.dims) != Some(self.bytes.len() as u64) {
            return Err(IdxError::Mismatch { dims: self.dims.clone(), len: self.bytes.len() });
        }
        writer.write_all(&self.header())?;
        writer.write_all(&self.bytes)?;
        Ok(writer.flush()?)
    }

    pub(super) fn header(&self) -> Vec<u8> {
        let mut header = vec![0, 0, UNSIGNED_BYTE, self.dims.len() as u8];
        for &dim in &self.dims {
            header.extend(dim.to_be_bytes());
        }
        header
    }
}

/// The header of a file of unsigned bytes, not yet checked against the data.
pub(super) struct Header {
    pub dims: Vec<u32>,
    /// The product of the dimensions.
    pub promised: u64,
}

impl Header {
    /// Reads the header of a file that must have `rank` dimensions.
    pub fn read(mut reader: impl Read, rank: u8) -> Result<Self, IdxError> {
        let magic = read_up_to(&mut reader, 4)?;
        check_magic(magic, rank)?;
        let dims = read_dims(&mut reader, rank)?;
        Ok(Header { promised: promised(&dims, 1)?, dims })
    }
}

/// Checks that the first four bytes announce unsigned bytes with `rank` dimensions.
fn check_magic(magic: Vec<u8>, rank: u8) -> Result<(), IdxError> {
    match *magic {
        [] => Err(IdxError::Empty),
        [b'<', ..] => Err(IdxError::Html),
        [0, 0, UNSIGNED_BYTE, found] if found != rank => Err(IdxError::Rank { expected: rank, found }),
        [0, 0, UNSIGNED_BYTE, _] => Ok(()),
        [0, 0, found, _] => Err(IdxError::TypeCode { found }),
        [0] | [0, 0] | [0, 0, _] => Err(IdxError::HeaderCut { expected: 4, found: magic.len() }),
        _ => Err(IdxError::Magic { found: magic }),
    }
}

/// Reads the dimensions in the header, which are not yet checked against the data.
fn read_dims(reader: &mut impl Read, rank: u8) -> Result<Vec<u32>, IdxError> {
    let sizes = read_up_to(reader, 4 * u64::from(rank))?;
    let expected = 4 * usize::from(rank);
    if sizes.len() < expected {
        return Err(IdxError::HeaderCut { expected: 4 + expected, found: 4 + sizes.len() });
    }
    Ok(sizes.chunks_exact(4).map(BigEndian::read_u32).collect())
}

/// The number of data bytes that the header promises, for elements of `size` bytes each.
fn promised(dims: &[u32], size: u64) -> Result<u64, IdxError> {
    let promised = element_count(dims).and_then(|count| count.checked_mul(size));
    promised.ok_or_else(|| IdxError::Overflow { dims: dims.to_vec() })
}

/// Reads the data after the header.
fn read_data(reader: &mut impl Read, promised: u64, at_most: u64) -> Result<Vec<u8>, IdxError> {
    if promised > at_most {
        return Err(IdxError::ExceedsFile { promised, at_most });
    }
    let bytes = read_up_to(reader, promised)?;
    if (bytes.len() as u64) < promised {
        return Err(IdxError::TooShort { promised, found: bytes.len() as u64 });
    }
    // Reading one byte more also makes a decompressor verify its checksum.
    if !read_up_to(reader, 1)?.is_empty() {
        return Err(IdxError::TooLong { promised });
    }
    Ok(bytes)
}

/// Reads `count` bytes, or fewer if the input ends early. Memory grows with the bytes that arrive, not with `count`.
pub(super) fn read_up_to(reader: &mut impl Read, count: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(count).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The product of the dimensions; `None` if it does not fit in 64 bits.
fn element_count(dims: &[u32]) -> Option<u64> {
    dims.iter().try_fold(1_u64, |product, &dim| product.checked_mul(u64::from(dim)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(header: [u8; 8], data: &[u8]) -> Result<Idx, IdxError> {
        Idx::read([&header[..], data].concat().as_slice(), 1, u64::MAX)
    }

    #[test]
    fn what_is_written_is_read_again() {
        let idx = Idx { dims: vec![2, 3, 1], bytes: vec![1, 2, 3, 4, 5, 255] };
        let mut file = Vec::new();
        idx.write(&mut file).unwrap();
        assert_eq!(file[..8], [0, 0, 8, 3, 0, 0, 0, 2]);
        assert_eq!(Idx::read(file.as_slice(), 3, 6).unwrap(), idx);
    }

    #[test]
    fn each_kind_of_damage_has_its_own_error() {
        use IdxError as E;
        let good = [0, 0, 8, 1, 0, 0, 0, 2];
        assert_eq!(labels(good, &[7, 9]).unwrap().bytes, [7, 9]);
        assert!(matches!(labels(good, &[7]), Err(E::TooShort { promised: 2, found: 1 })));
        assert!(matches!(labels(good, &[7, 9, 1]), Err(E::TooLong { promised: 2 })));
        assert!(matches!(labels([1, 0, 8, 1, 0, 0, 0, 2], &[7, 9]), Err(E::Magic { .. })));
        assert!(matches!(labels([0, 0, 13, 1, 0, 0, 0, 2], &[7, 9]), Err(E::TypeCode { found: 13 })));
        assert!(matches!(labels([0, 0, 8, 3, 0, 0, 0, 2], &[7, 9]), Err(E::Rank { expected: 1, found: 3 })));
        assert!(matches!(Idx::read(&b""[..], 1, 9), Err(E::Empty)));
        assert!(matches!(Idx::read(&b"<!DOCTYPE html>"[..], 1, 9), Err(E::Html)));
        assert!(matches!(Idx::read(&[0, 0, 8][..], 1, 9), Err(E::HeaderCut { expected: 4, found: 3 })));
        assert!(matches!(Idx::read(&good[..6], 1, 9), Err(E::HeaderCut { expected: 8, found: 6 })));
        assert!(matches!(Idx::read(&good[..], 1, 1), Err(E::ExceedsFile { promised: 2, at_most: 1 })));
    }

    #[test]
    fn dimensions_that_overflow_are_refused() {
        let mut file = vec![0, 0, 8, 3];
        file.extend([0xff; 12]);
        assert!(matches!(Idx::read(file.as_slice(), 3, u64::MAX), Err(IdxError::Overflow { .. })));
    }

    #[test]
    fn a_lying_header_costs_no_memory() {
        // The header promises about four billion labels, but there are three.
        let mut result = None;
        let header = [0, 0, 8, 1, 0xff, 0xff, 0xff, 0xff];
        let allocated = allocation_counter::measure(|| result = Some(labels(header, &[1, 2, 3])));
        assert!(matches!(result, Some(Err(IdxError::TooShort { promised: 0xffff_ffff, found: 3 }))));
        assert!(allocated.bytes_max < 1 << 20, "{} bytes", allocated.bytes_max);
    }

    #[test]
    fn labels_may_be_the_first_column_of_rows_of_integers() {
        let rows = |dims: [u32; 2], integers: &[i32]| {
            let header = [0, 0, 12, 2].into_iter().chain(dims.iter().flat_map(|dim| dim.to_be_bytes()));
            let file: Vec<u8> = header.chain(integers.iter().flat_map(|n| n.to_be_bytes())).collect();
            Idx::read_labels(file.as_slice(), 1_000)
        };
        let labels = rows([2, 3], &[7, 4, 2100, 255, -1, 30]).unwrap();
        assert_eq!(labels, Idx { dims: vec![2], bytes: vec![7, 255] });
        assert!(matches!(rows([2, 1], &[7, 256]), Err(IdxError::NoClass { row: 1, found: Some(256) })));
        assert!(matches!(rows([1, 1], &[-1]), Err(IdxError::NoClass { row: 0, found: Some(-1) })));
        assert!(matches!(rows([9, 0], &[]), Err(IdxError::NoClass { found: None, .. })));
        assert!(matches!(rows([2, 1], &[7]), Err(IdxError::TooShort { promised: 8, found: 4 })));
        assert!(matches!(rows([1, 1], &[7, 7]), Err(IdxError::TooLong { promised: 4 })));
        assert!(matches!(rows([u32::MAX, u32::MAX], &[7]), Err(IdxError::Overflow { .. })));
        assert!(matches!(rows([300, 1], &[7]), Err(IdxError::ExceedsFile { promised: 1_200, .. })));

        let bytes = [0, 0, 8, 1, 0, 0, 0, 2, 7, 9];
        assert_eq!(Idx::read_labels(&bytes[..], 2).unwrap().bytes, [7, 9]);
        assert!(matches!(Idx::read_labels(&[0, 0, 8, 3][..], 9), Err(IdxError::Rank { expected: 1, found: 3 })));
        assert!(matches!(Idx::read_labels(&[0, 0, 12][..], 9), Err(IdxError::HeaderCut { .. })));
    }

    #[test]
    fn dimensions_must_fit_what_is_written() {
        let idx = Idx { dims: vec![3], bytes: vec![0; 2] };
        assert!(matches!(idx.write(Vec::new()), Err(IdxError::Mismatch { len: 2, .. })));
    }
}
