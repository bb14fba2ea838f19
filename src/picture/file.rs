//! PNG and JPEG, through the `image` crate.

use std::io::Cursor;

use image::{GrayImage, ImageFormat};

use super::Picture;

/// The bytes of a PNG file that shows `picture` as it is: full ink is white.
#[must_use]
pub fn png(picture: &Picture) -> Vec<u8> {
    let (width, height) = (picture.width() as u32, picture.height() as u32);
    let image = GrayImage::from_raw(width, height, picture.pixels().to_vec()).expect("a picture is full of pixels");
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, ImageFormat::Png).expect("memory can be written to");
    bytes.into_inner()
}
