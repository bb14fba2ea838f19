//! The two floating-point precisions over which everything is generic.

use std::fmt;

use ndarray::{LinalgScalar, NdFloat};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A number of a network: `f32` (fast, the command line's default) or `f64` (for number-by-number comparisons).
pub trait Real: NdFloat + LinalgScalar + Default + std::iter::Sum + Serialize + DeserializeOwned {
    /// The precision of this type.
    const PRECISION: Precision;

    /// The number of this precision that is nearest to `value`.
    fn of(value: f64) -> Self;

    /// The same number in double precision.
    fn to_double(self) -> f64;

    /// The size of a number in bytes.
    const BYTES: usize = size_of::<Self>();

    /// Appends the bytes of the number, in little-endian order.
    fn write_bytes(self, bytes: &mut Vec<u8>);

    /// The number with these little-endian bytes; 0 if there are not [`BYTES`](Self::BYTES) of them.
    fn of_bytes(bytes: &[u8]) -> Self;
}

impl Real for f32 {
    const PRECISION: Precision = Precision::F32;

    fn of(value: f64) -> Self {
        value as f32
    }

    fn to_double(self) -> f64 {
        f64::from(self)
    }

    fn write_bytes(self, bytes: &mut Vec<u8>) {
        bytes.extend(self.to_le_bytes());
    }

    fn of_bytes(bytes: &[u8]) -> Self {
        bytes.try_into().map_or(0.0, f32::from_le_bytes)
    }
}

impl Real for f64 {
    const PRECISION: Precision = Precision::F64;

    fn of(value: f64) -> Self {
        value
    }

    fn to_double(self) -> f64 {
        self
    }

    fn write_bytes(self, bytes: &mut Vec<u8>) {
        bytes.extend(self.to_le_bytes());
    }

    fn of_bytes(bytes: &[u8]) -> Self {
        bytes.try_into().map_or(0.0, f64::from_le_bytes)
    }
}

/// A precision, as a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Precision {
    /// 32 bits: about 7 decimal digits.
    #[default]
    F32,
    /// 64 bits: about 16 decimal digits.
    F64,
}

/// The name of the precision.
impl fmt::Display for Precision {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Precision {
    /// All precisions.
    pub const ALL: [Self; 2] = [Precision::F32, Precision::F64];

    /// The name on the command line and in model files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Precision::F32 => "f32",
            Precision::F64 => "f64",
        }
    }
}
