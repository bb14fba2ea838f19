//! A figure as an SVG or PNG file.

use std::sync::Once;

use plotters::prelude::*;
use plotters::style::register_font;
use png::ColorType;

use super::draw::{Sheet, WIDTH, height, shown};
use super::{Figure, Theme};
use crate::picture::file::encoded;

/// The library draws only at whole pixels, so each pixel of an SVG is divided into this many.
const FINE: i32 = 10;
/// Each pixel of a PNG is the mean of this many pixels along each side, which smooths the library's lines.
const COARSE: i32 = 3;
/// Pixels of a PNG per pixel of the page: enough for print.
const DENSE: i32 = 2;
/// A figure higher than this many pixels of the page is not smoothed, since that would take too much memory.
const SMOOTH: i32 = 1500;

impl Figure {
    /// The beginning of this program's SVG documents.
    pub const SVG_START: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"720\"";

    /// The figure as an SVG document, for a file or an HTML page.
    #[must_use]
    pub fn svg(&self, theme: Theme) -> String {
        register_fonts();
        let (wide, high) = (WIDTH, height(self));
        let mut drawn = String::new();
        {
            let area = SVGBackend::with_string(&mut drawn, pixels(wide, high, FINE)).into_drawing_area();
            Sheet { area: &area, scale: FINE, sink: 1, pieces: false }.figure(self).expect("a string takes everything");
        }
        let (_, body) = drawn.split_once(">\n").expect("it begins with a tag");
        let paper = match theme {
            Theme::Paper => "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n",
            Theme::Page => "",
        };
        let body = match theme {
            Theme::Paper => body.to_string(),
            Theme::Page => body.replace("\"#000000\"", "\"currentColor\""),
        };
        format!(
            "{} height=\"{high}\" viewBox=\"0 0 {} {}\" stroke-linejoin=\"round\" role=\"img\" aria-label=\"{}\">\n\
            {paper}{body}",
            Self::SVG_START,
            wide * FINE,
            high * FINE,
            escaped(&self.words())
        )
    }

    /// The figure as a PNG file on white, with twice the SVG's pixels in each direction.
    #[must_use]
    pub fn png(&self) -> Vec<u8> {
        register_fonts();
        let (wide, high) = (WIDTH, height(self));
        let coarse = if high > SMOOTH { 1 } else { COARSE };
        let fine = pixels(wide, high, DENSE * coarse);
        let mut drawn = vec![255; 3 * fine.0 as usize * fine.1 as usize];
        {
            let area = BitMapBackend::with_buffer(&mut drawn, fine).into_drawing_area();
            Sheet { area: &area, scale: DENSE * coarse, sink: 3, pieces: true }
                .figure(self)
                .expect("memory takes everything");
        }
        encoded(pixels(wide, high, DENSE), ColorType::Rgb, &reduced(&drawn, fine.0 as usize, coarse as usize))
    }
}

/// Reduces an image of rows of `wide` RGB pixels by a whole factor that divides both sides. Each new pixel is the mean
/// of a square.
fn reduced(pixels: &[u8], wide: usize, factor: usize) -> Vec<u8> {
    let area = factor * factor;
    let mean = |rows: &[u8], left: usize, colour: usize| {
        let square = rows.chunks_exact(3 * wide).flat_map(|row| row[3 * left..].chunks_exact(3).take(factor));
        let sum: usize = square.map(|pixel| usize::from(pixel[colour])).sum();
        ((sum + area / 2) / area) as u8
    };
    let colours = || (0..wide).step_by(factor).flat_map(|left| (0..3).map(move |colour| (left, colour)));
    let strips = pixels.chunks_exact(3 * wide * factor);
    strips.flat_map(|rows| colours().map(move |(left, colour)| mean(rows, left, colour))).collect()
}

/// Escapes text for an attribute.
fn escaped(text: &str) -> String {
    shown(text).replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

fn pixels(wide: i32, high: i32, scale: i32) -> (u32, u32) {
    ((wide * scale) as u32, (high * scale) as u32)
}

/// Registers the only font that the library uses, so that pictures do not depend on installed fonts.
fn register_fonts() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let registered = register_font("sans-serif", FontStyle::Normal, notosans::REGULAR_TTF);
        assert!(registered.is_ok(), "the font is one");
    });
}
