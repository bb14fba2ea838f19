//! Elastic distortion: every pixel is read at a small displacement, which is similar for neighbouring pixels.

use std::fmt;

use pulp::{Simd, WithSimd};
use rand::RngCore;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::{DistortionError, LANES, Lanes};

/// The radius at which the Gaussian is cut off, in sigmas.
const REACH: f64 = 3.0;

/// Elastic distortion after Simard, Steinkraus and Platt 2003.
///
/// For each axis, every pixel gets a random number, uniform from -1 to 1. This field is convolved with a Gaussian of
/// standard deviation `sigma`, whose weights sum to 1, and multiplied by `alpha`. The result is the displacement in
/// pixels. Its mean is 0; its standard deviation, along each axis, is
///
/// alpha / (sigma * sqrt(12 pi)) = 0.163 alpha / sigma
///
/// That is 1.1 pixels for the defaults, which are in the middle of the values of Ciresan et al. 2010 (sigma 5 to 6,
/// alpha 36 to 38). Simard et al. use 4 and 34, that is 1.4 pixels.
///
/// There are three simplifications, none of them visible. The Gaussian is cut off at 3 sigma. The random field extends
/// beyond the edges, so that the border wavers as much as the middle. And if sigma is at least 4, the field has a
/// number every sigma / 2 pixels (rounded down) instead of at every pixel, scaled to the standard deviation above,
/// since smoothing removes finer detail anyway.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Elastic {
    /// The distance over which displacements are similar, in pixels; above 0, up to 100, default 5.5.
    pub sigma: f64,
    /// The strength of the displacements; 0 to 1000, default 37.
    pub alpha: f64,
}

impl Default for Elastic {
    fn default() -> Self {
        Elastic { sigma: 5.5, alpha: 37.0 }
    }
}

impl fmt::Display for Elastic {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Elastic { sigma, alpha } = self;
        write!(f, "elastic sigma {sigma}, alpha {alpha}")
    }
}

impl Elastic {
    /// The strength multiplied by `factor`.
    pub(super) fn times(self, factor: f64) -> Self {
        Elastic { alpha: self.alpha * factor, ..self }
    }

    /// Checks that the strengths are in their ranges; NaN is in none.
    pub(super) fn check(&self) -> Result<(), DistortionError> {
        if !(self.sigma > 0.0 && self.sigma <= 100.0) {
            return Err(DistortionError::Sigma(self.sigma));
        }
        if !(0.0..=1000.0).contains(&self.alpha) {
            return Err(DistortionError::Alpha(self.alpha));
        }
        Ok(())
    }
}

/// The Gaussian along one axis: each pixel is the weighted mean of some cells of the random field.
struct Axis {
    /// Pixels from one cell to the next.
    step: f64,
    /// Number of cells.
    cells: usize,
    /// For each group of pixels, the first cell that contributes to it.
    starts: Vec<usize>,
    /// The number of cells that contribute to a group. It is the same for all groups, which helps branch prediction.
    length: usize,
    /// The weights of these cells, (pixels, length).
    weights: Vec<f64>,
}

impl Axis {
    /// The axis for `pixels` pixels, in groups of `group`.
    fn new(pixels: usize, group: usize, sigma: f64) -> Self {
        let reach = REACH * sigma;
        let step = (sigma / 2.0).floor().max(1.0);
        // One cell lies at pixel 0; this is the number of cells before it.
        let before = (reach / step).floor();
        let cells = (before + (((pixels - 1) as f64 + reach) / step).floor()) as usize + 1;
        let length = (((group - 1) as f64 + 2.0 * reach) / step).floor() as usize + 1;
        let length = length.min(cells);
        let start = |pixel: usize| (before + ((pixel as f64 - reach) / step).ceil()) as usize;
        let starts: Vec<usize> = (0..pixels).step_by(group).map(|pixel| start(pixel).min(cells - length)).collect();
        let weights = (0..pixels).flat_map(|pixel| {
            let start = starts[pixel / group];
            let place = |cell: usize| (cell as f64 - before) * step;
            let bells = (start..start + length).map(move |cell| bell((place(cell) - pixel as f64) / sigma));
            let sum: f64 = bells.clone().sum();
            bells.map(move |bell| bell / sum)
        });
        Axis { step, cells, length, weights: weights.collect(), starts }
    }
}

/// e^(-x^2 / 2), and 0 beyond [`REACH`]. By power series: library exponentials differ between machines.
pub(super) fn bell(x: f64) -> f64 {
    if x.abs() > REACH {
        return 0.0;
    }
    let (mut sum, mut term) = (0.0, 1.0);
    // 4.5^40 / 40! is below the last bit.
    for n in 1_u8..=40 {
        sum += term;
        term *= 0.5 * x * x / f64::from(n);
    }
    1.0 / sum
}

/// Turns a random field into displacements by two matrix products: displacement = down * noise * across.
///
/// Only the non-zero bands of `down` and `across` are kept. Values that are processed together are adjacent in memory,
/// in [`Lanes`]: a matrix is cut into blocks of that many columns.
pub(super) struct Smoothing {
    vertical: Axis,
    horizontal: Axis,
    /// Weights of the cells for each row, multiplied by the strength, (rows, length).
    down: Vec<f32>,
    /// Weights of the cells for each column, (blocks of columns, length).
    across: Vec<Lanes>,
}

impl Smoothing {
    pub(super) fn new(elastic: Elastic, rows: usize, cols: usize) -> Self {
        let vertical = Axis::new(rows, 1, elastic.sigma);
        let horizontal = Axis::new(cols, LANES, elastic.sigma);
        // With fewer cells, less averages out: along each axis, the standard deviation grows with the square root of
        // the distance between cells. The division by 128 scales random bytes to -1 to 1.
        let strength = elastic.alpha / vertical.step / 128.0;
        let down = vertical.weights.iter().map(|weight| (weight * strength) as f32).collect();
        let mut across = vec![[0.0; LANES]; horizontal.starts.len() * horizontal.length];
        for (col, weights) in horizontal.weights.chunks_exact(horizontal.length).enumerate() {
            let block = &mut across[col / LANES * horizontal.length..];
            for (lanes, &weight) in block.iter_mut().zip(weights) {
                lanes[col % LANES] = weight as f32;
            }
        }
        Smoothing { vertical, horizontal, down, across }
    }

    /// Number of blocks of columns in the random field.
    fn noise_blocks(&self) -> usize {
        self.horizontal.cells.div_ceil(LANES)
    }
}

/// The displacement of each pixel in pixels, and the buffers to compute it.
pub(super) struct Displacements {
    /// Displacements to the right, (rows, columns), rows padded to whole [`Lanes`].
    pub x: Vec<Lanes>,
    /// Displacements down, in the same shape.
    pub y: Vec<Lanes>,
    /// The random fields of both axes, (2, blocks of cells across, cells down, [`LANES`]).
    bytes: Vec<u8>,
    /// One of the random fields, as floating-point numbers.
    noise: Vec<Lanes>,
    /// The same field smoothed vertically, (rows, blocks of cells across).
    half: Vec<Lanes>,
}

impl Displacements {
    /// Zero displacements: every pixel is read at its own place.
    pub(super) fn none(rows: usize, cols: usize, smoothing: Option<&Smoothing>) -> Self {
        let zeros = |count: usize| vec![[0.0; LANES]; count];
        let blocks = smoothing.map_or(0, Smoothing::noise_blocks);
        let noise = smoothing.map_or(0, |smoothing| smoothing.vertical.cells * blocks);
        let pixels = rows * cols.div_ceil(LANES);
        Displacements {
            x: zeros(pixels),
            y: zeros(pixels),
            bytes: vec![0; 2 * noise * LANES],
            noise: zeros(noise),
            half: zeros(rows * blocks),
        }
    }

    /// Draws new random bytes. The returned kernel computes displacements from them when it is run.
    pub(super) fn draw<'a>(&'a mut self, smoothing: &'a Smoothing, rng: &mut ChaCha8Rng) -> Smooth<'a> {
        rng.fill_bytes(&mut self.bytes);
        Smooth { displacements: self, smoothing }
    }
}

/// The kernel that computes displacements from random bytes.
pub(super) struct Smooth<'a> {
    displacements: &'a mut Displacements,
    smoothing: &'a Smoothing,
}

impl WithSimd for Smooth<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Smooth { displacements, smoothing } = self;
        let Displacements { x, y, bytes, noise, half } = displacements;
        let Smoothing { vertical, horizontal, down, across } = smoothing;
        let (bytes, _) = bytes.as_chunks::<LANES>();
        for (bytes, displacements) in bytes.chunks_exact(noise.len()).zip([x, y]) {
            for (noise, bytes) in noise.iter_mut().zip(bytes) {
                for (noise, byte) in noise.iter_mut().zip(bytes) {
                    // Add half a step, so that the mean is 0.
                    *noise = f32::from(byte.cast_signed()) + 0.5;
                }
            }
            let blocks = smoothing.noise_blocks();
            let rows = down.chunks_exact(vertical.length).zip(&vertical.starts);
            for (half, (weights, &start)) in half.chunks_exact_mut(blocks).zip(rows) {
                for (half, noise) in half.iter_mut().zip(noise.chunks_exact(vertical.cells)) {
                    *half = weighted_sum(weights, &noise[start..][..weights.len()]);
                }
            }
            let blocks = horizontal.starts.len();
            for (out, half) in displacements.chunks_exact_mut(blocks).zip(half.chunks_exact(smoothing.noise_blocks())) {
                let columns = across.chunks_exact(horizontal.length).zip(&horizontal.starts);
                for (out, (weights, &start)) in out.iter_mut().zip(columns) {
                    *out = weighted_sum(&half.as_flattened()[start..][..weights.len()], weights);
                }
            }
        }
    }
}

/// The sum of a_k b_k, in order of k.
#[inline(always)]
fn weighted_sum(a: &[f32], b: &[Lanes]) -> Lanes {
    let mut sums = [0.0; LANES];
    for (a, b) in a.iter().zip(b) {
        for (sum, b) in sums.iter_mut().zip(b) {
            *sum += a * b;
        }
    }
    sums
}
