//! A prefetch hint.

/// Prefetches this many `bytes` from the start of `numbers`, which will be needed soon. Images are visited in random
/// order, so the processor cannot predict the next one.
#[inline(always)]
pub(super) fn prefetch<T>(numbers: &[T], bytes: usize) {
    #[cfg(target_arch = "x86_64")]
    for byte in (0..bytes).step_by(64) {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: a prefetch never faults, whatever the address, and changes nothing.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(numbers.as_ptr().cast::<i8>().wrapping_add(byte)) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (numbers, bytes);
}
