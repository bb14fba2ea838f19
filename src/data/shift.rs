//! Shifts of images by whole pixels.

use std::cmp::Reverse;
use std::fmt;

use super::Dataset;
use super::memory::TooMany;

/// A shift by whole pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Shift {
    /// Pixels down, or up if negative.
    pub down: isize,
    /// Pixels to the right, or to the left if negative.
    pub right: isize,
}

impl Shift {
    /// No shift.
    pub const NONE: Shift = Shift { down: 0, right: 0 };

    /// All shifts of at most `reach` steps, where a step is one pixel down, up, right or left: 1 for a reach of 0, then
    /// 5, 13, 25 ... The nearest come first: no shift, then down, up, right, left.
    #[must_use]
    pub fn within(reach: u8) -> Vec<Shift> {
        let reach = isize::from(reach);
        let row = |down: isize| {
            let rest = reach - down.abs();
            (-rest..=rest).map(move |right| Shift { down, right })
        };
        let mut shifts: Vec<_> = (-reach..=reach).flat_map(row).collect();
        shifts.sort_by_key(|&Shift { down, right }| {
            (down.abs() + right.abs(), right.abs(), Reverse(down), Reverse(right))
        });
        shifts
    }

    /// Writes the shifted `image`, whose rows have `cols` pixels, into `shifted`, which must be all background (0). What
    /// is moved out of the image is lost.
    pub(super) fn apply(self, image: &[u8], cols: usize, shifted: &mut [u8]) {
        let steps = |steps: isize| usize::try_from(steps).unwrap_or(0);
        let [down, up] = [self.down, self.down.saturating_neg()].map(steps);
        let [right, left] = [self.right, self.right.saturating_neg()].map(steps);
        let kept = cols.saturating_sub(left.max(right));
        let [from, to] = [left, right].map(|start| start.min(cols - kept));
        let rows = image.chunks_exact(cols).skip(up).zip(shifted.chunks_exact_mut(cols).skip(down));
        for (row, shifted) in rows {
            shifted[to..to + kept].copy_from_slice(&row[from..from + kept]);
        }
    }
}

/// "as it is", "down", "2 up, left".
impl fmt::Display for Shift {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let along = |steps: isize, [back, forth]: [&str; 2]| match (steps, steps.unsigned_abs()) {
            (0, _) => None,
            (_, 1) => Some(if steps < 0 { back.to_string() } else { forth.to_string() }),
            (_, number) => Some(format!("{number} {}", if steps < 0 { back } else { forth })),
        };
        let words: Vec<_> =
            [along(self.down, ["up", "down"]), along(self.right, ["left", "right"])].into_iter().flatten().collect();
        if words.is_empty() { f.write_str("as it is") } else { f.write_str(&words.join(", ")) }
    }
}

impl Dataset {
    /// The same images, each one shifted. Rows and columns that are freed become background (0).
    ///
    /// # Errors
    /// [`TooMany`] if the images do not fit into memory.
    pub fn shifted(&self, shift: Shift, threads: usize) -> Result<Dataset, TooMany> {
        let (_, cols) = self.geometry();
        let pixels = self.treated(1, threads, |image, shifted| shift.apply(image, cols, shifted))?;
        Ok(self.replaced(pixels, self.labels().to_vec(), self.identity().clone()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::data::Identity;

    #[test]
    fn shifts_within_reach_form_a_diamond() {
        assert_eq!(Shift::within(0), [Shift::NONE]);
        let nearest = [(0, 0), (1, 0), (-1, 0), (0, 1), (0, -1)].map(|(down, right)| Shift { down, right });
        assert_eq!(Shift::within(1), nearest);
        for reach in [2, 3, 9] {
            let (shifts, n) = (Shift::within(reach), usize::from(reach));
            assert_eq!(shifts.len(), 2 * n * (n + 1) + 1); // the centred square numbers
            assert_eq!(shifts[..5], nearest);
            let steps: Vec<_> = shifts.iter().map(|shift| shift.down.abs() + shift.right.abs()).collect();
            assert!(steps.is_sorted() && steps.last() == Some(&isize::from(reach)));
            assert!(shifts.iter().all(|shift| shifts.iter().filter(|&other| other == shift).count() == 1));
        }
    }

    #[test]
    fn a_shift_is_told_in_words() {
        let words = |down, right| Shift { down, right }.to_string();
        assert_eq!(
            [words(0, 0), words(1, 0), words(-2, 1), words(0, -3)],
            ["as it is", "down", "2 up, right", "3 left"]
        );
    }

    proptest! {
        #[test]
        fn every_pixel_comes_from_where_the_shift_says(
            rows in 1_usize..6, cols in 1_usize..6, down in -7_isize..=7, right in -7_isize..=7, threads in 1_usize..4,
        ) {
            let n = 3;
            let pixels: Vec<_> = (1..=n * rows * cols).map(|pixel| pixel as u8).collect();
            let data = Dataset::new(pixels, vec![1, 0, 1], (rows, cols), 2, Identity::named("toy")).unwrap();
            let shifted = data.shifted(Shift { down, right }, threads).unwrap();
            prop_assert_eq!(shifted.labels(), data.labels());
            for image in 0..n {
                for row in 0..rows {
                    for col in 0..cols {
                        let from = |to: usize, by: isize, most: usize| {
                            to.checked_add_signed(-by).filter(|&from| from < most)
                        };
                        let from = from(row, down, rows).zip(from(col, right, cols));
                        let expected = from.map_or(0, |(row, col)| data.image(image)[row * cols + col]);
                        prop_assert_eq!(shifted.image(image)[row * cols + col], expected);
                    }
                }
            }
        }
    }
}
