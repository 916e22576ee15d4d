//! Maps by pointers.

use crate::methods::{flush_methods, page_methods};
use crate::mmap::Mmap;
use crate::mmap_mut::MmapMut;
use crate::sys::Pages;

/// A mapped file, or anonymous memory. It gives pointers and no slice, because
/// others may change the bytes meanwhile.
pub struct MmapRaw {
    pages: Pages,
    /// Where the bytes start. Writable if the pages are.
    start: *mut u8,
}

// SAFETY: the pages can be sent, and they own the bytes behind the pointer.
unsafe impl Send for MmapRaw {}
// SAFETY: a shared borrow gives only pointers, and their user is responsible.
unsafe impl Sync for MmapRaw {}

impl MmapRaw {
    /// Where the bytes start.
    #[inline]
    pub fn as_ptr(&self) -> *const u8 {
        self.start
    }

    /// Where the bytes start. Writing by it is undefined behaviour if the file
    /// was mapped for reading.
    #[inline]
    pub fn as_mut_ptr(&self) -> *mut u8 {
        self.start
    }

    /// How many bytes there are.
    #[inline]
    pub fn len(&self) -> usize {
        self.pages.len()
    }

    /// Whether there are none.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    #[inline]
    fn pages(&self) -> &Pages {
        &self.pages
    }
}

page_methods!(MmapRaw);
flush_methods!(MmapRaw);

impl From<Mmap> for MmapRaw {
    fn from(Mmap(pages): Mmap) -> Self {
        let start = pages.slice().as_ptr().cast_mut();
        Self { pages, start }
    }
}

impl From<MmapMut> for MmapRaw {
    fn from(MmapMut(mut pages): MmapMut) -> Self {
        let start = pages.as_mut_ptr();
        Self { pages, start }
    }
}
