//! The paper under a digit: a surface of slowly changing brightness.

use super::Picture;

/// Number of coefficients of a surface of second degree.
const TERMS: usize = 6;
/// Number of fits; each uses the pixels that the one before classified as paper.
const FITS: usize = 8;
/// Pixels count as paper within this multiple of the paper's typical deviation, plus this many grey levels.
const BAND: (f64, f64) = (2.5, 2.0);
/// The maximum number of rows and columns of pixels to which the surface is fitted: plenty for six coefficients.
const SAMPLES: usize = 64;

/// The brightness of the paper at every pixel of a picture: a surface of second degree. It can follow a lamp at one
/// side, a soft shadow, and the darker corners of a lens, but not a pen stroke.
#[derive(Debug)]
pub struct Paper {
    terms: [f64; TERMS],
    /// The factors from pixels to coordinates from -1 to 1.
    scale: (f64, f64),
    /// Standard deviation of the grain of the paper, in grey levels.
    pub grain: f64,
}

impl Paper {
    /// Finds the paper in a picture whose border is mostly paper.
    ///
    /// The first estimate is the median of the border. Then pixels near the estimate are taken for paper, a surface is
    /// fitted to them by least squares, and this is repeated with the new surface as the estimate. How near pixels must
    /// be depends on the border: on its median distance from the surface, and on the median step between neighbours,
    /// because with grain cut off at white more than half of the border may have distance 0.
    pub fn of(seen: &Picture) -> Self {
        let half = |pixels: usize| pixels as f64 / 2.0;
        let border: Vec<_> = border(seen).collect();
        let steps = border.windows(2).map(|pair| (f64::from(pair[0].2) - f64::from(pair[1].2)).abs());
        let step = median(steps);
        let mut paper = Paper {
            terms: [median(border.iter().map(|&(_, _, grey)| f64::from(grey))), 0.0, 0.0, 0.0, 0.0, 0.0],
            scale: (half(seen.width()), half(seen.height())),
            grain: 0.0,
        };
        for _ in 0..FITS {
            let distance = median(border.iter().map(|&(x, y, grey)| paper.stands_out(x, y, grey).abs()));
            let near = BAND.0 * (distance + step) + BAND.1;
            let is_paper = |&(x, y, grey): &(usize, usize, u8)| paper.stands_out(x, y, grey).abs() <= near;
            let squares = sample(seen).filter(is_paper).map(|(x, y, grey)| paper.stands_out(x, y, grey).powi(2));
            let (count, sum) = squares.fold((0.0, 0.0), |(count, sum), square| (count + 1.0, sum + square));
            let terms = paper.through(sample(seen).filter(is_paper));
            (paper.grain, paper.terms) = ((sum / f64::max(count, 1.0)).sqrt(), terms);
        }
        paper
    }

    /// The difference of a pixel from the paper; negative if the pixel is darker.
    pub fn stands_out(&self, x: usize, y: usize, grey: u8) -> f64 {
        let at = self.powers(x, y);
        let paper: f64 = self.terms.iter().zip(at).map(|(term, power)| term * power).sum();
        (f64::from(grey) - paper).round()
    }

    /// The terms 1, x, y, x^2, xy, y^2.
    fn powers(&self, x: usize, y: usize) -> [f64; TERMS] {
        let (x, y) = ((x as f64 + 0.5) / self.scale.0 - 1.0, (y as f64 + 0.5) / self.scale.1 - 1.0);
        [1.0, x, y, x * x, x * y, y * y]
    }

    /// The least-squares surface for these pixels.
    fn through(&self, pixels: impl Iterator<Item = (usize, usize, u8)>) -> [f64; TERMS] {
        let mut matrix = [[0.0; TERMS]; TERMS];
        let mut right = [0.0; TERMS];
        let mut count = 0.0;
        for (x, y, grey) in pixels {
            let at = self.powers(x, y);
            for i in 0..TERMS {
                (0..TERMS).for_each(|j| matrix[i][j] += at[i] * at[j]);
                right[i] += at[i] * f64::from(grey);
            }
            count += 1.0;
        }
        if count == 0.0 {
            return self.terms;
        }
        // A picture of one row does not determine the terms in y: keep undetermined terms small.
        (1..TERMS).for_each(|i| matrix[i][i] += 1e-6 * count);
        solve(matrix, right)
    }
}

/// Solves a symmetric, positive definite system by elimination.
fn solve(mut matrix: [[f64; TERMS]; TERMS], mut right: [f64; TERMS]) -> [f64; TERMS] {
    for pivot in 0..TERMS {
        for row in pivot + 1..TERMS {
            let factor = matrix[row][pivot] / matrix[pivot][pivot];
            (pivot..TERMS).for_each(|column| matrix[row][column] -= factor * matrix[pivot][column]);
            right[row] -= factor * right[pivot];
        }
    }
    for row in (0..TERMS).rev() {
        let known: f64 = (row + 1..TERMS).map(|column| matrix[row][column] * right[column]).sum();
        right[row] = (right[row] - known) / matrix[row][row];
    }
    right
}

/// Evenly spaced pixels of the whole picture: column, row and grey.
fn sample(picture: &Picture) -> impl Iterator<Item = (usize, usize, u8)> {
    let (across, down) = (picture.width().div_ceil(SAMPLES), picture.height().div_ceil(SAMPLES));
    let rows = picture.rows().enumerate().step_by(down);
    rows.flat_map(move |(y, row)| row.iter().enumerate().step_by(across).map(move |(x, &grey)| (x, y, grey)))
}

/// The pixels of the border, once around: column, row and grey.
fn border(picture: &Picture) -> impl Iterator<Item = (usize, usize, u8)> {
    let (right, low) = (picture.width() - 1, picture.height() - 1);
    let top = (0..=right).map(|x| (x, 0));
    let down = (1..=low).map(move |y| (right, y));
    let back = (0..right).rev().map(move |x| (x, low));
    let up = (1..low).rev().map(|y| (0, y));
    top.chain(down).chain(back).chain(up).map(|(x, y)| (x, y, picture.row(y)[x]))
}

/// The median of the values; 0 if there are none.
fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.collect();
    let middle = values.len() / 2;
    if values.is_empty() { 0.0 } else { *values.select_nth_unstable_by(middle, f64::total_cmp).1 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn even_paper_is_found_to_the_last_grey_level() {
        for grey in [0, 1, 170, 255] {
            let mut pixels = vec![grey; 40 * 30];
            (0..20).for_each(|y| pixels[(y + 5) * 40 + 17..][..6].fill(100));
            let paper = Paper::of(&Picture::new(30, 40, pixels).unwrap());
            assert!(paper.grain.abs() < 1e-6, "{}", paper.grain);
            assert!((0..30).all(|y| (0..40).all(|x| paper.stands_out(x, y, grey) == 0.0)), "{grey}");
            assert!((paper.stands_out(17, 5, 100) - (100.0 - f64::from(grey))).abs() < 1e-9);
        }
    }

    #[test]
    fn a_slope_of_light_is_followed_under_ink_and_grain() {
        let light = |x: usize, y: usize| 200.0 - 0.8 * x as f64 + 0.002 * (y * y) as f64;
        let grain = |x: usize, y: usize| ((x * 7 + y * 13) % 11) as f64 - 5.0;
        let pixels = (0..100 * 100).map(|at| {
            let (x, y) = (at % 100, at / 100);
            let ink = if (40..50).contains(&x) && (20..80).contains(&y) { 0.3 } else { 1.0 };
            (ink * light(x, y) + grain(x, y)) as u8
        });
        let paper = Paper::of(&Picture::new(100, 100, pixels.collect()).unwrap());
        for (x, y) in [(0, 0), (99, 0), (45, 50), (0, 99), (99, 99)] {
            let expected = light(x, y);
            assert!(paper.stands_out(x, y, expected as u8).abs() < 4.0, "({x}, {y})");
        }
        // Whole numbers from -5 to 5, equally often: a standard deviation of the square root of 10.
        assert!((paper.grain - 10.0_f64.sqrt()).abs() < 0.5, "{}", paper.grain);
    }

    proptest! {
        #[test]
        fn any_picture_has_a_paper(height in 1_usize..20, width in 1_usize..20, seed in any::<u64>()) {
            let pixels = (0..height * width).map(|at| (seed.rotate_left(at as u32 * 5) >> (at % 7)) as u8).collect();
            let picture = Picture::new(height, width, pixels).unwrap();
            if height > 1 && width > 1 {
                prop_assert_eq!(border(&picture).count(), 2 * (height + width) - 4);
            }
            let paper = Paper::of(&picture);
            prop_assert!(paper.grain.is_finite() && paper.stands_out(width - 1, height - 1, 7).is_finite());
        }
    }
}
