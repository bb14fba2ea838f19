//! Reads PNG and JPEG files as grey pictures, upright and without transparency.

use std::fmt::Display;
use std::io::{self, Read};

use thiserror::Error;
use zune_jpeg::errors::DecodeErrors;

use super::Picture;
use super::decode::{self, Unpacked, orientation, unpacked};

/// The maximum size of a file and of decoded pixels, in bytes: 67 million pixels in colour.
pub const MAX_BYTES: u64 = 192 << 20;

/// Why a file cannot be read as a picture.
#[derive(Debug, Error)]
pub enum FileError {
    /// Reading failed.
    #[error("cannot be read: {0}")]
    Read(#[from] io::Error),
    /// The file is empty.
    #[error("is empty")]
    Empty,
    /// The file is too long.
    #[error("is longer than {} MiB, the most that is read", MAX_BYTES >> 20)]
    TooLong,
    /// The file is neither PNG nor JPEG.
    #[error("is neither PNG nor JPEG: convert it first")]
    Format,
    /// The picture would take too much memory.
    #[error(
        "has {width} x {height} pixels, which take {} MiB; at most {} MiB are allowed: make it smaller first",
        bytes.div_ceil(1 << 20), MAX_BYTES >> 20
    )]
    TooLarge {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
        /// The memory it would take, in bytes.
        bytes: u64,
    },
    /// A JPEG without its end, which the decoder would invent.
    #[error("is damaged: it ends too soon, so copy or save it again")]
    Truncated,
    /// A PNG that is cut off or damaged.
    #[error("is damaged: {}", in_short(.0))]
    Png(#[from] png::DecodingError),
    /// A JPEG that is damaged, or of a rare kind that is not supported.
    #[error("cannot be unpacked: {}", in_short(.0))]
    Jpeg(#[from] DecodeErrors),
}

/// The decoder's message, without its internal details.
fn in_short(error: &impl Display) -> String {
    let text = error.to_string();
    text.split(" while decoding").next().unwrap_or_default().to_string()
}

/// Reads a PNG or JPEG file of any size and kind as greys, where 0 is black and 255 is white.
///
/// Colours are converted to brightness (ITU-R BT.709), and 16 bits to 8. Transparent parts of a page get the grey of
/// the page; ink without a page is placed on white if it is dark, on black if it is light. A photo is turned upright by
/// its EXIF orientation.
///
/// At most [`MAX_BYTES`] are read, and a picture whose pixels take more is refused before it is decoded.
///
/// # Errors
/// A [`FileError`] that says what is wrong with the file.
pub fn read(file: impl Read) -> Result<Picture, FileError> {
    let bytes = bytes_of(file)?;
    let Unpacked { width, height, samples, pixels } = unpacked(&bytes)?;
    // Neither format allows a picture without pixels, but a decoder might accept one.
    let picture = Picture::new(height, width, greys(pixels, samples)).map_err(|_| FileError::Empty)?;
    Ok(upright(picture, orientation(&bytes)))
}

/// Height and width of the picture in a PNG or JPEG file, from its header, before it is turned.
///
/// # Errors
/// A [`FileError`] that says what is wrong with the header.
pub(crate) fn size(file: impl Read) -> Result<(usize, usize), FileError> {
    match decode::size(&bytes_of(file)?)? {
        (0, _) | (_, 0) => Err(FileError::Empty),
        size => Ok(size),
    }
}

fn bytes_of(file: impl Read) -> Result<Vec<u8>, FileError> {
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    match bytes.len() as u64 {
        0 => Err(FileError::Empty),
        len if len > MAX_BYTES => Err(FileError::TooLong),
        _ => Ok(bytes),
    }
}

/// Turns a picture upright, according to the camera's orientation in EXIF's numbering.
fn upright(picture: Picture, orientation: u32) -> Picture {
    match orientation {
        2 => picture.mirrored(),
        3 => picture.mirrored().flipped(),
        4 => picture.flipped(),
        5 => picture.transposed(),
        6 => picture.transposed().mirrored(),
        7 => picture.transposed().mirrored().flipped(),
        8 => picture.transposed().flipped(),
        _ => picture,
    }
}

/// The greys of pixels with 1 to 4 samples; transparent pixels are placed on a [`ground`].
fn greys(pixels: Vec<u8>, samples: usize) -> Vec<u8> {
    match samples {
        1 => pixels,
        2 => on_ground(pixels.chunks_exact(2).map(|pixel| [pixel[0], pixel[1]])),
        3 => pixels.chunks_exact(3).map(brightness).collect(),
        _ => on_ground(pixels.chunks_exact(4).map(|pixel| [brightness(&pixel[..3]), pixel[3]])),
    }
}

/// The brightness of red, green and blue light (ITU-R BT.709).
fn brightness(colour: &[u8]) -> u8 {
    let weighted = colour.iter().zip([2126, 7152, 722]).map(|(&light, weight)| u32::from(light) * weight);
    (weighted.sum::<u32>() / 10_000) as u8
}

/// The greys of pixels with alpha, placed on a [`ground`].
fn on_ground(pixels: impl ExactSizeIterator<Item = [u8; 2]> + Clone) -> Vec<u8> {
    let ground = u32::from(ground(pixels.clone()));
    let seen = |[grey, alpha]: [u32; 2]| ((grey * alpha + ground * (255 - alpha) + 127) / 255) as u8;
    pixels.map(|pixel| seen(pixel.map(u32::from))).collect()
}

/// Greys that differ by at most this much count as one colour.
const ONE_COLOUR: u8 = 64;

/// The grey behind the transparent parts. A page with something on it, such as a rotated page with transparent corners,
/// is continued in its own grey. Everything else is ink without paper, and is placed on black or white, whichever is
/// further from it.
fn ground(pixels: impl ExactSizeIterator<Item = [u8; 2]>) -> u8 {
    let room = 255 * pixels.len() as u64;
    let mut amounts = [0; 256];
    for [grey, alpha] in pixels {
        amounts[usize::from(grey)] += u64::from(alpha);
    }
    let all: u64 = amounts.iter().sum();
    let mut upto = 0;
    let mut is_below_half = |amount: &u64| {
        upto += amount;
        2 * upto < all
    };
    let median = amounts.iter().take_while(|amount| is_below_half(amount)).count() as u8;
    let others: u64 = (0..=255_u8)
        .zip(amounts)
        .filter(|(grey, _)| grey.abs_diff(median) > ONE_COLOUR)
        .map(|(_, amount)| amount)
        .sum();
    let is_page = 3 * all > room && 500 * others > all;
    match median {
        paper if is_page => paper,
        ..128 => 255,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use image::{DynamicImage, GrayImage, ImageBuffer, ImageFormat, LumaA, Rgb, Rgba};
    use proptest::prelude::*;

    use super::*;
    use crate::picture::file::png;

    fn png_of(image: impl Into<DynamicImage>) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        image.into().write_to(&mut bytes, ImageFormat::Png).unwrap();
        bytes.into_inner()
    }

    fn pixels(bytes: &[u8]) -> Vec<u8> {
        read(bytes).unwrap().pixels().to_vec()
    }

    #[test]
    fn what_is_written_is_read() {
        let picture = Picture::new(2, 3, vec![0, 50, 100, 150, 200, 255]).unwrap();
        assert_eq!(read(&png(&picture)[..]).unwrap(), picture);
    }

    #[test]
    fn the_header_has_the_size() {
        let image = GrayImage::from_fn(7, 4, |x, y| image::Luma([(x * y * 7) as u8]));
        for format in [ImageFormat::Png, ImageFormat::Jpeg] {
            let mut bytes = Cursor::new(Vec::new());
            image.write_to(&mut bytes, format).unwrap();
            let bytes = bytes.into_inner();
            assert_eq!(size(&bytes[..]).unwrap(), (4, 7));
            assert!(size(&bytes[..20]).is_err(), "{format:?}");
        }
        assert!(matches!(size(&b""[..]), Err(FileError::Empty)));
        assert!(matches!(size(&b"GIF89a"[..]), Err(FileError::Format)));
    }

    #[test]
    fn colours_and_16_bits_become_greys() {
        let colours = ImageBuffer::from_vec(4, 1, vec![255, 255, 255, 255, 0, 0, 0, 255, 0, 0, 0, 255]).unwrap();
        // BT.709: 0.2126, 0.7152 and 0.0722 of 255.
        let found = pixels(&png_of(DynamicImage::ImageRgb8(colours)));
        let expected = [255, 54, 182, 18];
        assert!(found.iter().zip(expected).all(|(&a, b): (&u8, u8)| a.abs_diff(b) <= 1), "{found:?}");
        let deep: ImageBuffer<Rgb<u16>, _> =
            ImageBuffer::from_vec(2, 1, vec![65535, 65535, 65535, 257, 257, 257]).unwrap();
        assert_eq!(pixels(&png_of(DynamicImage::ImageRgb16(deep))), [255, 1]);
    }

    #[test]
    fn transparent_parts_let_the_ink_be_seen() {
        for (ink, ground) in [(0, 255), (255, 0), (60, 255), (200, 0)] {
            let drawing: ImageBuffer<LumaA<u8>, _> = ImageBuffer::from_vec(3, 1, vec![ink, 255, 0, 0, 255, 0]).unwrap();
            assert_eq!(pixels(&png_of(DynamicImage::ImageLumaA8(drawing))), [ink, ground, ground], "{ink}");
        }
        // The same on a page that is slightly rotated: its transparent corners are paper, not ink.
        for (paper, ink) in [(255, 0), (0, 255), (180, 60)] {
            let page = ImageBuffer::from_fn(20, 20, |x, y| match (x, y) {
                (0 | 19, _) | (_, 0 | 19) => LumaA([0, 0]),
                (9, 5..15) => LumaA([ink, 255]),
                _ => LumaA([paper, 255]),
            });
            let seen = pixels(&png_of(DynamicImage::ImageLumaA8(page)));
            assert_eq!((seen[0], seen[21], seen[5 * 20 + 9]), (paper, paper, ink));
        }
        let nothing: ImageBuffer<Rgba<u16>, _> = ImageBuffer::from_vec(1, 1, vec![1000, 2000, 3000, 0]).unwrap();
        assert_eq!(pixels(&png_of(DynamicImage::ImageRgba16(nothing))).len(), 1);
    }

    #[test]
    fn a_photo_is_turned_the_way_the_camera_was_held() {
        let mut image = GrayImage::from_pixel(16, 8, image::Luma([255]));
        (0..4).for_each(|x| (0..4).for_each(|y| image.put_pixel(x, y, image::Luma([0]))));
        let mut jpeg = Cursor::new(Vec::new());
        image.write_to(&mut jpeg, ImageFormat::Jpeg).unwrap();
        // An APP1 segment after the start marker: EXIF with one entry, orientation 6, turn right by 90 degrees.
        let exif = b"\xff\xe1\x00\x22Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
        let mut jpeg = jpeg.into_inner();
        jpeg.splice(2..2, exif.iter().copied());
        let picture = read(&jpeg[..]).unwrap();
        assert_eq!((picture.height(), picture.width()), (16, 8));
        assert!(picture.row(1)[1] > 200 && picture.row(1)[6] < 50, "the dark corner is now at the right");
    }

    #[test]
    fn the_eight_ways_to_hold_a_camera() {
        // As in the table of TIFF 6.0: the sides of the upright picture where the first row and the first column are.
        let seen = |orientation| {
            let picture = upright(Picture::new(2, 3, vec![1, 2, 3, 4, 5, 6]).unwrap(), orientation);
            picture.rows().map(<[u8]>::to_vec).collect::<Vec<_>>()
        };
        assert_eq!(seen(1), [[1, 2, 3], [4, 5, 6]]); // top, left
        assert_eq!(seen(2), [[3, 2, 1], [6, 5, 4]]); // top, right
        assert_eq!(seen(3), [[6, 5, 4], [3, 2, 1]]); // bottom, right
        assert_eq!(seen(4), [[4, 5, 6], [1, 2, 3]]); // bottom, left
        assert_eq!(seen(5), [[1, 4], [2, 5], [3, 6]]); // left, top
        assert_eq!(seen(6), [[4, 1], [5, 2], [6, 3]]); // right, top
        assert_eq!(seen(7), [[6, 3], [5, 2], [4, 1]]); // right, bottom
        assert_eq!(seen(8), [[3, 6], [2, 5], [1, 4]]); // left, bottom
    }

    #[test]
    fn a_file_that_is_no_picture_says_why() {
        assert!(matches!(read(&b""[..]), Err(FileError::Empty)));
        assert!(matches!(read(&b"GIF89a and so on"[..]), Err(FileError::Format)));
        assert!(matches!(read(&b"hello"[..]), Err(FileError::Format)));
        let whole = png(&Picture::new(20, 20, (0..=255).cycle().take(400).collect()).unwrap());
        assert!(matches!(read(&whole[..whole.len() / 2]), Err(FileError::Png(_))));
        let mut damaged = whole.clone();
        damaged[29] ^= 1; // of the check sum of the header
        let error = read(&damaged[..]).unwrap_err().to_string();
        assert!(error.contains("CRC") && !error.contains("while decoding"), "{error}");
        assert!(matches!(read(io::repeat(7)), Err(FileError::TooLong)));
    }

    #[test]
    fn half_a_photo_is_no_photo() {
        let image = GrayImage::from_fn(40, 30, |x, y| image::Luma([(x * y * 7 % 256) as u8]));
        let mut jpeg = Cursor::new(Vec::new());
        image.write_to(&mut jpeg, ImageFormat::Jpeg).unwrap();
        let jpeg = jpeg.into_inner();
        for end in [10, 40, 60, 80, 95, 99].map(|percent| jpeg.len() * percent / 100) {
            assert!(read(&jpeg[..end]).is_err(), "{end} of {} bytes", jpeg.len());
        }
        let whole = read(&jpeg[..]).unwrap();
        for added in [&b"what some cameras add"[..], b"\xff\xda of a film", &jpeg[..jpeg.len() / 2]] {
            assert_eq!(read(&[&jpeg[..], added].concat()[..]).unwrap(), whole);
        }
        // A thumbnail has its own end marker.
        let mut thumbnail = vec![0xFF, 0xE1];
        thumbnail.extend((jpeg.len() as u16 + 2).to_be_bytes());
        thumbnail.extend(&jpeg);
        let with_thumbnail = [&jpeg[..2], &thumbnail, &jpeg[2..]].concat();
        assert_eq!(read(&with_thumbnail[..]).unwrap(), whole);
        assert!(read(&with_thumbnail[..with_thumbnail.len() * 9 / 10]).is_err());
    }

    #[test]
    fn a_bomb_is_refused_before_it_goes_off() {
        // 100,000 x 100,000 pixels in 33 bytes: the header is enough.
        let mut bomb = png(&Picture::new(1, 1, vec![0]).unwrap());
        bomb[16..24].copy_from_slice(&[0, 1, 0x86, 0xa0, 0, 1, 0x86, 0xa0]);
        let crc = flate2_crc(&bomb[12..29]);
        bomb[29..33].copy_from_slice(&crc.to_be_bytes());
        let Err(error) = read(&bomb[..]) else { panic!("unpacked") };
        assert!(matches!(error, FileError::TooLarge { width: 100_000, height: 100_000, .. }), "{error}");
    }

    fn flate2_crc(bytes: &[u8]) -> u32 {
        let mut crc = flate2::Crc::new();
        crc.update(bytes);
        crc.sum()
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = (read(&bytes[..]), size(&bytes[..]));
        }

        #[test]
        fn no_damage_makes_it_panic(
            jpeg in any::<bool>(),
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
            end in any::<prop::sample::Index>(),
        ) {
            let image = GrayImage::from_fn(24, 17, |x, y| image::Luma([(x * y * 7 % 256) as u8]));
            let mut bytes = Cursor::new(Vec::new());
            image.write_to(&mut bytes, if jpeg { ImageFormat::Jpeg } else { ImageFormat::Png }).unwrap();
            let mut bytes = bytes.into_inner();
            for (at, byte) in changes {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            bytes.truncate(1 + end.index(2 * bytes.len()).min(bytes.len() - 1));
            let size = size(&bytes[..]);
            if let Ok(picture) = read(&bytes[..]) {
                let (height, width) = size.unwrap();
                let sides = [picture.height(), picture.width()];
                prop_assert!(sides == [height, width] || sides == [width, height]);
            }
        }
    }
}
