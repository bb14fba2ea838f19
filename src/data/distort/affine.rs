//! Affine distortion: an image is scaled, sheared, rotated and translated as a whole.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::DistortionError;

/// The maximum rotation, scaling, shear and translation. Each of the six numbers is drawn on its own, uniformly between
/// minus and plus its maximum.
///
/// First the image is scaled, then sheared, then rotated, all about its centre, then moved.
///
/// The angles and scales are those of Ciresan et al. 2010. They use either rotation or shear, and half as much for 1
/// and 7, which requires knowing that the images are digits.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Affine {
    /// Rotation about the centre, in degrees either way; 0 to 180, default 15.
    pub rotation: f64,
    /// Change of width and height, each on its own, as a fraction; 0 to 0.9, default 0.15: 85% to 115%.
    pub scale: f64,
    /// Shear to the left or right, as a fraction of the height; 0 to 2, default 0.2.
    pub shear: f64,
    /// Translation along each axis, as a fraction of the side; 0 to 1, default 0.1: 2.8 of 28 pixels.
    pub translation: f64,
}

impl Default for Affine {
    fn default() -> Self {
        Affine { rotation: 15.0, scale: 0.15, shear: 0.2, translation: 0.1 }
    }
}

impl fmt::Display for Affine {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Affine { rotation, scale, shear, translation } = self;
        write!(f, "rotation {rotation}, scale {scale}, shear {shear}, translation {translation}")
    }
}

impl Affine {
    /// All strengths multiplied by `factor`.
    pub(super) fn times(self, factor: f64) -> Self {
        let Affine { rotation, scale, shear, translation } = self;
        Affine {
            rotation: rotation * factor,
            scale: scale * factor,
            shear: shear * factor,
            translation: translation * factor,
        }
    }

    /// Checks that the strengths are in their ranges.
    pub(super) fn check(&self) -> Result<(), DistortionError> {
        use DistortionError as E;
        let Affine { rotation, scale, shear, translation } = *self;
        let within = |value: f64, most: f64, error: fn(f64) -> E| {
            // NaN is in no range.
            if (0.0..=most).contains(&value) { Ok(()) } else { Err(error(value)) }
        };
        within(rotation, 180.0, E::Rotation)?;
        within(scale, 0.9, E::Scale)?;
        within(shear, 2.0, E::Shear)?;
        within(translation, 1.0, E::Translation)
    }

    /// The map for one distortion of an image of `rows` x `cols` pixels; `chance` holds six random numbers from -1 to
    /// 1.
    pub(super) fn draw(&self, chance: [f64; 6], (rows, cols): (usize, usize)) -> Map {
        let [turn, wide, high, lean, right, down] = chance;
        let movement = Movement {
            degrees: turn * self.rotation,
            scale: (1.0 + wide * self.scale, 1.0 + high * self.scale),
            shear: lean * self.shear,
            shift: (right * self.translation * cols as f64, down * self.translation * rows as f64),
        };
        movement.source((rows, cols))
    }
}

/// One affine distortion of an image.
#[derive(Clone, Copy)]
pub(super) struct Movement {
    /// Clockwise.
    pub degrees: f64,
    /// Width and height relative to the original's.
    pub scale: (f64, f64),
    /// To the left, per unit of height upwards.
    pub shear: f64,
    /// To the right and down, in pixels.
    pub shift: (f64, f64),
}

/// The affine map from a pixel to the place in the original at which it is read: x = x_x * column + x_y * row + x_0,
/// likewise y; in pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Map {
    pub x: [f32; 3],
    pub y: [f32; 3],
}

impl Map {
    /// Reads every pixel at its own place.
    pub(super) const IDENTITY: Map = Map { x: [1.0, 0.0, 0.0], y: [0.0, 1.0, 0.0] };
}

impl Movement {
    /// The inverse map, from the pixels of the moved image to places in the original of `rows` x `cols` pixels.
    ///
    /// In y-down coordinates about the centre, moved = R H S original + shift, with
    /// R = (cos, -sin; sin, cos), H = (1, shear; 0, 1), S = diag(scale). So original = S^-1 H^-1 R^-1 (moved - shift).
    pub(super) fn source(&self, (rows, cols): (usize, usize)) -> Map {
        let (sin, cos) = sin_cos(self.degrees.to_radians());
        let Movement { shear, scale, shift, .. } = *self;
        let centre = ((cols as f64 - 1.0) / 2.0, (rows as f64 - 1.0) / 2.0);
        let row = |by_x: f64, by_y: f64, centre_here: f64| {
            let start = centre_here - by_x * (centre.0 + shift.0) - by_y * (centre.1 + shift.1);
            [by_x as f32, by_y as f32, start as f32]
        };
        Map {
            x: row((cos + shear * sin) / scale.0, (sin - shear * cos) / scale.0, centre.0),
            y: row(-sin / scale.1, cos / scale.1, centre.1),
        }
    }
}

/// Sine and cosine of an angle from -pi to pi, by power series: library results differ between machines.
pub(super) fn sin_cos(angle: f64) -> (f64, f64) {
    let (mut sin, mut cos, mut term) = (0.0, 0.0, 1.0);
    // pi^30 / 30! is below the last bit.
    for n in 0_u8..30 {
        match n % 4 {
            0 => cos += term,
            1 => sin += term,
            2 => cos -= term,
            _ => sin -= term,
        }
        term *= angle / f64::from(n + 1);
    }
    (sin, cos)
}
