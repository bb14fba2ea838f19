//! Pictures as lines of text.
//!
//! A character cell is about twice as high as wide, so each character shows two pixels, one above the other: as an
//! upper half block in two colours or, without colours, as one character with about as much ink.

use anstyle::{Ansi256Color, Color, RgbColor, Style};

use super::Picture;

/// The grey shades that a terminal can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// All 256 shades.
    TrueColor,
    /// The 26 shades among 256 colours.
    Colors256,
    /// No shades: ten characters, and no escape codes.
    Ascii,
}

/// Characters by increasing amount of ink. Only the background is blank.
const LETTERS: &[u8; 10] = b" .:-=+*#%@";

/// `picture` as lines of text: each line has as many characters as the picture has columns, and shows two rows.
///
/// Full ink is white, or the character `@`. Colours are reset at the end of every line.
#[must_use]
pub fn lines(picture: &Picture, depth: Depth) -> Vec<String> {
    let rows: Vec<_> = picture.rows().collect();
    let line = |pair: &[&[u8]]| {
        let (top, bottom) = (pair[0], pair.get(1).copied());
        match depth {
            Depth::TrueColor => half_blocks(top, bottom, |pixel| RgbColor(pixel, pixel, pixel).into()),
            Depth::Colors256 => half_blocks(top, bottom, |pixel| Ansi256Color(nearest_grey(pixel)).into()),
            Depth::Ascii => letters(top, bottom),
        }
    };
    rows.chunks(2).map(line).collect()
}

/// A line of half blocks; escape codes are written only where a colour changes. Without a bottom row, the lower half
/// has the terminal's background.
fn half_blocks(top: &[u8], bottom: Option<&[u8]>, color: impl Fn(u8) -> Color) -> String {
    let mut line = String::new();
    let mut last = None;
    for (column, &above) in top.iter().enumerate() {
        let below = bottom.map(|bottom| bottom[column]);
        if last != Some((above, below)) {
            let style = Style::new().fg_color(Some(color(above))).bg_color(below.map(&color));
            line += &style.render().to_string();
            last = Some((above, below));
        }
        // If both halves are the same, fill the cell, however the font draws a half block.
        line.push(if below == Some(above) { ' ' } else { '▀' });
    }
    line + anstyle::Reset.render().to_string().as_str()
}

fn letters(top: &[u8], bottom: Option<&[u8]>) -> String {
    let letter = |column: usize| {
        let sum = usize::from(top[column]) + bottom.map_or(0, |bottom| usize::from(bottom[column]));
        char::from(LETTERS[(sum * (LETTERS.len() - 1)).div_ceil(2 * 255)])
    };
    (0..top.len()).map(letter).collect()
}

/// The nearest grey of the 256 colours: 16 is black, 231 is white, and 232 to 255 are the greys 8, 18, ... 238.
fn nearest_grey(pixel: u8) -> u8 {
    match pixel {
        0..=3 => 16,
        247..=255 => 231,
        _ => 232 + ((pixel - 3) / 10).min(23),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn picture(height: usize, width: usize, pixels: &[u8]) -> Picture {
        Picture::new(height, width, pixels.to_vec()).unwrap()
    }

    #[test]
    fn two_pixels_make_a_character() {
        let picture = picture(3, 3, &[0, 255, 0, 255, 255, 0, 9, 9, 0]);
        let expected = [
            "\x1b[38;2;0;0;0m\x1b[48;2;255;255;255m▀\
             \x1b[38;2;255;255;255m\x1b[48;2;255;255;255m \
             \x1b[38;2;0;0;0m\x1b[48;2;0;0;0m \x1b[0m",
            "\x1b[38;2;9;9;9m▀▀\x1b[38;2;0;0;0m▀\x1b[0m",
        ];
        assert_eq!(lines(&picture, Depth::TrueColor), expected);
        assert_eq!(lines(&picture, Depth::Colors256)[1], "\x1b[38;5;232m▀▀\x1b[38;5;16m▀\x1b[0m");
        assert_eq!(lines(&picture, Depth::Ascii), ["+@ ", ".. "]);
    }

    #[test]
    fn the_grey_of_256_colours_is_the_nearest() {
        // xterm's ramp: 232 + i is 8 + 10 i.
        let shade = |color: u8| match color {
            16 => 0,
            231 => 255,
            color => 8 + 10 * i32::from(color - 232),
        };
        for pixel in 0..=255 {
            let distance = |color| (shade(color) - i32::from(pixel)).abs();
            let least = (232..=255).chain([16, 231]).map(distance).min().unwrap();
            assert_eq!(distance(nearest_grey(pixel)), least, "{pixel}");
        }
    }

    proptest! {
        #[test]
        fn any_picture_fills_its_lines(height in 1_usize..12, width in 1_usize..12, seed in any::<u8>(), factor in 1_usize..5) {
            let pixels: Vec<_> = (0..height * width).map(|i| (i * 89) as u8 ^ seed).collect();
            let picture = picture(height, width, &pixels).reduced(factor);
            for depth in [Depth::TrueColor, Depth::Colors256, Depth::Ascii] {
                let lines = lines(&picture, depth);
                prop_assert_eq!(lines.len(), height.div_ceil(factor).div_ceil(2));
                for line in lines {
                    prop_assert!(depth != Depth::Ascii || line.is_ascii());
                    prop_assert!(depth == Depth::Ascii || line.ends_with("\x1b[0m"));
                    let plain = anstream::adapter::strip_str(&line).to_string();
                    prop_assert_eq!(plain.chars().count(), width.div_ceil(factor));
                }
            }
        }
    }
}
