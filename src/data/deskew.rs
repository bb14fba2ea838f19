//! Deskewing: digits are set upright and brought to a common width before a network sees them.
//!
//! Handwritten digits of one class differ largely in slant and width. If these are removed beforehand, a small network
//! need not learn to ignore them. LeCun et al. 1998 removed the slant ("deslanting"), Ciresan et al. 2011 normalized
//! the width as well. Both follow from the moments of the ink.

use super::Dataset;
use super::memory::TooMany;

/// The target standard deviation of the ink's columns, as a fraction of the image width: 4 of 28 pixels, about the mean
/// of MNIST.
const WIDTH: f64 = 1.0 / 7.0;
/// The maximum factor by which an image is stretched or narrowed, so that a 1 stays slender.
const MAX_FACTOR: f64 = 2.0;
impl Dataset {
    /// The same images, each one [`deskewed`].
    ///
    /// # Errors
    /// [`TooMany`] if the images do not fit into memory.
    pub fn deskewed(&self, threads: usize) -> Result<Dataset, TooMany> {
        let (_, cols) = self.geometry();
        let pixels = self.treated(1, threads, |image, upright| deskew(image, cols, upright))?;
        Ok(self.replaced(pixels, self.labels().to_vec(), self.identity().clone()))
    }
}

/// Sets an image upright and brings it to the usual width, by the moments of its ink. Rows have `cols` pixels.
///
/// # Panics
/// If `image` is not made of whole rows.
#[must_use]
pub fn deskewed(image: &[u8], cols: usize) -> Vec<u8> {
    assert!(cols > 0 && image.len().is_multiple_of(cols), "{} pixels in rows of {cols}", image.len());
    let mut upright = vec![0; image.len()];
    deskew(image, cols, &mut upright);
    upright
}

/// Sets column x of row y of the result to the intensity of the same row of the image at column
/// `c_x + f (x - c_x) + s (y - c_y)`, linearly interpolated between two pixels. (c_x, c_y) is the centre of mass of the
/// ink, s its slant, and f the ratio of its width to the usual width. Rows are thus shifted and stretched sideways
/// only. `upright` must be all background.
///
/// The computation uses double precision in exactly this order, so that the report page's script gets the same pixels.
fn deskew(image: &[u8], cols: usize, upright: &mut [u8]) {
    let Some(Shape { centre: (c_x, c_y), slant, factor }) = Shape::of(image, cols) else { return };
    let columns: Vec<_> = (0..cols).map(|x| c_x + factor * (x as f64 - c_x)).collect();
    for ((row, upright), y) in image.chunks_exact(cols).zip(upright.chunks_exact_mut(cols)).zip(0_u32..) {
        if row.iter().all(|&pixel| pixel == 0) {
            continue;
        }
        let shift = slant * (f64::from(y) - c_y);
        let of = |column: i64| {
            usize::try_from(column).ok().and_then(|column| row.get(column)).map_or(0.0, |&p| f64::from(p))
        };
        for (pixel, column) in upright.iter_mut().zip(&columns) {
            let at = column + shift;
            // Round down. Without an instruction for it, `floor` would be a function call.
            let left = at as i64 - i64::from((at as i64) as f64 > at);
            let (a, b) = (of(left), of(left + 1));
            *pixel = (a + (at - left as f64) * (b - a) + 0.5) as u8;
        }
    }
}

/// The shape of the ink, from its moments.
struct Shape {
    /// The centre of mass: column and row.
    centre: (f64, f64),
    /// The slant: by how many columns the ink leans to the right per row further down, mu_xy / mu_yy.
    slant: f64,
    /// The ratio of its width once upright, sqrt(mu_xx - mu_xy^2 / mu_yy), to the usual width, limited by
    /// [`MAX_FACTOR`].
    factor: f64,
}

impl Shape {
    /// `None` if there is no ink.
    fn of(image: &[u8], cols: usize) -> Option<Self> {
        // Sums of integers are exact, here in u64 as in the page's double-precision numbers.
        let (mut mass, mut x, mut y) = (0_u64, 0_u64, 0_u64);
        for (row, v) in image.chunks_exact(cols).zip(0_u64..) {
            let (mut in_row, mut moment) = (0_u64, 0_u64);
            for (&p, u) in row.iter().zip(0_u64..) {
                in_row += u64::from(p);
                moment += u64::from(p) * u;
            }
            (mass, x, y) = (mass + in_row, x + moment, y + in_row * v);
        }
        if mass == 0 {
            return None;
        }
        let mass = mass as f64;
        let (c_x, c_y) = (x as f64 / mass, y as f64 / mass);
        let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
        for (row, v) in image.chunks_exact(cols).zip(0_u32..) {
            let y = f64::from(v) - c_y;
            for (&p, u) in row.iter().zip(0_u32..).filter(|&(&p, _)| p != 0) {
                let (p, x) = (f64::from(p), f64::from(u) - c_x);
                xx += p * x * x;
                xy += p * x * y;
                yy += p * y * y;
            }
        }
        let slant = if yy > 0.0 { xy / yy } else { 0.0 };
        let width = ((xx - slant * xy).max(0.0) / mass).sqrt();
        let factor = (width / (WIDTH * cols as f64)).clamp(1.0 / MAX_FACTOR, MAX_FACTOR);
        Some(Shape { centre: (c_x, c_y), slant, factor })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::data::{Identity, Part, synthetic};

    /// A built-in digit, slanted by `slant`.
    fn leaning(index: u64, slant: f64) -> Vec<u8> {
        let mut digit = vec![0; 784];
        synthetic::draw(0, Part::Test, index, &mut digit);
        let mut leaning = vec![0; 784];
        for (i, pixel) in leaning.iter_mut().enumerate() {
            let column = (i % 28) as f64 - slant * ((i / 28) as f64 - 13.5);
            let (left, part) = (column.floor(), column - column.floor());
            let of = |c: f64| if (0.0..28.0).contains(&c) { f64::from(digit[i / 28 * 28 + c as usize]) } else { 0.0 };
            *pixel = (of(left) + part * (of(left + 1.0) - of(left))).round() as u8;
        }
        leaning
    }

    #[test]
    fn what_leans_is_upright_and_of_the_usual_width_afterwards() {
        for index in 0..20 {
            for slant in [-0.4, 0.0, 0.4] {
                let leaning = leaning(index, slant);
                let is_slender = Shape::of(&leaning, 28).unwrap().factor < 0.6;
                let Shape { slant, factor, .. } = Shape::of(&deskewed(&leaning, 28), 28).unwrap();
                // The border cuts off a little of some digits, and interpolation blurs all. Slender digits stay
                // slender.
                let width = if is_slender { 0.5..1.15 } else { 0.85..1.15 };
                assert!(slant.abs() < 0.03 && width.contains(&factor), "digit {index}: {slant}, {factor}");
            }
        }
    }

    #[test]
    fn without_ink_nothing_changes_and_a_line_is_stretched_twice_at_most() {
        assert_eq!(deskewed(&[0; 12], 4), [0; 12]);
        #[rustfmt::skip]
        let line = [
            0, 0, 0, 0, 200, 0, 0, 0, 0,
            0, 0, 0, 0, 200, 0, 0, 0, 0,
        ];
        assert_eq!(deskewed(&line, 9)[..9], [0, 0, 0, 100, 200, 100, 0, 0, 0]);
    }

    proptest! {
        #[test]
        fn any_image_has_a_deskewed_one_whatever_the_threads(
            (rows, cols) in (1_usize..9, 1_usize..9),
            n in 1_usize..4,
            byte in any::<[u8; 256]>(),
        ) {
            let pixels: Vec<_> = byte.iter().copied().cycle().take(n * rows * cols).collect();
            let data = Dataset::new(pixels, vec![0; n], (rows, cols), 2, Identity::named("any")).unwrap();
            let upright = data.deskewed(1).unwrap();
            let shared = data.deskewed(3).unwrap();
            prop_assert_eq!(upright.pixels(), shared.pixels());
            for index in 0..n {
                prop_assert_eq!(upright.image(index), deskewed(data.image(index), cols));
            }
        }
    }
}
