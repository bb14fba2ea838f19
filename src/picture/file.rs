//! Writes PNG files, with a mark by which this program recognizes them.

use super::Picture;

/// The mark, a text chunk of PNG: keyword, zero byte, text.
const MARK: &[u8] = b"tEXtSoftware\0mnist";
/// The position of the mark: after the signature, the header and the length of the mark's chunk.
const MARK_AT: usize = 8 + 25 + 4;

/// The bytes of a PNG file of `picture`; full ink is white.
#[must_use]
pub fn png(picture: &Picture) -> Vec<u8> {
    encoded((picture.width() as u32, picture.height() as u32), png::ColorType::Grayscale, picture.pixels())
}

/// The bytes of a PNG file of `width` x `height` pixels, a byte per sample.
pub(crate) fn encoded((width, height): (u32, u32), color: png::ColorType, pixels: &[u8]) -> Vec<u8> {
    const FITS: &str = "a picture in memory makes a file in memory";
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(color);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.add_text_chunk("Software".to_string(), "mnist".to_string()).expect(FITS);
    encoder.write_header().expect(FITS).write_image_data(pixels).expect(FITS);
    bytes
}

/// Whether a file that starts with these bytes, at least 64 of them, was written by this program.
#[must_use]
pub fn is_our_png(start: &[u8]) -> bool {
    start.starts_with(b"\x89PNG\r\n\x1a\n") && start.get(MARK_AT..).is_some_and(|rest| rest.starts_with(MARK))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_png_of_ours_is_told_from_others() {
        let picture = Picture::new(2, 3, vec![0, 9, 255, 7, 0, 1]).unwrap();
        let ours = png(&picture);
        let read = image::load_from_memory(&ours).unwrap();
        assert_eq!((read.color(), read.into_luma8().into_raw()), (image::ColorType::L8, picture.pixels().to_vec()));
        assert!(is_our_png(&ours[..64]));
        let mut others = std::io::Cursor::new(Vec::new());
        image::GrayImage::new(3, 2).write_to(&mut others, image::ImageFormat::Png).unwrap();
        assert!(!is_our_png(&others.into_inner()) && !is_our_png(b"\x89PNG\r\n\x1a\n") && !is_our_png(b"GIF89a"));
    }
}
