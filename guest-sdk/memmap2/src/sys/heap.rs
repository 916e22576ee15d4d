//! Anonymous memory where nothing but the heap has any.

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::ptr::NonNull;
use std::slice;

/// Zero bytes that start where a page would.
pub struct Heap {
    start: NonNull<u8>,
    layout: Layout,
}

/// What those expect who know that memory was mapped.
const PAGE: usize = 4096;

// SAFETY: the bytes are this value's alone.
unsafe impl Send for Heap {}
// SAFETY: through a shared borrow they are only read.
unsafe impl Sync for Heap {}

impl Heap {
    /// None if there is no room.
    pub fn new(len: usize) -> Option<Self> {
        let layout = Layout::from_size_align(len, PAGE).ok()?;
        let start = match len {
            0 => NonNull::dangling(),
            // SAFETY: the size is not 0.
            _ => NonNull::new(unsafe { alloc_zeroed(layout) })?,
        };
        Some(Self { start, layout })
    }

    #[inline]
    pub fn slice(&self) -> &[u8] {
        // SAFETY: as many bytes were allocated and are initialized, or there
        // are none; nobody writes them while this value is borrowed.
        unsafe { slice::from_raw_parts(self.start.as_ptr(), self.layout.size()) }
    }

    #[inline]
    pub fn slice_mut(&mut self) -> &mut [u8] {
        // SAFETY: as in `slice`, and this is the only borrow.
        unsafe { slice::from_raw_parts_mut(self.start.as_ptr(), self.layout.size()) }
    }
}

impl Drop for Heap {
    fn drop(&mut self) {
        if self.layout.size() != 0 {
            // SAFETY: it was allocated with this layout, and nobody has a
            // slice of it any more.
            unsafe { dealloc(self.start.as_ptr(), self.layout) }
        }
    }
}
