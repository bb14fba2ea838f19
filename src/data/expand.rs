//! The book's expand_mnist.py: makes five images of one.

use super::Dataset;
use super::memory::TooMany;
use super::shift::Shift;

/// Versions of each image: the original and four shifts.
pub const VERSIONS: usize = 5;

/// Expands a dataset fivefold: each image and its shifts by one pixel in four directions.
///
/// The five versions of an image follow each other, in the order of [`Shift::within`]: the original, then shifted by one
/// pixel down, up, right and left.
/// They have the label of the original. The row or column that is freed becomes background (0); the one that is moved
/// out is lost.
///
/// The book's program also shuffles its file. That is not needed here, because the order of every epoch is random. Cut
/// off the validation set before expanding: otherwise shifts of one image could end up in both sets.
///
/// # Errors
/// [`TooMany`] if the images do not fit into memory.
pub fn shifts(data: &Dataset, threads: usize) -> Result<Dataset, TooMany> {
    let (size, (_, cols)) = (data.image_size(), data.geometry());
    let five = Shift::within(1);
    let pixels = data.treated(VERSIONS, threads, |image, versions| {
        for (shift, version) in five.iter().zip(versions.chunks_exact_mut(size)) {
            shift.apply(image, cols, version);
        }
    })?;
    let labels = data.labels().iter().flat_map(|&label| [label; VERSIONS]).collect();
    Ok(data.replaced(pixels, labels, data.identity().treated("expanded by shifts")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Identity;

    fn dataset(pixels: Vec<u8>, labels: &[u8], geometry: (usize, usize)) -> Dataset {
        Dataset::new(pixels, labels.to_vec(), geometry, 10, Identity::named("toy")).unwrap()
    }

    #[test]
    #[rustfmt::skip]
    fn an_image_is_followed_by_its_four_shifts() {
        let data = dataset(vec![
            1, 2, 3,
            4, 5, 6,
            7, 8, 9,
        ], &[7], (3, 3));
        assert_eq!(shifts(&data, 1).unwrap().pixels(), [
            1, 2, 3,
            4, 5, 6,
            7, 8, 9,
            // Down.
            0, 0, 0,
            1, 2, 3,
            4, 5, 6,
            // Up.
            4, 5, 6,
            7, 8, 9,
            0, 0, 0,
            // Right.
            0, 1, 2,
            0, 4, 5,
            0, 7, 8,
            // Left.
            2, 3, 0,
            5, 6, 0,
            8, 9, 0,
        ]);
    }

    #[test]
    fn labels_are_repeated_and_the_rest_is_kept() {
        let data = dataset(vec![9; 4 * 6], &[3, 1, 4, 1], (2, 3));
        let expanded = shifts(&data.slice(1..3), 2).unwrap();
        assert_eq!(expanded.labels(), [1, 1, 1, 1, 1, 4, 4, 4, 4, 4]);
        assert_eq!((expanded.len(), expanded.geometry(), expanded.classes()), (10, (2, 3), 10));
        assert!(shifts(&data.slice(2..2), 2).unwrap().is_empty());
        assert_eq!(Shift::within(1).len(), VERSIONS);
    }

    #[test]
    fn a_single_row_or_column_can_be_shifted() {
        let row = shifts(&dataset(vec![1, 2], &[0], (1, 2)), 1).unwrap();
        assert_eq!(row.pixels(), [1, 2, 0, 0, 0, 0, 0, 1, 2, 0]);
        let column = shifts(&dataset(vec![1, 2], &[0], (2, 1)), 1).unwrap();
        assert_eq!(column.pixels(), [1, 2, 0, 1, 2, 0, 0, 0, 0, 0]);
        assert_eq!(shifts(&dataset(vec![1], &[0], (1, 1)), 1).unwrap().pixels(), [1, 0, 0, 0, 0]);
    }

    #[test]
    fn threads_change_nothing() {
        let images = 2 * crate::data::treat::JOB + 1;
        let data = dataset((0..images * 6).map(|i| i as u8).collect(), &vec![0; images], (2, 3));
        let one = shifts(&data, 1).unwrap();
        for threads in [2, 3] {
            assert!(shifts(&data, threads).unwrap().pixels() == one.pixels(), "{threads} threads");
        }
    }

    #[test]
    fn the_name_says_what_was_done() {
        let name = |identity| {
            let data = Dataset::new(vec![0], vec![0], (1, 1), 2, identity).unwrap();
            let expanded = shifts(&data, 1).unwrap();
            (expanded.identity().name().to_owned(), expanded.identity().to_string())
        };
        let mnist = "MNIST expanded by shifts";
        assert_eq!(name(Identity::named("MNIST")), (mnist.to_owned(), mnist.to_owned()));
        let unknown = Identity::unknown("IDX files 1a2b", "IDX files in somewhere");
        let expected = ("IDX files 1a2b expanded by shifts", "IDX files in somewhere expanded by shifts");
        assert_eq!(name(unknown), (expected.0.to_owned(), expected.1.to_owned()));
    }
}
