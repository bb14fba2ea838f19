//! A buffer of numbers that starts on a cache line.

use std::ops::{Deref, DerefMut};

use super::simd::Vectors;

const LINE: usize = 64; // bytes in a cache line, and in the widest vector

/// Initially zeros. As long as rows are whole vectors, no vector read from it straddles two cache lines.
#[derive(Debug)]
pub(super) struct Buffer<F> {
    numbers: Vec<F>,
    start: usize,
    len: usize,
}

impl<F: Vectors> Buffer<F> {
    /// `len` zeros.
    pub fn zeros(len: usize) -> Self {
        let numbers = vec![F::zero(); len + LINE / size_of::<F>()];
        let start = numbers.as_ptr().align_offset(LINE).min(LINE / size_of::<F>());
        Buffer { numbers, start, len }
    }
}

impl<F> Deref for Buffer<F> {
    type Target = [F];
    #[inline]
    fn deref(&self) -> &[F] {
        &self.numbers[self.start..self.start + self.len]
    }
}

impl<F> DerefMut for Buffer<F> {
    #[inline]
    fn deref_mut(&mut self) -> &mut [F] {
        &mut self.numbers[self.start..self.start + self.len]
    }
}
