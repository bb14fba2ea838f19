//! Finds the digit in a photo and removes the background.

use thiserror::Error;

use super::Picture;
use super::paper::Paper;
use super::pieces::{Piece, pieces};

/// The maximum length of the longer side, in pixels; larger pictures are averaged down first.
pub const MAX_SIDE: usize = 320;
/// Noisy pictures are averaged down further, but not below this length.
const SHORTEST: usize = 56;
/// Differences of up to this many standard deviations of the paper's grain count as paper.
const GRAINS: f64 = 4.0;
/// If the threshold of sure ink is less than this multiple of the paper's limit, the picture is averaged down.
const CLEAR: f64 = 2.0;
/// The minimum difference between ink and paper, in grey levels.
const FAINTEST: f64 = 16.0;
/// A piece with less than 1/25 of the ink of the piece with the most ink is a speck.
const SPECK: u64 = 25;
/// A digit is at least 1/16 as long as the longer side of the picture.
const SMALLEST: usize = 16;
/// The maximum number of pieces of a digit.
const PIECES: usize = 8;

/// Why there is no digit in a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NoDigit {
    /// Nothing stands out from the background more than grain and soft shadows do.
    #[error(
        "blank or too faint: nothing stands out from the background by {FAINTEST} of 255 grey levels; if it shows a \
        digit, raise its contrast"
    )]
    Blank,
    /// Everything that stands out is tiny.
    #[error("not a digit: there are only specks, none as large as 1/{SMALLEST} of the picture; crop it closer")]
    Specks,
    /// There are too many pieces for a digit.
    #[error("not a digit: what stands out is in {0} pieces; crop the picture so that it shows one digit")]
    Pieces(usize),
}

/// Finds the digit in a picture of dark ink on a light ground or of light ink on a dark one.
///
/// In `seen`, 0 is black and 255 is white. The result shows only the ink: the ground is 0, and ink is its difference
/// from the ground around it, in grey levels. The result has the size of `seen`, unless the picture is averaged down:
/// to a longer side of at most [`MAX_SIDE`] pixels, and further if it is noisy.
///
/// 1. The paper is a smooth surface fitted to the pixels that look like most of the border (`Paper`).
/// 2. Ink is what differs from the paper, as lighter or darker pixels: in the direction with the greater sum of cubed
///    differences, because ink stands out far and shadows do not.
/// 3. Differences of up to four standard deviations of the paper's grain count as paper. If ink is not well above that,
///    the picture is averaged down to half its size, and all steps are repeated.
/// 4. For the remaining pixels, Otsu's threshold separates sure ink from possible ink. Connected pieces that contain
///    sure ink are kept with all their greys. Specks are left out, and so are pieces that touch the border of the
///    picture, if a digit remains without them.
///
/// A picture with a uniform ground of 0 and ink of any grey is returned unchanged, if it is not larger than
/// [`MAX_SIDE`], every piece of it has sure ink and is no speck, and no ink is at the border. Nearly all images of MNIST
/// are such pictures, but not all: some have pale or tiny pieces apart from the digit.
///
/// # Errors
/// [`NoDigit`], if the picture is blank or shows something else.
pub fn find(seen: &Picture) -> Result<Picture, NoDigit> {
    let mut seen = seen.reduced(longest(seen).div_ceil(MAX_SIDE));
    loop {
        let paper = Paper::of(&seen);
        let ink = ink(&seen, &paper);
        let grain = GRAINS * paper.grain;
        let threshold = otsu(&ink, grain);
        if longest(&seen) >= 2 * SHORTEST && threshold < CLEAR * grain {
            seen = seen.reduced(2);
            continue;
        }
        return digit(&ink, grain, threshold);
    }
}

fn longest(picture: &Picture) -> usize {
    picture.height().max(picture.width())
}

/// The difference of each pixel from the paper, in the direction of the ink; 0 in the other direction.
fn ink(seen: &Picture, paper: &Paper) -> Picture {
    let rows = seen.rows().enumerate();
    let differences =
        rows.flat_map(|(y, row)| row.iter().enumerate().map(move |(x, &grey)| paper.stands_out(x, y, grey)));
    let differences: Vec<_> = differences.collect();
    let sign = if differences.iter().map(|d| d.powi(3)).sum::<f64>() < 0.0 { -1.0 } else { 1.0 };
    let pixels = differences.iter().map(|d| (sign * d).clamp(0.0, 255.0) as u8).collect();
    Picture::new(seen.height(), seen.width(), pixels).expect("as many pixels as before")
}

/// Otsu's threshold for the pixels above `floor`: it divides them into two parts with the largest variance between
/// them. Returns the smallest value of the upper part; 0 if no pixel is above `floor`.
fn otsu(ink: &Picture, floor: f64) -> f64 {
    let mut counts = [0.0; 256];
    ink.pixels().iter().filter(|&&pixel| f64::from(pixel) > floor).for_each(|&pixel| counts[usize::from(pixel)] += 1.0);
    let all: f64 = counts.iter().sum();
    let all_ink: f64 = counts.iter().enumerate().map(|(grey, count)| grey as f64 * count).sum();
    let (mut best, mut threshold) = (-1.0, 0.0);
    let (mut below, mut ink_below) = (0.0, 0.0);
    for (grey, &count) in counts.iter().enumerate().filter(|(_, count)| **count > 0.0) {
        let difference = if below > 0.0 { ink_below / below - (all_ink - ink_below) / (all - below) } else { 0.0 };
        let variance = below * (all - below) * difference * difference;
        if variance > best {
            (best, threshold) = (variance, grey as f64);
        }
        below += count;
        ink_below += grey as f64 * count;
    }
    threshold
}

/// The ink without specks, and without pieces that touch the border.
fn digit(ink: &Picture, floor: f64, threshold: f64) -> Result<Picture, NoDigit> {
    if threshold < FAINTEST {
        return Err(NoDigit::Blank);
    }
    let (mut pieces, labels) = pieces(ink, floor as u8);
    pieces.retain(|piece| f64::from(piece.darkest) >= threshold);
    let is_large = |piece: &Piece| SMALLEST * piece.longest() >= longest(ink);
    if !pieces.iter().any(is_large) {
        return Err(NoDigit::Specks);
    }
    if pieces.iter().any(|piece| !piece.at_border && is_large(piece)) {
        pieces.retain(|piece| !piece.at_border);
    }
    let most = pieces.iter().map(|piece| piece.ink).max().unwrap_or(0);
    pieces.retain(|piece| SPECK * piece.ink >= most);
    if pieces.len() > PIECES {
        return Err(NoDigit::Pieces(pieces.len()));
    }
    let mut kept = vec![false; labels.iter().max().map_or(0, |&last| last as usize + 1)];
    for piece in pieces {
        kept[piece.label as usize] = true;
    }
    let mut at = labels.iter();
    Ok(ink.map(|pixel| if at.next().is_some_and(|&label| kept[label as usize]) { pixel } else { 0 }))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::data::{Part, synthetic};

    const SIDE: usize = synthetic::SIDE;

    fn digit(index: u64) -> Picture {
        let mut pixels = vec![0; SIDE * SIDE];
        synthetic::draw(0, Part::Test, index, &mut pixels);
        Picture::new(SIDE, SIDE, pixels).unwrap()
    }

    fn even(height: usize, width: usize, grey: u8) -> Picture {
        Picture::new(height, width, vec![grey; height * width]).unwrap()
    }

    #[test]
    fn a_clean_digit_comes_back_as_it_was() {
        for index in 0..200 {
            let digit = digit(index);
            assert_eq!(find(&digit).as_ref(), Ok(&digit), "digit {index}");
            assert_eq!(find(&digit.inverted()).as_ref(), Ok(&digit), "digit {index}, inverted");
        }
    }

    #[test]
    fn faint_ink_on_grey_paper_keeps_its_greys() {
        let digit = digit(4);
        let paper = digit.map(|ink| 180 - ink / 4);
        assert_eq!(find(&paper), Ok(digit.map(|ink| ink / 4)));
    }

    #[test]
    fn specks_and_what_comes_in_from_the_border_are_left_out() {
        let digit = digit(5);
        let mut pixels = digit.pixels().to_vec();
        pixels[2 * SIDE + 25] = 200;
        pixels[26 * SIDE..27 * SIDE].fill(180);
        let dirty = Picture::new(SIDE, SIDE, pixels).unwrap();
        assert!(digit.row(25).iter().chain(digit.row(27)).all(|&pixel| pixel == 0), "the line is alone");
        assert_eq!(find(&dirty), Ok(digit));
    }

    #[test]
    fn a_digit_that_fills_its_picture_is_not_taken_for_a_border() {
        let mut pixels = vec![255; 40 * 40];
        for y in 0..40 {
            for x in 0..40 {
                // A seven: a bar along the whole upper side, and a stem that ends at the lower side.
                if y < 6 || (36 - y / 2..40 - y / 2).contains(&x) {
                    pixels[y * 40 + x] = 20;
                }
            }
        }
        let seven = Picture::new(40, 40, pixels).unwrap();
        assert_eq!(find(&seven).unwrap(), seven.map(|pixel| 255 - pixel));
    }

    #[test]
    fn a_large_picture_is_averaged_down() {
        let seen = even(1000, 700, 255);
        let mut pixels = seen.pixels().to_vec();
        (200..800).for_each(|y| pixels[y * 700 + 300..][..80].fill(0));
        let found = find(&Picture::new(1000, 700, pixels).unwrap()).unwrap();
        assert_eq!((found.height(), found.width()), (250, 175));
        assert_eq!(found.row(100)[80], 255);
    }

    #[test]
    fn a_hopeless_picture_is_reported() {
        for grey in [0, 128, 255] {
            assert_eq!(find(&even(30, 20, grey)), Err(NoDigit::Blank), "{grey}");
            assert_eq!(find(&even(1, 1, grey)), Err(NoDigit::Blank), "{grey}");
        }
        let slope = (0..200 * 200).map(|at| (80 + at % 200 / 2 + at / 200 / 4) as u8).collect();
        assert_eq!(find(&Picture::new(200, 200, slope).unwrap()), Err(NoDigit::Blank));
        let mut dot = even(200, 200, 255).pixels().to_vec();
        dot[77 * 200 + 33] = 0;
        assert_eq!(find(&Picture::new(200, 200, dot).unwrap()), Err(NoDigit::Specks));
        let mut dots = even(100, 100, 255).pixels().to_vec();
        let squares = (0..100 * 100).filter(|at| at % 100 % 20 > 10 && at / 100 % 20 > 10);
        squares.for_each(|at| dots[at] = 0);
        assert!(matches!(find(&Picture::new(100, 100, dots).unwrap()), Err(NoDigit::Pieces(_))));
    }

    #[test]
    fn noise_alone_is_no_digit() {
        let mut state = 1_u32;
        let mut noise = |side: usize, amplitude: u32| {
            let pixels = (0..side * side).map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (100 + (state >> 8) % amplitude) as u8
            });
            Picture::new(side, side, pixels.collect()).unwrap()
        };
        for (side, amplitude) in [(28, 20), (28, 150), (280, 20), (280, 150)] {
            let found = find(&noise(side, amplitude));
            assert!(found.is_err(), "{side}, {amplitude}");
        }
    }

    #[test]
    fn otsus_threshold_parts_two_heaps() {
        let heaps = Picture::new(1, 8, vec![0, 10, 12, 14, 90, 95, 100, 3]).unwrap();
        let parted = |floor: f64| otsu(&heaps, floor) as u8;
        assert_eq!(parted(0.0), 90);
        assert_eq!(parted(50.0), 95);
        assert_eq!(parted(100.0), 0);
    }

    proptest! {
        #[test]
        fn no_picture_makes_it_panic(
            (height, width) in prop_oneof![(1_usize..400, 1_usize..4), (1_usize..4, 1_usize..400), (1_usize..60, 1_usize..60)],
            colours in prop::collection::vec(any::<u8>(), 1..300),
        ) {
            let pixels = colours.iter().copied().cycle().take(height * width).collect();
            let picture = Picture::new(height, width, pixels).unwrap();
            if let Ok(ink) = find(&picture) {
                prop_assert!(ink.pixels().iter().any(|&pixel| pixel > 0));
            }
        }
    }
}
