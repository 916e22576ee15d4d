//! Maps to write.

use std::io::Result;
use std::ops::{Deref, DerefMut};

use crate::methods::{flush_methods, page_methods};
use crate::sys::Pages;
use crate::{Mmap, MmapAsRawDesc, MmapOptions};

/// A mapped file, or anonymous memory, whose bytes can be read and written.
///
/// ```no_run
/// let file = std::fs::File::options().read(true).write(true).open("counters.bin")?;
/// // SAFETY: nobody else uses the file meanwhile.
/// let mut counters = unsafe { memmap2::MmapMut::map_mut(&file)? };
/// counters[0] += 1;
/// counters.flush()?;
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// Dropping it unmaps the file. What was written reaches the disk when the
/// operating system sees fit.
pub struct MmapMut(pub(crate) Pages);

impl MmapMut {
    /// [`MmapOptions::map_mut`] with no options.
    ///
    /// # Errors
    ///
    /// Those of [the crate](crate#errors).
    ///
    /// # Safety
    ///
    /// That of [`MmapOptions::map`].
    pub unsafe fn map_mut<T: MmapAsRawDesc>(file: T) -> Result<Self> {
        // SAFETY: the caller's promise is the one that is asked for.
        unsafe { MmapOptions::new().map_mut(file) }
    }

    /// `length` zero bytes that belong to no file.
    ///
    /// # Errors
    ///
    /// Those of [`MmapOptions::map_anon`].
    pub fn map_anon(length: usize) -> Result<Self> {
        MmapOptions::new().len(length).map_anon()
    }

    /// Makes the bytes read-only (mprotect(2)). In a guest, what was written is
    /// brought to the file first, where others who use the file see it.
    ///
    /// # Errors
    ///
    /// In a guest, those of [`flush_async`](Self::flush_async).
    pub fn make_read_only(self) -> Result<Mmap> {
        self.0.make_read_only().map(Mmap)
    }

    /// Makes the bytes executable and read-only (mprotect(2)).
    ///
    /// # Errors
    ///
    /// [`Unsupported`](std::io::ErrorKind::Unsupported): in a guest, always,
    /// for its memory is never executed.
    pub fn make_exec(self) -> Result<Mmap> {
        self.0.make_exec().map(Mmap)
    }

    /// Where the bytes start, for writing without a borrow, as long as the map
    /// is not borrowed to be written by a slice.
    #[inline]
    pub fn as_mut_ptr(&mut self) -> *mut u8 {
        self.0.as_mut_ptr()
    }

    #[inline]
    fn pages(&self) -> &Pages {
        &self.0
    }
}

page_methods!(MmapMut);
flush_methods!(MmapMut);

impl Deref for MmapMut {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        self.0.slice()
    }
}

impl DerefMut for MmapMut {
    #[inline]
    fn deref_mut(&mut self) -> &mut [u8] {
        self.0.slice_mut()
    }
}

impl AsRef<[u8]> for MmapMut {
    #[inline]
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl AsMut<[u8]> for MmapMut {
    #[inline]
    fn as_mut(&mut self) -> &mut [u8] {
        self
    }
}

// SAFETY: as for `Mmap`.
#[cfg(feature = "stable_deref_trait")]
unsafe impl stable_deref_trait::StableDeref for MmapMut {}
