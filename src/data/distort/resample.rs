//! Interpolation of an image between its pixels.

use pulp::{Simd, WithSimd};

use super::affine::Map;
use super::elastic::Displacements;
use super::{LANES, Lanes};

/// The image that is resampled.
pub(super) struct Original {
    rows: usize,
    cols: usize,
    /// The image in a frame of background: one column to the left, two to the right, one row above and two below.
    framed: Vec<u8>,
    /// For every place between pixels, the four pixels around it, one per byte: upper left, upper right, lower left,
    /// lower right, from the lowest byte. This takes one look-up instead of four.
    fours: Vec<u32>,
}

impl Original {
    /// A blank image of `rows` x `cols` pixels.
    pub(super) fn new(rows: usize, cols: usize) -> Self {
        let width = cols + 3;
        // One pixel more, so that the last place has a lower right neighbour.
        Original { rows, cols, framed: vec![0; (rows + 3) * width + 1], fours: vec![0; (rows + 2) * width] }
    }

    /// Copies `image` into the frame.
    pub(super) fn set(&mut self, image: &[u8]) {
        let width = self.cols + 3;
        for (framed, row) in self.framed[width..].chunks_exact_mut(width).zip(image.chunks_exact(self.cols)) {
            framed[1..=self.cols].copy_from_slice(row);
        }
    }

    /// Reads the image at the places given by `map` and `displacements`. The returned kernel does so when it is run.
    pub(super) fn resample<'a>(
        &'a mut self,
        map: &'a Map,
        displacements: &'a Displacements,
        distorted: &'a mut [u8],
    ) -> Resample<'a> {
        Resample { original: self, map, displacements, distorted }
    }
}

/// The kernel that interpolates an image.
pub(super) struct Resample<'a> {
    original: &'a mut Original,
    map: &'a Map,
    displacements: &'a Displacements,
    distorted: &'a mut [u8],
}

impl WithSimd for Resample<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Resample { original, map, displacements, distorted } = self;
        original.gather();
        let blocks = original.cols.div_ceil(LANES);
        let displacements = displacements.x.chunks_exact(blocks).zip(displacements.y.chunks_exact(blocks));
        for ((row, distorted), (dx, dy)) in distorted.chunks_exact_mut(original.cols).enumerate().zip(displacements) {
            let start = [map.x, map.y].map(|[_, by_row, start]| by_row * row as f32 + start);
            for (block, (distorted, (dx, dy))) in distorted.chunks_mut(LANES).zip(dx.iter().zip(dy)).enumerate() {
                let (mut x, mut y) = ([0.0; LANES], [0.0; LANES]);
                for lane in 0..LANES {
                    let col = (block * LANES) as f32 + lane as f32;
                    x[lane] = map.x[0] * col + start[0] + dx[lane];
                    y[lane] = map.y[0] * col + start[1] + dy[lane];
                }
                let pixels = original.read(&x, &y);
                distorted.copy_from_slice(&pixels[..distorted.len()]);
            }
        }
    }
}

impl Original {
    /// Packs the four pixels around every place.
    #[inline(always)]
    fn gather(&mut self) {
        let width = self.cols + 3;
        let (upper, lower) = (&self.framed, &self.framed[width..]);
        let pairs = upper.iter().zip(&upper[1..]).zip(lower.iter().zip(&lower[1..]));
        for (four, ((&a, &b), (&c, &d))) in self.fours.iter_mut().zip(pairs) {
            *four = u32::from(a) | u32::from(b) << 8 | u32::from(c) << 16 | u32::from(d) << 24;
        }
    }

    /// The intensities at columns `x` and rows `y`, which need not be whole numbers; 0 outside the image.
    #[inline(always)]
    fn read(&self, x: &Lanes, y: &Lanes) -> [u8; LANES] {
        let width = self.cols as u32 + 3;
        let (mut right, mut down, mut index) = ([0.0; LANES], [0.0; LANES], [0; LANES]);
        for lane in 0..LANES {
            // Coordinates in the frame are greater by 1. A whole number may be treated as the end of the interval
            // before it.
            let (x, y) = (place(x[lane], self.cols), place(y[lane], self.rows));
            let ((left, left_index), (top, top_index)) = (nearest(x - 0.5), nearest(y - 0.5));
            (right[lane], down[lane]) = (x - left, y - top);
            index[lane] = top_index.wrapping_mul(width).wrapping_add(left_index);
        }
        let mut fours = [0; LANES];
        for (four, index) in fours.iter_mut().zip(index) {
            // Every index is in range, unless the image has millions of pixels a side.
            *four = self.fours.get(index as usize).copied().unwrap_or(0);
        }
        let mut pixels = [0; LANES];
        for lane in 0..LANES {
            let [a, b, c, d] = [0, 8, 16, 24].map(|shift| (fours[lane] >> shift & 255).cast_signed() as f32);
            let (upper, lower) = (a + right[lane] * (b - a), c + right[lane] * (d - c));
            pixels[lane] = nearest(upper + down[lane] * (lower - upper)).1 as u8;
        }
        pixels
    }
}

/// The coordinate in the frame along one axis, limited to the frame: beyond the edge everything is background.
#[inline(always)]
fn place(at: f32, pixels: usize) -> f32 {
    (at + 1.0).clamp(0.0, pixels as f32 + 1.0)
}

/// The whole number nearest to `x`, which is from -0.5 to 4,000,000, as f32 and as u32. (A cast would also handle all
/// other numbers, and only one at a time.)
#[inline(always)]
fn nearest(x: f32) -> (f32, u32) {
    // Floating-point numbers of this size are 1 apart: the sum is rounded to a whole number, which is in its lowest
    // bits.
    const ROUND: f32 = 12_582_912.0;
    let shifted = x + ROUND;
    (shifted - ROUND, shifted.to_bits() & 0x003f_ffff)
}
