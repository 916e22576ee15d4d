//! Maps for those who go by pointers.

use std::io::Result;

use crate::methods::{flush_methods, page_methods};
use crate::sys::Pages;
use crate::{Mmap, MmapAsRawDesc, MmapMut, MmapOptions};

/// A mapped file, or anonymous memory, of which there is no slice, but
/// pointers: others may change the bytes meanwhile.
pub struct MmapRaw {
    pages: Pages,
    /// Where the bytes start. Writable if the pages are.
    start: *mut u8,
}

// SAFETY: the pages, which can be sent, own the bytes that are pointed to.
unsafe impl Send for MmapRaw {}
// SAFETY: a shared borrow gives pointers, and whoever uses them answers for it.
unsafe impl Sync for MmapRaw {}

impl MmapRaw {
    /// [`MmapOptions::map_raw`] with no options.
    ///
    /// # Errors
    ///
    /// Those of [the crate](crate#errors).
    pub fn map_raw<T: MmapAsRawDesc>(file: T) -> Result<Self> {
        MmapOptions::new().map_raw(file)
    }

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
