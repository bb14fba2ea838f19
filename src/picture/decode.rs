//! Decodes PNG and JPEG files with the crates `png` and `zune-jpeg`.

use std::io::Cursor;

use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::read::{FileError, MAX_BYTES};

/// The decoded pixels of a file, a byte per sample.
pub(super) struct Unpacked {
    pub width: usize,
    pub height: usize,
    /// Samples per pixel: 1 for grey, 2 for grey and alpha, 3 for red, green and blue, 4 for these and alpha.
    pub samples: usize,
    /// Pixel by pixel, row by row.
    pub pixels: Vec<u8>,
}

/// Decodes the bytes of a file.
pub(super) fn unpacked(bytes: &[u8]) -> Result<Unpacked, FileError> {
    match Format::of(bytes)? {
        Format::Png => png(bytes),
        Format::Jpeg => jpeg(bytes),
    }
}

/// Height and width of the picture in a file, from the header.
pub(super) fn size(bytes: &[u8]) -> Result<(usize, usize), FileError> {
    let (width, height) = match Format::of(bytes)? {
        Format::Png => {
            let (width, height) = png_decoder(bytes).read_header_info()?.size();
            (width as usize, height as usize)
        }
        Format::Jpeg => {
            let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), jpeg_options());
            decoder.decode_headers()?;
            decoder.dimensions().unwrap_or_default()
        }
    };
    Ok((height, width))
}

/// The supported formats.
enum Format {
    Png,
    Jpeg,
}

impl Format {
    fn of(bytes: &[u8]) -> Result<Self, FileError> {
        if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
            Ok(Format::Png)
        } else if bytes.starts_with(b"\xff\xd8\xff") {
            Ok(Format::Jpeg)
        } else {
            Err(FileError::Format)
        }
    }
}

fn png_decoder(bytes: &[u8]) -> png::Decoder<Cursor<&[u8]>> {
    let limits = png::Limits { bytes: 2 * MAX_BYTES as usize };
    png::Decoder::new_with_limits(Cursor::new(bytes), limits)
}

fn jpeg_options() -> DecoderOptions {
    // Many cameras leave bytes between segments, which a strict decoder refuses.
    DecoderOptions::default().set_strict_mode(false).set_max_width(usize::MAX).set_max_height(usize::MAX)
}

fn png(bytes: &[u8]) -> Result<Unpacked, FileError> {
    let mut decoder = png_decoder(bytes);
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    decoder.set_ignore_text_chunk(true);
    let mut reader = decoder.read_info()?;
    let samples = reader.output_color_type().0.samples();
    let (width, height) = reader.info().size();
    let mut pixels = room(width, height, samples)?;
    reader.next_frame(&mut pixels)?;
    Ok(Unpacked { width: width as usize, height: height as usize, samples, pixels })
}

fn jpeg(bytes: &[u8]) -> Result<Unpacked, FileError> {
    if !has_end(bytes) {
        return Err(FileError::Truncated);
    }
    let options = jpeg_options();
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers()?;
    let colours = match decoder.input_colorspace() {
        Some(ColorSpace::Luma) => ColorSpace::Luma,
        _ => ColorSpace::RGB,
    };
    decoder.set_options(options.jpeg_set_out_colorspace(colours));
    let (width, height) = decoder.dimensions().unwrap_or_default();
    let samples = colours.num_components();
    let mut pixels = room(width as u32, height as u32, samples)?;
    decoder.decode_into(&mut pixels)?;
    Ok(Unpacked { width, height, samples, pixels })
}

/// Allocates memory for the pixels; an error if they exceed the limit.
fn room(width: u32, height: u32, samples: usize) -> Result<Vec<u8>, FileError> {
    let bytes = u64::from(width).saturating_mul(u64::from(height)).saturating_mul(samples as u64);
    if bytes > MAX_BYTES {
        return Err(FileError::TooLarge { width, height, bytes });
    }
    Ok(vec![0; bytes as usize])
}

/// Whether a JPEG has an end marker. Anything may follow it, such as a film.
fn has_end(jpeg: &[u8]) -> bool {
    let mut rest = jpeg;
    // Go to the next marker: 0xFF and a byte that is neither part of a scan (0x00), nor padding (0xFF), nor a restart
    // marker.
    while let Some(at) = rest.windows(2).position(|two| two[0] == 0xFF && !matches!(two[1], 0x00 | 0xD0..=0xD7 | 0xFF))
    {
        let marker = rest[at + 1];
        rest = &rest[at + 2..];
        match (marker, rest) {
            (0xD9, _) => return true,
            (0x01 | 0xD8, _) => {} // alone
            (_, &[high, low, ..]) => {
                // Skip a segment, whose length includes itself; it may contain a smaller JPEG.
                let length = usize::from(u16::from_be_bytes([high, low]));
                rest = rest.get(length..).unwrap_or_default();
            }
            _ => return false,
        }
    }
    false
}

/// The orientation of the camera in EXIF's numbering, from 1 (upright) to 8.
pub(super) fn orientation(bytes: &[u8]) -> u32 {
    let mut reader = exif::Reader::new();
    let found = reader.continue_on_error(true).read_from_container(&mut Cursor::new(bytes));
    let found = found.or_else(|error| error.distill_partial_result(|_| {}));
    let field = found.as_ref().ok().and_then(|exif| exif.get_field(exif::Tag::Orientation, exif::In::PRIMARY));
    field.and_then(|field| field.value.get_uint(0)).unwrap_or(1)
}
