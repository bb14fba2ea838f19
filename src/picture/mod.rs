//! What images look like: grey pictures, their files, and what becomes of them on the way to a network.
//!
//! Nothing here knows of networks.

use thiserror::Error;

pub mod file;
pub mod sheet;
pub mod terminal;

/// A picture in shades of grey, row by row from the top left.
///
/// 0 is the background and 255 full ink, as MNIST has it: shown as they are, digits are white on black.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    height: usize,
    width: usize,
    pixels: Vec<u8>,
}

/// The pixels do not fill the picture.
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
    /// [`PictureError`] if there are not as many pixels, or none.
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
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.pixels.chunks_exact(self.width)
    }

    /// Dark for light and light for dark.
    #[must_use]
    pub fn inverted(&self) -> Self {
        Picture { pixels: self.pixels.iter().map(|pixel| 255 - pixel).collect(), ..*self }
    }
}
