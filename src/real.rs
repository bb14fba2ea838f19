//! The two precisions that everything is generic over.

use ndarray::{LinalgScalar, NdFloat};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A real number of a network: `f32` (fast, the command line's default) or `f64` (to compare number by number).
pub trait Real: NdFloat + LinalgScalar + Default + std::iter::Sum + Serialize + DeserializeOwned {
    /// Which precision this is.
    const PRECISION: Precision;

    /// The nearest number of this precision.
    fn of(value: f64) -> Self;

    /// The same number in double precision.
    fn to_double(self) -> f64;

    /// The bytes of a number.
    const BYTES: usize = size_of::<Self>();

    /// Appends its bytes, the lowest first.
    fn write_bytes(self, bytes: &mut Vec<u8>);

    /// The number of these bytes; 0 if they are not as many as a number has.
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

/// The name of a precision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Precision {
    /// 32 bits: about 7 decimal digits.
    #[default]
    F32,
    /// 64 bits: about 16 decimal digits.
    F64,
}

impl Precision {
    /// All there are.
    pub const ALL: [Self; 2] = [Precision::F32, Precision::F64];

    /// As it is called on the command line and in model files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Precision::F32 => "f32",
            Precision::F64 => "f64",
        }
    }
}
