//! A figure as a file: SVG or PNG.

use std::sync::Once;

use plotters::prelude::*;
use plotters::style::register_font;
use png::ColorType;

use super::draw::{Sheet, WIDTH, height, shown};
use super::{Figure, Theme};
use crate::picture::file::encoded;

/// The library knows whole pixels only. So many of them make one pixel of an SVG.
const FINE: i32 = 10;
/// So many make one of a PNG, along each side: their mean is smooth where the library's lines are not.
const COARSE: i32 = 3;
/// So many pixels of a PNG make one of the page: enough for print.
const DENSE: i32 = 2;
/// A figure that is higher than so many pixels of the page is drawn as it is, and not smoothed: that would take too
/// much memory.
const SMOOTH: i32 = 1500;

impl Figure {
    /// How an SVG document of ours begins.
    pub const SVG_START: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"720\"";

    /// The figure as an SVG document, which may stand in a file or within an HTML page.
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

    /// The figure as the bytes of a PNG file, on white, twice as many pixels each way as the SVG has.
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

/// Rows of `wide` pixels of three colours each, smaller by a whole factor that divides both sides: the means of
/// squares.
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

/// Text for an attribute.
fn escaped(text: &str) -> String {
    shown(text).replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

fn pixels(wide: i32, high: i32, scale: i32) -> (u32, u32) {
    ((wide * scale) as u32, (high * scale) as u32)
}

/// The library draws with fonts that it was given, and with no others: no picture depends on what is installed.
fn register_fonts() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let registered = register_font("sans-serif", FontStyle::Normal, notosans::REGULAR_TTF);
        assert!(registered.is_ok(), "the font is one");
    });
}
