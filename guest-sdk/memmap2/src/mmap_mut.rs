//! Maps to write.

use std::io::Result;
use std::ops::{Deref, DerefMut};

use crate::methods::{flush_methods, page_methods};
use crate::mmap::Mmap;
use crate::sys::Pages;

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
    /// Makes the bytes read-only (mprotect(2)). In a guest, this first writes to
    /// the file what was changed, so that other users of the file see it.
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
    /// [`Unsupported`](std::io::ErrorKind::Unsupported): always in a guest,
    /// because its memory is never executed.
    pub fn make_exec(self) -> Result<Mmap> {
        self.0.make_exec().map(Mmap)
    }

    /// Where the bytes start, for writing without a borrow. Use it as long as
    /// nobody borrows the map mutably by a slice.
    #[inline]
    pub fn as_mut_ptr(&mut self) -> *mut u8 {
        self.0.as_mut_ptr()
    }

    #[inline]
    fn pages(&self) -> &Pages {
        &self.0
    }
}

impl Mmap {
    /// Makes the bytes writable (mprotect(2)). Writes go where the
    /// mapping's sharing says: to the file, unless you made the mapping by
    /// [`MmapOptions::map_copy_read_only`](crate::MmapOptions::map_copy_read_only) or
    /// [`MmapOptions::map_copy`](crate::MmapOptions::map_copy).
    ///
    /// In a guest, this maps a file anew that was mapped to read, at another
    /// address.
    ///
    /// # Errors
    ///
    /// - [`PermissionDenied`](std::io::ErrorKind::PermissionDenied): the file
    ///   was not open for writing
    /// - those of [the crate](crate#errors)
    ///
    /// The file is then no longer mapped.
    pub fn make_mut(self) -> Result<MmapMut> {
        self.0.make_mut().map(MmapMut)
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
