//! Anonymous memory from the heap, where the system has none.

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::ptr::NonNull;
use std::slice;

/// Zero bytes that start where a page would.
pub struct Heap {
    start: NonNull<u8>,
    len: usize,
}

/// The page of WebAssembly. Guests use it as the page of their system. It is a
/// multiple of the pages of machines.
const PAGE: usize = 65_536;

// SAFETY: the bytes belong to this value alone.
unsafe impl Send for Heap {}
// SAFETY: a shared borrow only reads them.
unsafe impl Sync for Heap {}

impl Heap {
    /// None if there is no room.
    pub fn new(len: usize) -> Option<Self> {
        // SAFETY: the size is not 0.
        let start = NonNull::new(unsafe { alloc_zeroed(layout(len)?) })?;
        Some(Self { start, len })
    }

    #[inline]
    pub fn slice(&self) -> &[u8] {
        // SAFETY: as many bytes were allocated and are initialized; nobody
        // writes them while this value is borrowed.
        unsafe { slice::from_raw_parts(self.start.as_ptr(), self.len) }
    }

    #[inline]
    pub fn slice_mut(&mut self) -> &mut [u8] {
        // SAFETY: as in `slice`, and this is the only borrow.
        unsafe { slice::from_raw_parts_mut(self.start.as_ptr(), self.len) }
    }
}

impl Drop for Heap {
    fn drop(&mut self) {
        if let Some(layout) = layout(self.len) {
            // SAFETY: it was allocated with this layout, and nobody has a
            // slice of it any more.
            unsafe { dealloc(self.start.as_ptr(), layout) }
        }
    }
}

/// The layout of `len` bytes, or of one if that is 0, so that it has an address.
/// None if no memory has so many.
fn layout(len: usize) -> Option<Layout> {
    Layout::from_size_align(len.max(1), PAGE).ok()
}
