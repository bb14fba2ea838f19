//! Images without labels in one file, for a network to answer: a table of pixels, an IDX file of images, or the test
//! images of an `.npz` archive.

use std::path::Path;

use super::file::{Format, read_csv, test_images_of_npz};
use super::idx::{Idx, IdxError};
use super::source::{FileError, SourceError};
use super::{csv, directory};

/// Images without labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unlabelled {
    /// Their pixels, image by image.
    pub pixels: Vec<u8>,
    /// Height and width; `None` if they come from a table of rows.
    pub geometry: Option<(usize, usize)>,
}

/// Reads the images in the file at `path`, which are to have `inputs` pixels each. `None` if it is neither a CSV table
/// nor an IDX file nor an `.npz` archive.
///
/// A table with one column more than `inputs` has labels, which are left out: the column that its header names, or the
/// first. Images in IDX files of EMNIST's names are transposed, as they are in a dataset. Of an archive, these are the
/// images of `x_test`.
///
/// # Errors
/// A [`SourceError`] if the file cannot be read or is damaged, or if its images have another number of pixels.
pub fn read(path: &Path, inputs: usize) -> Result<Option<Unlabelled>, SourceError> {
    let images = match Format::of(path) {
        Ok(Format::Csv) => {
            let pixels = read_csv(path, |reader| csv::read_pixels(reader, inputs))?;
            return Ok(Some(Unlabelled { pixels, geometry: None }));
        }
        Ok(Format::Npz) => test_images_of_npz(path).map_err(|problem| problem.of(path))?,
        Err(FileError::LoneIdx) => directory::images_in(path)?,
        _ => return Ok(None),
    };
    let Idx { dims, bytes: pixels } = images;
    if dims[0] == 0 {
        return Err(FileError::Idx(IdxError::Empty).of(path));
    }
    let (height, width) = (dims[1] as usize, dims[2] as usize);
    match height * width {
        found if found == inputs => Ok(Some(Unlabelled { pixels, geometry: Some((height, width)) })),
        found => Err(FileError::Pixels { found, expected: inputs }.of(path)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pixels of four each in a file with this name and these contents.
    fn pixels_of(name: &str, contents: &[u8]) -> Result<Option<Vec<u8>>, SourceError> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(name);
        std::fs::write(&path, contents).unwrap();
        let found = read(&path, 4)?;
        let shape = Some((2, 2)).filter(|_| !matches!(Format::of(&path), Ok(Format::Csv))); // rows have none
        assert!(found.as_ref().is_none_or(|found| found.geometry == shape));
        Ok(found.map(|found| found.pixels))
    }

    fn pixels(contents: &[u8]) -> Result<Option<Vec<u8>>, SourceError> {
        pixels_of("images", contents)
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
        let named = |name: &str, dims: &[u32], bytes: &[u8]| {
            let mut file = Vec::new();
            Idx { dims: dims.to_vec(), bytes: bytes.to_vec() }.write(&mut file).unwrap();
            pixels_of(name, &file)
        };
        let idx = |dims: &[u32], bytes: &[u8]| named("t10k-images-idx3-ubyte", dims, bytes);
        let emnist = named("emnist-letters-test-images-idx3-ubyte", &[1, 2, 2], &[1, 2, 3, 4]);
        assert_eq!(emnist.unwrap(), Some(vec![1, 3, 2, 4]), "EMNIST's are transposed");
        assert_eq!(idx(&[1, 2, 2], &[1, 2, 3, 4]).unwrap(), Some(vec![1, 2, 3, 4]));
        let error = idx(&[1, 1, 2], &[1, 2]).unwrap_err().to_string();
        assert!(error.contains("has images of 2 pixels, expected 4"), "{error}");
        assert!(idx(&[4], &[1, 2, 3, 4]).is_err(), "labels");
        assert_eq!(pixels(b"\x89PNG").unwrap(), None);
    }
}
