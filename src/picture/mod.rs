//! Grey pictures: their files, their display, and their preparation for a network.
//!
//! Nothing in this module depends on networks.

use thiserror::Error;

mod decode;
pub mod file;
pub mod find;
pub mod normalize;
mod paper;
mod pieces;
pub mod read;
pub mod sheet;
pub mod signed;
pub mod terminal;

/// A picture in shades of grey, row by row from the top left.
///
/// 0 is the background and 255 is full ink, as in MNIST: displayed unchanged, digits are white on black.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    height: usize,
    width: usize,
    pixels: Vec<u8>,
}

/// The number of pixels does not fit the size of the picture.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("a picture of {height} x {width} pixels cannot be made of {pixels}")]
pub struct PictureError {
    height: usize,
    width: usize,
    pixels: usize,
}

impl Picture {
    /// A picture of `height` x `width` pixels.
    ///
    /// # Errors
    /// [`PictureError`] if the number of pixels is 0 or not `height` x `width`.
    pub fn new(height: usize, width: usize, pixels: Vec<u8>) -> Result<Self, PictureError> {
        if pixels.is_empty() || height.checked_mul(width) != Some(pixels.len()) {
            return Err(PictureError { height, width, pixels: pixels.len() });
        }
        Ok(Picture { height, width, pixels })
    }

    /// Height in pixels, at least 1.
    #[must_use]
    pub fn height(&self) -> usize {
        self.height
    }

    /// Width in pixels, at least 1.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// All pixels, row by row.
    #[must_use]
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// The pixels of each row, from the top.
    #[must_use]
    pub fn rows(&self) -> impl DoubleEndedIterator<Item = &[u8]> + ExactSizeIterator {
        self.pixels.chunks_exact(self.width)
    }

    /// The pixels of row `y`, counted from the top.
    ///
    /// # Panics
    /// If `y` is not below [`height`](Self::height).
    #[must_use]
    pub fn row(&self, y: usize) -> &[u8] {
        &self.pixels[y * self.width..][..self.width]
    }

    /// The picture with `change` applied to each pixel.
    #[must_use]
    pub fn map(&self, change: impl FnMut(u8) -> u8) -> Self {
        Picture { pixels: self.pixels.iter().copied().map(change).collect(), ..*self }
    }

    /// The picture reduced by a whole factor, at least 1: each pixel is the mean of `factor` x `factor` pixels, or of
    /// fewer at the right and at the bottom.
    #[must_use]
    pub fn reduced(&self, factor: usize) -> Self {
        // A list of the rows would take 16 bytes per row, more than the picture itself if it is one pixel wide.
        let mean = |rows: &[u8], left: usize| {
            let right = self.width.min(left + factor);
            let covered = rows.chunks_exact(self.width).flat_map(|row| &row[left..right]);
            let sum: u64 = covered.map(|&pixel| u64::from(pixel)).sum();
            let pixels = (rows.len() / self.width * (right - left)) as u64;
            ((sum + pixels / 2) / pixels) as u8
        };
        let columns = || (0..self.width).step_by(factor);
        let strips = self.pixels.chunks(factor.saturating_mul(self.width));
        let pixels = strips.flat_map(|rows| columns().map(|left| mean(rows, left))).collect();
        Picture { height: self.height.div_ceil(factor), width: self.width.div_ceil(factor), pixels }
    }

    /// Swaps left and right.
    #[must_use]
    pub(crate) fn mirrored(mut self) -> Self {
        self.pixels.chunks_exact_mut(self.width).for_each(<[u8]>::reverse);
        self
    }

    /// Swaps top and bottom.
    #[must_use]
    pub(crate) fn flipped(self) -> Self {
        Picture { pixels: self.rows().rev().flatten().copied().collect(), ..self }
    }

    /// Swaps rows and columns, about the diagonal from the top left.
    #[must_use]
    pub(crate) fn transposed(&self) -> Self {
        let column = |x: usize| self.pixels.iter().skip(x).step_by(self.width).copied();
        Picture { height: self.width, width: self.height, pixels: (0..self.width).flat_map(column).collect() }
    }

    /// Swaps dark and light.
    #[must_use]
    pub fn inverted(&self) -> Self {
        self.map(|pixel| 255 - pixel)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reduced_picture_has_the_means() {
        let picture = Picture::new(3, 3, vec![0, 100, 7, 100, 200, 8, 1, 2, 255]).unwrap();
        assert_eq!(picture.reduced(1), picture);
        assert_eq!(picture.reduced(2), Picture::new(2, 2, vec![100, 8, 2, 255]).unwrap());
        assert_eq!(picture.reduced(50), Picture::new(1, 1, vec![75]).unwrap());
    }
}
