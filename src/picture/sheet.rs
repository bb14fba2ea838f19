//! A contact sheet: many pictures in one, with a caption below each.

use thiserror::Error;

use super::Picture;

/// Small pictures are enlarged by a whole factor until their longer side has at least this many pixels.
const LEAST_SIDE: usize = 84;
/// Pixels of the sheet per pixel of a letter.
const LETTER_SCALE: usize = 2;
/// Size of a letter in its own pixels, and its width including the space to the next.
const LETTER_HEIGHT: usize = 7;
const LETTER_WIDTH: usize = 5;
const LETTER_STEP: usize = LETTER_WIDTH + 1;
/// Pixels between pictures, and from a picture to its caption.
const GAP: usize = 12;
const CAPTION_GAP: usize = 5;
/// The sheet is slightly lighter than the background of the pictures, so that their edges are visible.
const PAPER: u8 = 48;
const INK: u8 = 255;
/// The maximum number of pixels of a sheet, so that it fits into memory.
const MAX_PIXELS: usize = 100_000_000;

/// The pictures are too many or too large for a sheet.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("a sheet of these images would have more than 100 million pixels")]
pub struct SheetError;

/// The characters of captions; other characters are left blank.
const LETTERS: &str = "0123456789:>E↓↑→←";
/// The shapes of the characters, side by side.
#[rustfmt::skip]
const SHAPES: [&str; LETTER_HEIGHT] = [
    " ###    #    ###  #####    #  #####   ##  #####  ###   ###              #####   #     #               ",
    "#   #  ##   #   #    #    ##  #      #        # #   # #   #   #    #    #       #    ###    #     #   ",
    "#  ##   #       #   #    # #  ####  #        #  #   # #   #         #   #       #   # # #    #   #    ",
    "# # #   #      #     #  #  #      # ####    #    ###   ####          #  ####    #     #   ##### ##### ",
    "##  #   #     #       # #####     # #   #   #   #   #     #         #   #     # # #   #      #   #    ",
    "#   #   #    #    #   #    #  #   # #   #   #   #   #    #    #    #    #      ###    #     #     #   ",
    " ###   ###  #####  ###     #   ###   ###    #    ###   ##               #####   #     #               ",
];

/// One picture of rows of pictures, each with its caption.
///
/// Small pictures are all enlarged by the same whole factor, so that their pixels stay visible. Columns are as wide as
/// the widest picture or caption.
///
/// # Errors
/// A [`SheetError`] if the sheet would have more than 100 million pixels.
pub fn sheet(rows: &[Vec<(Picture, String)>]) -> Result<Picture, SheetError> {
    let tiles = || rows.iter().flatten();
    let largest = |side: fn(&Picture) -> usize| tiles().map(|(picture, _)| side(picture)).max().unwrap_or(1);
    let (height, width) = (largest(Picture::height), largest(Picture::width));
    let scale = LEAST_SIDE.div_ceil(height.max(width)).max(1);
    let caption = tiles().map(|(_, caption)| caption.chars().count()).max().unwrap_or(0) * LETTER_STEP * LETTER_SCALE;
    let step_right = (scale * width).max(caption) + GAP;
    let step_down = scale * height + CAPTION_GAP + LETTER_HEIGHT * LETTER_SCALE + GAP;
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let mut canvas = Canvas::new(GAP + rows.len() * step_down, GAP + columns * step_right)?;
    for (row, tiles) in rows.iter().enumerate() {
        for (column, (picture, caption)) in tiles.iter().enumerate() {
            let (top, left) = (GAP + row * step_down, GAP + column * step_right);
            canvas.draw(picture, top, left, scale);
            canvas.write(caption, top + scale * height + CAPTION_GAP, left);
        }
    }
    Ok(canvas.0)
}

/// A picture to draw on.
struct Canvas(Picture);

impl Canvas {
    fn new(height: usize, width: usize) -> Result<Self, SheetError> {
        let pixels = height.checked_mul(width).filter(|&pixels| pixels <= MAX_PIXELS).ok_or(SheetError)?;
        Ok(Canvas(Picture { height, width, pixels: vec![PAPER; pixels] }))
    }

    /// Fills the square of `size` pixels whose upper left corner is at `top`, `left`.
    fn fill(&mut self, top: usize, left: usize, size: usize, shade: u8) {
        let width = self.0.width;
        for row in self.0.pixels[top * width..].chunks_exact_mut(width).take(size) {
            row[left..left + size].fill(shade);
        }
    }

    fn draw(&mut self, picture: &Picture, top: usize, left: usize, scale: usize) {
        for (y, row) in picture.rows().enumerate() {
            for (x, &pixel) in row.iter().enumerate() {
                self.fill(top + y * scale, left + x * scale, scale, pixel);
            }
        }
    }

    fn write(&mut self, caption: &str, top: usize, left: usize) {
        for (position, character) in caption.chars().enumerate() {
            let Some(letter) = LETTERS.chars().position(|letter| letter == character) else { continue };
            for (y, shapes) in SHAPES.iter().enumerate() {
                for x in 0..LETTER_WIDTH {
                    if shapes.as_bytes()[letter * LETTER_STEP + x] == b'#' {
                        let column = left + (position * LETTER_STEP + x) * LETTER_SCALE;
                        self.fill(top + y * LETTER_SCALE, column, LETTER_SCALE, INK);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_letter_has_a_shape_of_its_own() {
        let count = LETTERS.chars().count();
        for line in SHAPES {
            assert_eq!(line.len(), count * LETTER_STEP, "{line}");
        }
        let shape = |letter: usize| SHAPES.map(|line| &line[letter * LETTER_STEP..][..LETTER_STEP]);
        for letter in 0..count {
            assert!(shape(letter).iter().all(|line| line.ends_with(' ')), "{letter} touches the next");
            for other in 0..letter {
                assert_ne!(shape(letter), shape(other), "{letter} and {other}");
            }
        }
    }

    #[test]
    fn a_small_picture_is_enlarged_and_has_its_caption_below() {
        let tile = |shade| (Picture::new(1, 2, vec![0, shade]).unwrap(), "1".to_string());
        let sheet = sheet(&[vec![tile(100), tile(200)], vec![tile(7)]]).unwrap();
        // Pixels of 42 x 42; a letter is 14 high.
        assert_eq!((sheet.height(), sheet.width()), (12 + 2 * (42 + 5 + 14 + 12), 12 + 2 * (84 + 12)));
        let at = |y: usize, x: usize| sheet.pixels()[y * sheet.width() + x];
        assert_eq!([at(0, 0), at(12, 12), at(53, 53), at(12, 54), at(53, 95), at(54, 95)], [48, 0, 0, 100, 100, 48]);
        assert_eq!([at(12, 150), at(85, 54), at(85, 150)], [200, 7, 48]);
        // The top and the foot of the 1: both have a pixel in the middle.
        assert_eq!([at(59, 12 + 4), at(59, 12), at(72, 12 + 4), at(72, 12 + 2), at(72, 12)], [255, 48, 255, 255, 48]);
    }

    #[test]
    fn what_does_not_fit_into_memory_is_refused() {
        let tile = (Picture::new(1, 1, vec![0]).unwrap(), String::new());
        assert_eq!(sheet(&[vec![tile; 1_000_000]]), Err(SheetError));
    }

    proptest! {
        #[test]
        fn any_pictures_and_captions_make_a_sheet(
            rows in prop::collection::vec(prop::collection::vec((1_usize..100, 1_usize..100, "\\PC{0,9}"), 0..4), 0..4)
        ) {
            let tile = |(height, width, caption)| (Picture::new(height, width, vec![1; height * width]).unwrap(), caption);
            let rows: Vec<Vec<_>> = rows.into_iter().map(|row| row.into_iter().map(tile).collect()).collect();
            let sheet = sheet(&rows).unwrap();
            prop_assert_eq!(sheet.pixels().len(), sheet.height() * sheet.width());
        }
    }
}
