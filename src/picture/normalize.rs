//! Brings a digit into MNIST's form: fitted into a box of 20 x 20 pixels, its centre of mass in the middle of 28 x 28.

use super::Picture;
use super::find::{NoDigit, find};

/// The side of the box into which a digit is fitted, in an image of side [`SIDE`].
const BOX: usize = 20;
/// Height and width of an MNIST image.
pub const SIDE: usize = 28;
/// Pixels with at least 1/4 of the darkest pixel's ink determine the box; paler pixels are the soft edge of a stroke.
const EDGE: usize = 4;
/// In every image of MNIST, training and test, the largest pixel has this intensity or 255.
const FULL: u8 = 254;

/// Brings the digit in any picture into MNIST's form: [`find`], then [`centre`].
///
/// In `seen`, 0 is black and 255 is white. The result has `side` x `side` pixels, 0 for the ground and 255 for full
/// ink.
///
/// # Errors
/// [`NoDigit`], if the picture is blank or shows something else.
pub fn normalized(seen: &Picture, side: usize) -> Result<Picture, NoDigit> {
    centre(&find(seen)?, side).ok_or(NoDigit::Specks)
}

/// Brings a digit into MNIST's form, in a picture of `side` x `side` pixels; `None` if there is no ink.
///
/// `ink` is a digit on a clean ground: 0 is the ground, 255 is full ink. The digit may be anywhere and have any size up
/// to 2^24 pixels a side. For a `side` other than 28 the box is in proportion.
///
/// All numbers are integers, and `/` rounds down. No number exceeds 2^53 for pictures of up to 2^20 pixels a side, so
/// that a program that computes in double precision gets the same pixels. `x` is a column, `y` a row, both from 0.
///
/// 1. **Box.** `peak` is the largest pixel; if it is 0, there is no ink. The box is the smallest rectangle that
///    contains all pixels with `4 * pixel >= peak`: it begins at column `left` and row `top`, and its longer side has
///    `long` pixels.
/// 2. **Fit.** `box = (20 * side + 14) / 28` (20 for 28) and `margin = (side - box) / 2`. The new picture is laid over
///    the old one, so that the top left corner of pixel (`margin`, `margin`) is that of the rectangle, and `box` new
///    pixels are as long as `long` old ones. A new pixel is the mean of the area that it covers; outside the old
///    picture everything is 0. In integers: the old column `x` spans `x * box` to `(x + 1) * box`, the new column `x`
///    spans `left * box + (x - margin) * long` to `left * box + (x + 1 - margin) * long`, rows likewise; with `sum` of
///    (overlap of the columns) * (overlap of the rows) * (old pixel) and `area = long * long`, the new pixel is
///    `(2 * sum + area) / (2 * area)`. Nothing is cut off at the rectangle, only at the border of the new picture.
/// 3. **Stretch.** `peak` is now the largest new pixel; if it is 0, there is no ink (only dust). If it is below 254,
///    each pixel becomes `(2 * 255 * pixel + peak) / (2 * peak)`. In MNIST no image has a smaller peak.
/// 4. **Centre.** `mass` is the sum of all new pixels, `column` is the sum of `pixel * (2 * x + 1)`, and
///    `column / (2 * mass)` is the column that contains the centre of mass. The picture is moved by whole pixels until
///    that is column `side / 2`; rows likewise. Pixels that are moved out are lost; pixels that are moved in are 0.
///
/// An image of MNIST stays exactly the same, unless its edges are very soft.
#[must_use]
pub fn centre(ink: &Picture, side: usize) -> Option<Picture> {
    let fitted = stretched(fitted(ink, side)?)?;
    Some(moved_to_the_middle(&fitted))
}

/// A square picture scaled to `side` x `side` pixels: each is the mean of the area that it covers. `None` if the
/// picture is not square.
#[must_use]
pub fn scaled(picture: &Picture, side: usize) -> Option<Picture> {
    let long = picture.height();
    let ruler = Ruler { start: 0, len: long, long, in_box: side, margin: 0 };
    if picture.width() == long { means(picture, (&ruler, &ruler), side) } else { None }
}

/// Steps 1 and 2 in one dimension: the columns or rows of the old picture under those of the new one, with their
/// overlaps.
struct Ruler {
    /// The first column or row of the box in the old picture.
    start: usize,
    /// Number of columns or rows of the old picture.
    len: usize,
    /// The longer side of the box, in old pixels.
    long: usize,
    /// The longer side of the box, in new pixels.
    in_box: usize,
    /// Number of new pixels before the box.
    margin: usize,
}

impl Ruler {
    /// The old pixels under the new pixel `at`, each with its overlap.
    fn under(&self, at: usize) -> impl Iterator<Item = (usize, u64)> + Clone {
        // Add a whole margin to both sides of each comparison, so that nothing is negative.
        let before = self.margin * self.long;
        let (from, to) = (self.start * self.in_box + at * self.long, self.start * self.in_box + (at + 1) * self.long);
        let in_box = self.in_box;
        let first = from.saturating_sub(before) / in_box;
        let behind = to.saturating_sub(before).div_ceil(in_box).min(self.len);
        (first..behind).map(move |old| {
            let begin = from.max(before + old * in_box);
            let end = to.min(before + (old + 1) * in_box);
            (old, (end - begin) as u64)
        })
    }
}

/// Steps 1 and 2.
fn fitted(ink: &Picture, side: usize) -> Option<Picture> {
    let peak = usize::from(*ink.pixels().iter().max()?);
    if peak == 0 {
        return None;
    }
    let is_ink = |&pixel: &u8| EDGE * usize::from(pixel) >= peak;
    let top = ink.rows().position(|row| row.iter().any(is_ink))?;
    let bottom = (top..ink.height()).rfind(|&y| ink.row(y).iter().any(is_ink))?;
    let left = ink.rows().filter_map(|row| row.iter().position(is_ink)).min()?;
    let right = ink.rows().filter_map(|row| row.iter().rposition(is_ink)).max()?;

    let long = (bottom - top).max(right - left) + 1;
    let in_box = box_side(side);
    let margin = (side - in_box) / 2;
    let ruler = |start, len| Ruler { start, len, long, in_box, margin };
    let (rows, columns) = (ruler(top, ink.height()), ruler(left, ink.width()));
    means(ink, (&rows, &columns), side)
}

/// A picture of `side` x `side` pixels, each the mean of the area that it covers.
fn means(old: &Picture, (rows, columns): (&Ruler, &Ruler), side: usize) -> Option<Picture> {
    let area = (rows.long * columns.long) as u64;
    let mut pixels = Vec::with_capacity(side * side);
    for y in 0..side {
        for x in 0..side {
            let row_sum = |row: &[u8]| columns.under(x).map(|(x, wide)| wide * u64::from(row[x])).sum::<u64>();
            let sum: u64 = rows.under(y).map(|(y, high)| high * row_sum(old.row(y))).sum();
            pixels.push(((2 * sum + area) / (2 * area)) as u8);
        }
    }
    Picture::new(side, side, pixels).ok()
}

/// Side of the box in a picture of `side` pixels: 20 in 28, or in proportion.
fn box_side(side: usize) -> usize {
    (BOX * side + SIDE / 2) / SIDE
}

/// Step 3.
fn stretched(picture: Picture) -> Option<Picture> {
    let peak = *picture.pixels().iter().max()?;
    if peak == 0 || peak >= FULL {
        return (peak > 0).then_some(picture);
    }
    let peak = u32::from(peak);
    Some(picture.map(|pixel| ((2 * 255 * u32::from(pixel) + peak) / (2 * peak)) as u8))
}

/// Step 4.
fn moved_to_the_middle(picture: &Picture) -> Picture {
    let side = picture.width();
    let (mut mass, mut columns, mut rows) = (0, 0, 0);
    for (y, row) in picture.rows().enumerate() {
        for (x, &pixel) in row.iter().enumerate() {
            let pixel = usize::from(pixel);
            mass += pixel;
            columns += pixel * (2 * x + 1);
            rows += pixel * (2 * y + 1);
        }
    }
    let (x_mass, y_mass) = (columns / (2 * mass), rows / (2 * mass));
    let mut pixels = vec![0; side * side];
    for (y, row) in picture.rows().enumerate() {
        for (x, &pixel) in row.iter().enumerate() {
            // `checked_sub` is `None` for pixels moved out at the left or the top.
            let new_x = (x + side / 2).checked_sub(x_mass).filter(|&x| x < side);
            let new_y = (y + side / 2).checked_sub(y_mass).filter(|&y| y < side);
            if let (Some(x), Some(y)) = (new_x, new_y) {
                pixels[y * side + x] = pixel;
            }
        }
    }
    Picture::new(side, side, pixels).expect("as many pixels as before")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::data::{Part, synthetic};

    fn picture(rows: &[&str]) -> Picture {
        let pixels = rows.iter().flat_map(|row| row.bytes().map(|byte| (byte - b'0') * 28)).collect();
        Picture::new(rows.len(), rows[0].len(), pixels).unwrap()
    }

    fn digit(index: u64) -> Picture {
        let mut pixels = vec![0; SIDE * SIDE];
        synthetic::draw(0, Part::Test, index, &mut pixels);
        Picture::new(SIDE, SIDE, pixels).unwrap()
    }

    #[test]
    fn a_scaled_picture_is_the_whole_of_the_old_one() {
        let old = Picture::new(2, 2, vec![0, 40, 80, 255]).unwrap();
        assert_eq!(scaled(&old, 2).unwrap(), old);
        assert_eq!(scaled(&old, 4).unwrap().pixels(), [0, 0, 40, 40, 0, 0, 40, 40, 80, 80, 255, 255, 80, 80, 255, 255]);
        // Means of two or of all four pixels: 93.75, 147.5 and 167.5 are rounded up.
        assert_eq!(scaled(&old, 1).unwrap().pixels(), [94]);
        assert_eq!(scaled(&old, 3).unwrap().pixels(), [0, 20, 40, 40, 94, 148, 80, 168, 255]);
        assert_eq!(scaled(&Picture::new(1, 2, vec![1, 2]).unwrap(), 2), None);
        assert_eq!(scaled(&digit(3), SIDE).unwrap(), digit(3));
    }

    /// The mean absolute difference of the pixels.
    fn difference(one: &Picture, other: &Picture) -> f64 {
        let sum: u32 = one.pixels().iter().zip(other.pixels()).map(|(a, b)| u32::from(a.abs_diff(*b))).sum();
        f64::from(sum) / one.pixels().len() as f64
    }

    /// The column and the row that contain the centre of mass.
    fn middle(picture: &Picture) -> (usize, usize) {
        let mass: usize = picture.pixels().iter().map(|&p| usize::from(p)).sum();
        let pixels =
            || picture.rows().enumerate().flat_map(|(y, row)| row.iter().enumerate().map(move |(x, &p)| (x, y, p)));
        let twice = |at: fn(usize, usize) -> usize| {
            pixels().map(|(x, y, p)| (2 * at(x, y) + 1) * usize::from(p)).sum::<usize>()
        };
        (twice(|x, _| x) / (2 * mass), twice(|_, y| y) / (2 * mass))
    }

    #[test]
    fn a_whole_number_of_pixels_is_averaged_as_one_does_by_hand() {
        // Side 7: the box has (20 * 7 + 14) / 28 = 5 pixels, the margin is 1. Ten pixels become five.
        let ink = picture(&[
            "000000000000",
            "099900000000",
            "099900000000",
            "009900000000",
            "009900000000",
            "009900000000",
            "009900000000",
            "009900000000",
            "009900000000",
            "009900000000",
            "009900000000",
            "000000000000",
        ]);
        // Columns 1 and 2 are under the first column of the box, fully in the upper part, then by half; column 3 is
        // half of the second. The centre of mass is in that first column and in row 3, and moves to the middle, column
        // 3 and row 3.
        let found = centre(&ink, 7).unwrap();
        let row = |y: usize| found.pixels()[y * 7..][..7].to_vec();
        assert_eq!(row(0), [0; 7]);
        assert_eq!(row(1), [0, 0, 0, 255, 128, 0, 0]);
        assert_eq!(row(2), [0, 0, 0, 128, 128, 0, 0]);
        assert_eq!(row(5), row(2));
        assert_eq!(row(6), [0; 7]);
    }

    #[test]
    fn a_digit_in_its_form_stays_as_it_is() {
        for index in 0..200 {
            let found = centre(&digit(index), SIDE).unwrap();
            assert_eq!(centre(&found, SIDE).unwrap(), found, "digit {index}");
        }
    }

    #[test]
    fn where_a_digit_lies_and_how_large_it_is_does_not_matter() {
        for index in 0..50 {
            let digit = digit(index);
            let (factor, x, y) = (1 + index as usize % 7, index as usize % 5, 3 * index as usize % 11);
            let mut pixels = vec![0; (SIDE * factor + y) * (SIDE * factor + x)];
            let width = SIDE * factor + x;
            for (at, pixel) in pixels.iter_mut().enumerate() {
                let (column, row) = (at % width, at / width);
                if column >= x && row >= y {
                    *pixel = digit.pixels()[(row - y) / factor * SIDE + (column - x) / factor];
                }
            }
            let large = Picture::new(SIDE * factor + y, width, pixels).unwrap();
            assert_eq!(centre(&large, SIDE), centre(&digit, SIDE), "digit {index}");
        }
    }

    #[test]
    fn no_ink_is_no_digit() {
        assert_eq!(centre(&Picture::new(3, 5, vec![0; 15]).unwrap(), SIDE), None);
        // Two grains of dust far apart: the box between them is empty.
        let mut dust = vec![0; 1_000_000];
        (dust[0], dust[999_999]) = (200, 200);
        assert_eq!(centre(&Picture::new(1000, 1000, dust).unwrap(), SIDE), None);
    }

    #[test]
    fn faint_ink_is_stretched() {
        let faint = digit(3).map(|pixel| pixel / 3);
        assert_eq!(centre(&faint, SIDE).unwrap().pixels().iter().max(), Some(&255));
        assert!(difference(&centre(&faint, SIDE).unwrap(), &centre(&digit(3), SIDE).unwrap()) < 4.0);
    }

    proptest! {
        #[test]
        fn any_picture_with_ink_gets_its_mass_into_the_middle(
            (height, width, pixels) in (1_usize..40, 1_usize..40).prop_flat_map(|(height, width)| {
                (Just(height), Just(width), prop::collection::vec(any::<u8>(), height * width))
            }),
            side in 1_usize..40,
        ) {
            let ink = Picture::new(height, width, pixels).unwrap();
            if let Some(found) = centre(&ink, side) {
                prop_assert_eq!((found.height(), found.width()), (side, side));
                prop_assert!(found.pixels().iter().max() >= Some(&FULL) || side < SIDE);
                // In a small picture, pixels cut off at the border may have moved the centre of mass.
                if side >= SIDE {
                    let (x, y) = middle(&found);
                    prop_assert!(x.abs_diff(side / 2) <= 1 && y.abs_diff(side / 2) <= 1, "{:?}", (x, y));
                }
            }
        }
    }
}
