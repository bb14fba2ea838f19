//! Signed numbers as a picture: blue below 0, orange above 0.

use png::{BitDepth, ColorType, Encoder};

/// Colour-blind people can distinguish these colours, and both are visible on white and on black.
const BELOW: [u8; 3] = [0x3b, 0x86, 0xd1];
const ABOVE: [u8; 3] = [0xe0, 0x7a, 0x14];

/// The level of 0 in the file. There are about as many levels of blue before it as levels of orange after it.
const ZERO: u8 = 128;

/// The bytes of a PNG file of `height` x `width` pixels that shows as many numbers from -1 (blue) to 1 (orange), row by
/// row. The nearer a number is to 0, the more transparent is its pixel.
///
/// # Panics
/// If the number of pixels is 0, or differs from that of the numbers.
#[must_use]
pub fn signed_png((height, width): (usize, usize), numbers: &[f64]) -> Vec<u8> {
    const FITS: &str = "a picture in memory makes a file in memory";
    let colours: Vec<u8> = (0..=u8::MAX).flat_map(|level| if level < ZERO { BELOW } else { ABOVE }).collect();
    let opacities: Vec<u8> = (0..=u8::MAX).map(|level| level.abs_diff(ZERO).saturating_mul(2)).collect();
    let level = |number: &f64| (f64::from(ZERO) + 127.0 * number).round() as u8;
    let pixels: Vec<u8> = numbers.iter().map(level).collect();
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, width as u32, height as u32);
    encoder.set_color(ColorType::Indexed);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_palette(colours);
    encoder.set_trns(opacities);
    encoder.write_header().expect(FITS).write_image_data(&pixels).expect(FITS);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sign_is_the_colour_and_the_size_the_opacity() {
        let read = image::load_from_memory(&signed_png((2, 2), &[-1.0, 0.0, 0.5, 1.0])).unwrap().into_rgba8();
        let pixels: Vec<_> = read.pixels().map(|pixel| pixel.0).collect();
        let with = |[red, green, blue]: [u8; 3], opacity| [red, green, blue, opacity];
        assert_eq!(pixels, [with(BELOW, 254), with(ABOVE, 0), with(ABOVE, 128), with(ABOVE, 254)]);
    }
}
