//! The instruction sets of this machine, and the few vector operations in which the kernels are written.
//!
//! A kernel is written once, for any [`Simd`] and for both `f32` and `f64`. `InstructionSet::run` compiles it for every
//! instruction set and picks one at run time.

use std::any::TypeId;
use std::fmt;

use pulp::{Scalar128b as Portable, Simd, WithSimd};
use thiserror::Error;

use crate::real::Real;

/// An instruction set on which the kernels run.
#[derive(Clone, Copy)]
pub enum InstructionSet {
    /// Sixteen `f32` at a time.
    #[cfg(target_arch = "x86_64")]
    Avx512(pulp::x86::V4),
    /// Eight `f32` at a time.
    #[cfg(target_arch = "x86_64")]
    Avx2(pulp::x86::V3),
    /// Four `f32` at a time.
    #[cfg(target_arch = "aarch64")]
    Neon(pulp::aarch64::Neon),
    /// Plain Rust that runs on every processor, in groups of four `f32` that compilers can vectorize.
    Portable(Portable),
}

impl fmt::Debug for InstructionSet {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl PartialEq for InstructionSet {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

/// An instruction set that is unknown, or that this machine lacks.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("'{asked}' is not an instruction set of this machine, which has: {}", available.join(", "))]
pub struct UnknownInstructionSet {
    /// The name asked for.
    pub asked: String,
    /// The instruction sets of this machine, fastest first.
    pub available: Vec<&'static str>,
}

impl InstructionSet {
    /// All instruction sets of this machine, fastest first; `portable` is always the last.
    #[must_use]
    pub fn available() -> Vec<InstructionSet> {
        #[cfg(target_arch = "x86_64")]
        let vector =
            [pulp::x86::V4::try_new().map(InstructionSet::Avx512), pulp::x86::V3::try_new().map(InstructionSet::Avx2)];
        #[cfg(target_arch = "aarch64")]
        let vector = [pulp::aarch64::Neon::try_new().map(InstructionSet::Neon)];
        #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
        let vector: [Option<InstructionSet>; 0] = [];
        vector.into_iter().flatten().chain([InstructionSet::Portable(Portable)]).collect()
    }

    /// The fastest instruction set of this machine.
    #[must_use]
    pub fn fastest() -> InstructionSet {
        InstructionSet::available()[0]
    }

    /// The instruction set with this `name` ("avx512", "avx2", "neon" or "portable"), if this machine has it.
    ///
    /// # Errors
    /// [`UnknownInstructionSet`] if it does not.
    pub fn named(name: &str) -> Result<InstructionSet, UnknownInstructionSet> {
        let available = InstructionSet::available();
        available.iter().copied().find(|isa| isa.name() == name).ok_or_else(|| UnknownInstructionSet {
            asked: name.to_owned(),
            available: available.iter().map(|isa| isa.name()).collect(),
        })
    }

    /// The name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx512(_) => "avx512",
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx2(_) => "avx2",
            #[cfg(target_arch = "aarch64")]
            InstructionSet::Neon(_) => "neon",
            InstructionSet::Portable(_) => "portable",
        }
    }

    /// Runs a kernel, compiled for this instruction set.
    #[inline]
    pub(super) fn run<K: WithSimd>(self, kernel: K) -> K::Output {
        match self {
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx512(simd) => Simd::vectorize(simd, kernel),
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx2(simd) => Simd::vectorize(simd, kernel),
            #[cfg(target_arch = "aarch64")]
            InstructionSet::Neon(simd) => Simd::vectorize(simd, kernel),
            InstructionSet::Portable(simd) => Simd::vectorize(simd, kernel),
        }
    }

    /// How many numbers of type `F` one vector holds.
    pub(super) fn lanes<F: Vectors>(self) -> usize {
        struct Lanes<F>(std::marker::PhantomData<F>);
        impl<F: Vectors> WithSimd for Lanes<F> {
            type Output = usize;
            #[inline(always)]
            fn with_simd<S: Simd>(self, _: S) -> usize {
                F::lanes::<S>()
            }
        }
        self.run(Lanes::<F>(std::marker::PhantomData))
    }
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
}

/// A number type, `f32` or `f64`, and its vectors: the operations in which the kernels are written.
pub trait Vectors: Real + bytemuck::Pod + sealed::Sealed {
    /// A vector of `Self`: as many numbers as a register of the instruction set `S` holds.
    type Vector<S: Simd>: Copy;

    /// Converts a byte exactly.
    fn from_byte(x: u8) -> Self;
    /// e^x without a branch or a call, so that a loop over it becomes vector instructions.
    fn fast_exp(x: Self) -> Self;
    /// 1 / (1 + e^-z), also without a branch or a call.
    fn fast_sigmoid(z: Self) -> Self;
    /// 2 sigma(2z) - 1 = tanh(z), also without a branch or a call. The error is of the size of rounding 1, even for a
    /// small z.
    #[must_use]
    #[inline(always)]
    fn fast_tanh(z: Self) -> Self {
        let two = Self::one() + Self::one();
        two * Self::fast_sigmoid(two * z) - Self::one()
    }

    /// The number of values in a vector.
    #[must_use]
    fn lanes<S: Simd>() -> usize {
        size_of::<Self::Vector<S>>() / size_of::<Self>()
    }
    /// `numbers` as vectors; a remainder shorter than a vector is left out.
    fn vectors<S: Simd>(numbers: &[Self]) -> &[Self::Vector<S>];
    /// `numbers` as mutable vectors; a remainder shorter than a vector is left out.
    fn vectors_mut<S: Simd>(numbers: &mut [Self]) -> &mut [Self::Vector<S>];
    /// The same number in every lane.
    fn splat<S: Simd>(simd: S, x: Self) -> Self::Vector<S>;
    /// a + b
    fn plus<S: Simd>(simd: S, a: Self::Vector<S>, b: Self::Vector<S>) -> Self::Vector<S>;
    /// a * b
    fn times<S: Simd>(simd: S, a: Self::Vector<S>, b: Self::Vector<S>) -> Self::Vector<S>;
    /// a * b + c, with a single rounding if the instruction set has such an instruction.
    fn fma<S: Simd>(simd: S, a: Self::Vector<S>, b: Self::Vector<S>, c: Self::Vector<S>) -> Self::Vector<S>;
    /// The sum of the lanes.
    fn total<S: Simd>(simd: S, a: Self::Vector<S>) -> Self;
}

macro_rules! vectors {
    ($real:ident, $vector:ident, $exp:path, $sigmoid:path, $as:ident, $as_mut:ident, $splat:ident, $add:ident, $mul:ident, $mul_add:ident, $sum:ident) => {
        impl Vectors for $real {
            type Vector<S: Simd> = S::$vector;

            #[inline(always)]
            fn from_byte(x: u8) -> Self {
                $real::from(x)
            }
            #[inline(always)]
            fn fast_exp(x: Self) -> Self {
                $exp(x)
            }
            #[inline(always)]
            fn fast_sigmoid(z: Self) -> Self {
                $sigmoid(z)
            }
            #[inline(always)]
            fn vectors<S: Simd>(numbers: &[Self]) -> &[Self::Vector<S>] {
                S::$as(numbers).0
            }
            #[inline(always)]
            fn vectors_mut<S: Simd>(numbers: &mut [Self]) -> &mut [Self::Vector<S>] {
                S::$as_mut(numbers).0
            }
            #[inline(always)]
            fn splat<S: Simd>(simd: S, x: Self) -> Self::Vector<S> {
                simd.$splat(x)
            }
            #[inline(always)]
            fn plus<S: Simd>(simd: S, a: Self::Vector<S>, b: Self::Vector<S>) -> Self::Vector<S> {
                simd.$add(a, b)
            }
            #[inline(always)]
            fn times<S: Simd>(simd: S, a: Self::Vector<S>, b: Self::Vector<S>) -> Self::Vector<S> {
                simd.$mul(a, b)
            }
            #[inline(always)]
            fn fma<S: Simd>(simd: S, a: Self::Vector<S>, b: Self::Vector<S>, c: Self::Vector<S>) -> Self::Vector<S> {
                // Without such an instruction, a single rounding takes a call of some hundred cycles.
                if TypeId::of::<S>() == TypeId::of::<Portable>() {
                    return simd.$add(simd.$mul(a, b), c);
                }
                simd.$mul_add(a, b, c)
            }
            #[inline(always)]
            fn total<S: Simd>(simd: S, a: Self::Vector<S>) -> Self {
                simd.$sum(a)
            }
        }
    };
}
vectors!(
    f32,
    f32s,
    super::sigmoid::exp_f32,
    super::sigmoid::sigmoid_f32,
    as_simd_f32s,
    as_mut_simd_f32s,
    splat_f32s,
    add_f32s,
    mul_f32s,
    mul_add_e_f32s,
    reduce_sum_f32s
);
vectors!(
    f64,
    f64s,
    super::sigmoid::exp_f64,
    super::sigmoid::sigmoid_f64,
    as_simd_f64s,
    as_mut_simd_f64s,
    splat_f64s,
    add_f64s,
    mul_f64s,
    mul_add_e_f64s,
    reduce_sum_f64s
);
