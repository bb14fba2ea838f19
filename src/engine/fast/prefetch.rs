//! A hint to the memory.

/// Asks the memory for so many `bytes` from the first of `numbers` on, which will be wanted soon: images are visited in
/// random order, so that no processor guesses which is the next.
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
