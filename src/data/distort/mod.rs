//! Random distortion of images, new in every epoch, which gives an endless supply of handwriting.
//!
//! There are two kinds, which can be combined: [`Affine`] rotates, scales, shears and translates the whole image;
//! [`Elastic`] makes its lines waver like those of an unsteady hand. With both, plain multilayer perceptrons reached
//! 99.65% on MNIST (Ciresan, Meier, Gambardella, Schmidhuber 2010, "Deep, Big, Simple Neural Nets for Handwritten Digit
//! Recognition"; before them Simard, Steinkraus, Platt 2003, "Best Practices for Convolutional Neural Networks Applied
//! to Visual Document Analysis").
//!
//! Every pixel of the distorted image is read at one place of the original: `affine` determines the place, `elastic`
//! adds a displacement. The place lies between four pixels, whose bilinear mean is the result. An image is thus
//! resampled only once, whatever the distortions. Outside the image the background is 0.
//!
//! The distortions may [fade](Distortion::fade_to) towards the end of a training, so that a network ends its training
//! on less distorted or undistorted images (He et al. 2019, "Data Augmentation Revisited: Rethinking the Distribution
//! Gap between Clean and Augmented Data", end without any distortion).
//!
//! **The same bytes everywhere.** A distorted image depends only on the original, the strengths, the seed, the epoch
//! and the image's index. As for the built-in digits, pixels are computed with only +, -, *, / and integer operations:
//! sines and exponentials are power series, and no multiplication is fused with an addition.

#![allow(
    clippy::inline_always,
    reason = "a kernel must be compiled together with what it calls, for the instruction set it is run on"
)]

mod affine;
mod elastic;
mod resample;
#[cfg(test)]
mod tests;

use std::fmt;

use rand::RngCore;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use thiserror::Error;

pub use affine::Affine;
pub use elastic::Elastic;

use super::Dataset;
use crate::numbers::as_typed;
use crate::random::{Purpose, stream_of_image};
use crate::threads::share_out;
use affine::Map;
use elastic::{Displacements, Smoothing};
use resample::Original;

/// Number of values that a kernel processes at a time: one vector of the widest instruction set, several vectors of the
/// others.
const LANES: usize = 16;
/// Neighbouring values in a row.
type Lanes = [f32; LANES];

/// Number of images that one thread distorts at a time.
const JOB: usize = 250;

/// How images are distorted.
///
/// ```
/// use mnist_mlp::data::distort::{Affine, Distortion, Elastic};
/// use mnist_mlp::data::{Part, source::Source};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let digits = Source::Synthetic { seed: 0 }.load(Part::Test, 1)?.slice(0..100);
/// let distortion = Distortion { affine: Some(Affine { rotation: 10.0, ..Affine::default() }), ..Distortion::default() };
/// distortion.check()?;
/// let (seed, epoch, threads) = (0, 1, 1);
/// let distorted = distortion.epoch(&digits, seed, epoch, threads);
/// assert_eq!(distorted.labels(), digits.labels());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Distortion {
    /// Distortion of the image as a whole; `None` for none.
    pub affine: Option<Affine>,
    /// Distortion of its lines; `None` for none.
    pub elastic: Option<Elastic>,
    /// The share of all strengths that is left in the last epoch; they fade linearly over the second half of the epochs.
    /// 0 to 1, default 1: no fading.
    #[serde(default = "all", skip_serializing_if = "is_all")]
    pub fade_to: f64,
}

impl Default for Distortion {
    /// Both kinds, with their defaults.
    fn default() -> Self {
        Distortion { affine: Some(Affine::default()), elastic: Some(Elastic::default()), fade_to: 1.0 }
    }
}

/// The default of `fade_to`: no fading.
fn all() -> f64 {
    1.0
}

/// Whether `fade_to` is the default, which model files omit.
#[allow(clippy::float_cmp, clippy::trivially_copy_pass_by_ref, reason = "the default itself; serde passes a reference")]
fn is_all(share: &f64) -> bool {
    *share == 1.0
}

/// The kinds and strengths, as in "rotation 15, scale 0.15, shear 0.2, translation 0.1, elastic sigma 5.5, alpha 37".
impl fmt::Display for Distortion {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let (affine, elastic) = (self.affine.map(|kind| kind.to_string()), self.elastic.map(|kind| kind.to_string()));
        let fading = self.fades().then(|| format!("fading to {}", self.fade_to));
        let parts: Vec<_> = [affine, elastic, fading].into_iter().flatten().collect();
        f.write_str(&parts.join(", "))
    }
}

/// A strength is out of range, or NaN.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
pub enum DistortionError {
    /// The rotation is not from 0 to 180 degrees.
    #[error("rotation {} is out of range: choose 0 to 180 degrees, such as 15", as_typed(*.0))]
    Rotation(f64),
    /// The scale is not from 0 to 0.9; a greater one could make an image vanish.
    #[error("scale {} is out of range: choose 0 to 0.9, such as 0.15 for 85% to 115%", as_typed(*.0))]
    Scale(f64),
    /// The shear is not from 0 to 2.
    #[error("shear {} is out of range: choose 0 to 2, such as 0.2 for a fifth of the height", as_typed(*.0))]
    Shear(f64),
    /// The translation is not from 0 to 1; a greater one could move an image out entirely.
    #[error("translation {} is out of range: choose 0 to 1, such as 0.1 for a tenth of the side", as_typed(*.0))]
    Translation(f64),
    /// Sigma is not above 0, which would not smooth at all, or is above 100, which would make the field flat.
    #[error("sigma {} is out of range: choose a number above 0, up to 100 pixels, such as 5.5", as_typed(*.0))]
    Sigma(f64),
    /// Alpha is not from 0 to 1000.
    #[error("alpha {} is out of range: choose 0 to 1000, such as 37", as_typed(*.0))]
    Alpha(f64),
    /// `fade_to` is not from 0 to 1.
    #[error(
        "fade-to {} is out of range: choose 0 to 1, such as 0.25 for a quarter of all strengths in the last epoch",
        as_typed(*.0)
    )]
    FadeTo(f64),
}

impl Distortion {
    /// Checks that all strengths are in their ranges; NaN never is.
    ///
    /// # Errors
    /// A [`DistortionError`] with the first strength that is out of range, and its range.
    pub fn check(&self) -> Result<(), DistortionError> {
        self.affine.map_or(Ok(()), |affine| affine.check())?;
        self.elastic.map_or(Ok(()), |elastic| elastic.check())?;
        if (0.0..=1.0).contains(&self.fade_to) { Ok(()) } else { Err(DistortionError::FadeTo(self.fade_to)) }
    }

    /// Whether the strengths depend on the epoch and the number of epochs.
    #[must_use]
    pub fn fades(&self) -> bool {
        !is_all(&self.fade_to)
    }

    /// The distortion for `epoch` (1 to `epochs`): the same kinds with faded strengths. The result does not fade
    /// further.
    ///
    /// ```
    /// use mnist_mlp::data::distort::Distortion;
    /// let fading = Distortion { fade_to: 0.5, ..Distortion::default() };
    /// let rotation = |epoch| fading.faded(epoch, 20).affine.map(|affine| affine.rotation);
    /// assert_eq!([1, 10, 15, 20].map(rotation), [15.0, 15.0, 11.25, 7.5].map(Some));
    /// ```
    #[must_use]
    pub fn faded(&self, epoch: u64, epochs: u64) -> Self {
        let faded = (2.0 * (epoch as f64 / epochs as f64) - 1.0).clamp(0.0, 1.0);
        let left = 1.0 + (self.fade_to - 1.0) * faded;
        Distortion {
            affine: self.affine.map(|affine| affine.times(left)),
            elastic: self.elastic.map(|elastic| elastic.times(left)),
            fade_to: 1.0,
        }
    }

    /// Distorts all images for `epoch` (1 for the first) under `seed`. Order and labels stay the same. Strengths are
    /// not faded; use [`faded`](Self::faded) for that.
    ///
    /// Image i is distorted as by [`image`](Self::image) with index i (counted in the whole dataset if `data` is a
    /// [`share`](Dataset::share)), whatever the number of `threads`.
    ///
    /// # Panics
    /// If [`check`](Self::check) refuses the strengths.
    #[must_use]
    pub fn epoch(&self, data: &Dataset, seed: u64, epoch: u64, threads: usize) -> Dataset {
        let size = data.image_size();
        let distorter = Distorter::new(*self, data.geometry());
        let mut pixels = vec![0; data.len() * size];
        let jobs = data.pixels().chunks(JOB * size).zip(pixels.chunks_mut(JOB * size));
        let jobs = jobs.zip((data.first() as u64..).step_by(JOB));
        share_out(threads, jobs, |((images, distorted), first)| {
            let mut workspace = Workspace::new(&distorter);
            for ((image, distorted), index) in images.chunks(size).zip(distorted.chunks_mut(size)).zip(first..) {
                let rng = stream_of_image(seed, Purpose::Distortion, epoch, index);
                distorter.distort(image, rng, &mut workspace, distorted);
            }
        });
        data.replaced(pixels, data.labels().to_vec(), data.identity().clone())
    }

    /// Distorts image number `index` for `epoch` under `seed`, without fading.
    ///
    /// `image` has `rows` x `cols` pixels, row by row, 0 = background; so has the result. For many images,
    /// [`epoch`](Self::epoch) is faster.
    ///
    /// # Panics
    /// If [`check`](Self::check) refuses the strengths, or if `image` is not of `rows` x `cols` pixels.
    #[must_use]
    pub fn image(&self, image: &[u8], (rows, cols): (usize, usize), seed: u64, epoch: u64, index: u64) -> Vec<u8> {
        assert_eq!(image.len(), rows * cols, "pixels of an image of {rows} x {cols}");
        let distorter = Distorter::new(*self, (rows, cols));
        let mut distorted = vec![0; image.len()];
        let rng = stream_of_image(seed, Purpose::Distortion, epoch, index);
        distorter.distort(image, rng, &mut Workspace::new(&distorter), &mut distorted);
        distorted
    }
}

/// The precomputed values that all images of one size share.
struct Distorter {
    affine: Option<Affine>,
    smoothing: Option<Smoothing>,
    rows: usize,
    cols: usize,
    /// The fastest instruction set of this machine.
    arch: pulp::Arch,
}

impl Distorter {
    fn new(distortion: Distortion, (rows, cols): (usize, usize)) -> Self {
        if let Err(error) = distortion.check() {
            panic!("{error}");
        }
        let smoothing = distortion.elastic.map(|elastic| Smoothing::new(elastic, rows, cols));
        Distorter { affine: distortion.affine, smoothing, rows, cols, arch: pulp::Arch::new() }
    }

    /// Distorts `image` into `distorted`, with random numbers from `rng`.
    fn distort(&self, image: &[u8], mut rng: ChaCha8Rng, workspace: &mut Workspace, distorted: &mut [u8]) {
        // Draw them even without affine distortion, so that the elastic displacements do not depend on it.
        let chance = std::array::from_fn(|_| either_way(rng.next_u32()));
        let map = self.affine.map_or(Map::IDENTITY, |affine| affine.draw(chance, (self.rows, self.cols)));
        if let Some(smoothing) = &self.smoothing {
            self.arch.dispatch(workspace.displacements.draw(smoothing, &mut rng));
        }
        workspace.original.set(image);
        self.arch.dispatch(workspace.original.resample(&map, &workspace.displacements, distorted));
    }
}

/// A random number between -1 and 1, uniform and symmetric about 0.
fn either_way(bits: u32) -> f64 {
    (f64::from(bits) + 0.5) / 2_147_483_648.0 - 1.0
}

/// The buffers of one thread, reused for every image.
struct Workspace {
    displacements: Displacements,
    original: Original,
}

impl Workspace {
    fn new(distorter: &Distorter) -> Self {
        let Distorter { rows, cols, .. } = *distorter;
        Workspace {
            displacements: Displacements::none(rows, cols, distorter.smoothing.as_ref()),
            original: Original::new(rows, cols),
        }
    }
}
