//! The pixels of many images, in memory or in a mapped file that may be larger than memory.

use std::fs::File;
use std::io;
use std::ops::Deref;
use std::path::Path;

use memmap2::Mmap;

use super::idx::{Header, IdxError};

/// Uncompressed image files larger than this, in bytes, are mapped. No published dataset is that large.
pub const MAPPED_ABOVE: u64 = 1 << 30;

/// The pixels of all images of a dataset, one image after the other.
#[derive(Debug)]
pub enum Pixels {
    /// In memory.
    Owned(Vec<u8>),
    /// The bytes of a mapped file after the first `start`: the system reads them when they are accessed, and may
    /// discard them again.
    Mapped {
        /// The whole file.
        file: Mmap,
        /// The length of its header.
        start: usize,
    },
}

impl Deref for Pixels {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        match self {
            Pixels::Owned(pixels) => pixels,
            Pixels::Mapped { file, start } => &file[*start..],
        }
    }
}

/// Maps an uncompressed IDX file of `rank` dimensions. Returns its dimensions and its data.
///
/// # Errors
/// An [`IdxError`], as when reading the file.
pub fn map_idx(path: &Path, rank: u8) -> Result<(Vec<u32>, Pixels), IdxError> {
    let file = map(path)?;
    let mut data = &file[..];
    let Header { dims, promised } = Header::read(&mut data, rank)?;
    match (data.len() as u64).cmp(&promised) {
        std::cmp::Ordering::Less => Err(IdxError::TooShort { promised, found: data.len() as u64 }),
        std::cmp::Ordering::Greater => Err(IdxError::TooLong { promised }),
        std::cmp::Ordering::Equal => {
            let start = file.len() - data.len();
            Ok((dims, Pixels::Mapped { file, start }))
        }
    }
}

#[allow(unsafe_code, reason = "there is no safe way to map a file")]
fn map(path: &Path) -> io::Result<Mmap> {
    let file = File::open(path)?;
    // SAFETY: this program never writes to the map. No program that maps a file can keep others from writing to it: if
    // the file is changed meanwhile, the images change; if it is shortened, the system ends this program. The README
    // forbids both.
    unsafe { Mmap::map(&file) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::idx::Idx;

    #[test]
    fn a_mapped_file_is_the_file_that_is_read() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("images");
        let idx = Idx { dims: vec![3, 2, 5], bytes: (1..=30).collect() };
        let mut file = Vec::new();
        idx.write(&mut file).unwrap();
        let map = |bytes: &[u8], rank| {
            std::fs::write(&path, bytes).unwrap();
            map_idx(&path, rank)
        };
        let (dims, pixels) = map(&file, 3).unwrap();
        assert_eq!((dims, &*pixels), (idx.dims, &idx.bytes[..]));
        drop(pixels);
        assert!(matches!(map(&file[..45], 3), Err(IdxError::TooShort { promised: 30, found: 29 })));
        assert!(matches!(map(&file[..9], 3), Err(IdxError::HeaderCut { expected: 16, found: 9 })));
        assert!(matches!(map(&[&file[..], &[0]].concat(), 3), Err(IdxError::TooLong { promised: 30 })));
        assert!(matches!(map(&file, 1), Err(IdxError::Rank { expected: 1, found: 3 })));
        assert!(matches!(map(b"", 3), Err(IdxError::Empty)));
        assert!(matches!(map_idx(&directory.path().join("none"), 3), Err(IdxError::Io(_))));
    }
}
