//! Images without labels in one file, for a network to answer: a table of pixels, or an IDX file of images.

use std::path::Path;

use super::csv;
use super::file::{Format, Opened, read_csv};
use super::idx::Idx;
use super::source::{FileError, SourceError};

/// The pixels of the images in the file at `path`, `inputs` for each. `None` if it is neither a CSV table nor an IDX
/// file.
///
/// A table with one column more than `inputs` has labels, which are left out: the column that its header names, or the
/// first.
///
/// # Errors
/// A [`SourceError`] if the file cannot be read or is damaged, and [`FileError::Pixels`] if its images have another
/// number of pixels.
pub fn read(path: &Path, inputs: usize) -> Result<Option<Vec<u8>>, SourceError> {
    match Format::of(path) {
        Ok(Format::Csv) => read_csv(path, |reader| csv::read_pixels(reader, inputs)).map(Some),
        Err(FileError::LoneIdx) => read_idx(path, inputs).map(Some).map_err(|problem| problem.of(path)),
        _ => Ok(None),
    }
}

fn read_idx(path: &Path, inputs: usize) -> Result<Vec<u8>, FileError> {
    let Opened { reader, is_gzip, at_most, .. } = Opened::open(path)?;
    let images = Idx::read(reader, 3, at_most).map_err(|error| FileError::of_idx(error, is_gzip))?;
    let found = images.dims[1] as usize * images.dims[2] as usize;
    if found == inputs { Ok(images.bytes) } else { Err(FileError::Pixels { found, expected: inputs }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pixels of four each in a file with these contents.
    fn pixels(contents: &[u8]) -> Result<Option<Vec<u8>>, SourceError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), contents).unwrap();
        read(file.path(), 4)
    }

    #[test]
    fn a_table_may_have_labels_or_not_and_a_header_or_not() {
        let expected = vec![1, 2, 3, 4, 5, 6, 7, 8];
        for table in [
            "1,2,3,4\n5,6,7,8\n",
            "pixel0,pixel1,pixel2,pixel3\n1,2,3,4\n5,6,7,8\n",
            "9,1,2,3,4\n9,5,6,7,8\n",
            "a,b,c,d,label\n1,2,3,4,cat\n5,6,7,8,dog\n",
        ] {
            assert_eq!(pixels(table.as_bytes()).unwrap(), Some(expected.clone()), "{table}");
        }
        for (table, problem) in [
            ("1,2\n3,4\n", "has images of 2 pixels, expected 4"),
            ("1,2,3,4,5,6\n", "has images of 6 pixels, expected 4"),
            ("1,2,3,4\n1,2,3,400\n", "'400' for a pixel in line 2, column 4"),
            ("a,b,c,d\n", "no rows"),
        ] {
            let error = pixels(table.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(problem), "{table}: {error}");
        }
    }

    #[test]
    fn idx_files_of_images_are_read() {
        let idx = |dims: &[u32], bytes: &[u8]| {
            let mut file = Vec::new();
            Idx { dims: dims.to_vec(), bytes: bytes.to_vec() }.write(&mut file).unwrap();
            pixels(&file)
        };
        assert_eq!(idx(&[1, 2, 2], &[1, 2, 3, 4]).unwrap(), Some(vec![1, 2, 3, 4]));
        let error = idx(&[1, 1, 2], &[1, 2]).unwrap_err().to_string();
        assert!(error.contains("has images of 2 pixels, expected 4"), "{error}");
        assert!(idx(&[4], &[1, 2, 3, 4]).is_err(), "labels");
        assert_eq!(pixels(b"\x89PNG").unwrap(), None);
    }
}
