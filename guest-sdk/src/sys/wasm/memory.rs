//! Pages of the guest's memory, taken from its allocator.

use std::alloc::{self, Layout};
use std::ptr::NonNull;

/// Memory that nobody else uses. Dropping it frees the memory. Its owner says
/// what is in it.
pub(super) struct Memory {
    start: NonNull<u8>,
    layout: Layout,
    is_freed: bool,
}

impl Memory {
    /// `len` bytes at a multiple of `align`, without touching them; `len` is
    /// not 0. None if the guest has no room for them.
    pub fn new(len: usize, align: usize) -> Option<Self> {
        let layout = Layout::from_size_align(len, align).ok()?;
        assert!(layout.size() != 0);
        // SAFETY: the layout's size is not 0.
        let start = NonNull::new(unsafe { alloc::alloc(layout) })?;
        Some(Self {
            start,
            layout,
            is_freed: true,
        })
    }

    /// The first byte of `len` from `start` on.
    ///
    /// # Panics
    ///
    /// If they do not lie inside the memory.
    pub fn part(&self, start: usize, len: usize) -> NonNull<u8> {
        let size = self.layout.size();
        assert!(start <= size && len <= size - start);
        // SAFETY: the offset is inside the allocation, or at its end.
        unsafe { self.start.add(start) }
    }

    /// Makes sure that the memory is never used again.
    pub fn leak(&mut self) {
        self.is_freed = false;
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        if self.is_freed {
            // SAFETY: it was allocated by `new` with this layout, and is freed
            // once, here.
            unsafe { alloc::dealloc(self.start.as_ptr(), self.layout) }
        }
    }
}
