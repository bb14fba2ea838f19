//! The sigmoid 1 / (1 + e^-z), without a branch or a call, so that a loop over a row of z becomes vector instructions
//! (the standard library's `exp` is one call per neuron, about ten times slower).
//!
//! e^x = 2^n e^r with n = round(x / ln 2) and |r| <= ln(2) / 2. e^r is computed by its Taylor polynomial, long enough
//! for the precision, and 2^n by writing n into the exponent bits. x is clamped to a range just large enough for n to
//! reach the exponents of 0 and of infinity; NaN stays NaN.

/// The polynomial `c[0] + c[1] r + c[2] r^2 + ...`, by Horner's method.
macro_rules! horner {
    ($r:ident, $last:expr) => { $last };
    ($r:ident, $first:expr, $($rest:expr),+) => { $first + $r * horner!($r, $($rest),+) };
}

macro_rules! exponential {
    ($exp:ident, $sigmoid:ident, $real:ident, $bits:ident, $low:expr, $high:expr, $mantissa:expr, $bias:expr, $ln2_high:expr, $ln2_low:expr, $($c:expr),+) => {
        /// e^x. The results 0 and infinity begin within half a power of two of the limits of normal numbers.
        #[inline(always)]
        pub fn $exp(x: $real) -> $real {
            // Adding 1.5 * 2^mantissa rounds to an integer and leaves that integer in the lowest bits.
            const ROUND: $real = 1.5 * ((1 as $bits) << $mantissa) as $real;
            let x = if x > $high { $high } else { x };
            let x = if x < $low { $low } else { x };
            let shifted = x * std::$real::consts::LOG2_E + ROUND;
            let n = shifted - ROUND;
            // ln 2 is split into two parts, the first short enough for n * high to be exact.
            let r = (x - n * $ln2_high) - n * $ln2_low;
            let two_to_n = $real::from_bits(shifted.to_bits().wrapping_add($bias) << $mantissa);
            two_to_n * horner!(r, $($c),+)
        }

        /// 1 / (1 + e^-z); 0 where that would be subnormal, because processors are slow with subnormal numbers.
        #[inline(always)]
        pub fn $sigmoid(z: $real) -> $real {
            let a = 1.0 / (1.0 + $exp(-z));
            if a < $real::MIN_POSITIVE { 0.0 } else { a }
        }
    };
}

// The limits of x: at the lower one, n is the exponent of zero; at the upper one, the exponent of infinity. So
// sigmoid(-infinity) is exactly 0.
exponential!(
    exp_f32,
    sigmoid_f32,
    f32,
    u32,
    -88.0,
    88.9,
    23,
    127,
    0.693_359_4,
    -2.121_944_4e-4,
    1.0,
    1.0,
    0.5,
    1.0 / 6.0,
    1.0 / 24.0,
    1.0 / 120.0,
    1.0 / 720.0,
    1.0 / 5040.0
);
exponential!(
    exp_f64,
    sigmoid_f64,
    f64,
    u64,
    -709.0,
    709.9,
    52,
    1023,
    0.693_147_180_369_123_8,
    1.908_214_929_270_587_7e-10,
    1.0,
    1.0,
    0.5,
    1.0 / 6.0,
    1.0 / 24.0,
    1.0 / 120.0,
    1.0 / 720.0,
    1.0 / 5040.0,
    1.0 / 40320.0,
    1.0 / 362_880.0,
    1.0 / 3_628_800.0,
    1.0 / 39_916_800.0,
    1.0 / 479_001_600.0,
    1.0 / 6_227_020_800.0
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sigmoid_is_the_formula_to_rounding() {
        for i in -800_000..=800_000 {
            let z = f64::from(i) * 1e-4; // |z| <= 80
            let right = if z < 0.0 { z.exp() / (1.0 + z.exp()) } else { 1.0 / (1.0 + (-z).exp()) };
            let error = (sigmoid_f64(z) / right - 1.0).abs();
            assert!(error < 1e-15, "f64: {error:e} at {z}");
            let z32 = z as f32;
            let right = if z32 < 0.0 {
                f64::from(z32).exp() / (1.0 + f64::from(z32).exp())
            } else {
                1.0 / (1.0 + (-f64::from(z32)).exp())
            };
            let error = (f64::from(sigmoid_f32(z32)) / right - 1.0).abs();
            assert!(error < 3e-7, "f32: {error:e} at {z}");
        }
    }

    #[test]
    #[allow(clippy::float_cmp, reason = "these are exact by construction")]
    fn sigmoid_of_the_extremes() {
        assert_eq!(sigmoid_f32(f32::INFINITY), 1.0);
        assert_eq!((sigmoid_f32(f32::NEG_INFINITY), sigmoid_f64(f64::NEG_INFINITY)), (0.0, 0.0));
        assert_eq!((exp_f32(f32::NEG_INFINITY), exp_f64(f64::NEG_INFINITY)), (0.0, 0.0));
        assert!(sigmoid_f32(f32::NAN).is_nan() && sigmoid_f64(f64::NAN).is_nan());
        assert_eq!(sigmoid_f64(0.0), 0.5);
        for z in (8_600..9_000).map(|hundredths| -f64::from(hundredths) / 100.0) {
            assert!(!sigmoid_f32(z as f32).is_subnormal() && !sigmoid_f64(z * 8.0).is_subnormal(), "{z}");
        }
    }
}
