//! A large array that is visited in random order.

use std::alloc::{Layout, handle_alloc_error};
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

use bytemuck::Pod;
use memmap2::MmapMut;

/// Initially zeros, in pages of two megabytes if the system supports them. With the usual pages of four kilobytes, the
/// processor has to look up the page of nearly every image, which makes an epoch of 784-30-10 a tenth slower.
pub(super) struct Pages<T> {
    bytes: MmapMut,
    of: PhantomData<T>,
}

impl<T: Pod> Pages<T> {
    /// `len` zeros.
    pub fn zeros(len: usize) -> Self {
        let layout = Layout::array::<T>(len.max(1)).expect("an array that fits in memory");
        let Ok(bytes) = MmapMut::map_anon(layout.size()) else { handle_alloc_error(layout) };
        #[cfg(target_os = "linux")]
        let _ = bytes.advise(memmap2::Advice::HugePage); // a wish that the system may ignore
        Pages { bytes, of: PhantomData }
    }
}

impl<T: Pod> Deref for Pages<T> {
    type Target = [T];
    #[inline]
    fn deref(&self) -> &[T] {
        bytemuck::cast_slice(&self.bytes)
    }
}

impl<T: Pod> DerefMut for Pages<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut [T] {
        bytemuck::cast_slice_mut(&mut self.bytes)
    }
}
