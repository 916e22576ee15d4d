//! Maps to read.

use std::io::Result;
use std::ops::Deref;

use crate::methods::page_methods;
use crate::sys::Pages;
use crate::{MapIfSafeError, MmapAsRawDesc, MmapMut, MmapOptions};

/// A mapped file whose bytes can be read.
///
/// ```no_run
/// let file = std::fs::File::open("words.fst")?;
/// // SAFETY: nobody writes the file meanwhile.
/// let words = unsafe { memmap2::Mmap::map(&file)? };
/// println!("{} bytes", words.len());
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// Dropping it unmaps the file.
pub struct Mmap(pub(crate) Pages);

impl Mmap {
    /// [`MmapOptions::map`] with no options.
    ///
    /// # Errors
    ///
    /// Those of [the crate](crate#errors).
    ///
    /// # Safety
    ///
    /// That of [`MmapOptions::map`].
    pub unsafe fn map<T: MmapAsRawDesc>(file: T) -> Result<Self> {
        // SAFETY: the caller's promise is the one that is asked for.
        unsafe { MmapOptions::new().map(file) }
    }

    /// [`MmapOptions::map_if_safe`] with no options.
    ///
    /// # Errors
    ///
    /// Those of [`MmapOptions::map_if_safe`].
    pub fn map_if_safe<T: MmapAsRawDesc>(file: T) -> std::result::Result<Self, MapIfSafeError> {
        MmapOptions::new().map_if_safe(file)
    }

    /// Makes the bytes writable (mprotect(2)). What is written goes where the
    /// mapping's sharing says: to the file, unless it was made by
    /// [`MmapOptions::map_copy_read_only`] or [`MmapOptions::map_copy`].
    ///
    /// In a guest a file that was mapped to be read is mapped anew, at another
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

    #[inline]
    fn pages(&self) -> &Pages {
        &self.0
    }
}

page_methods!(Mmap);

impl Deref for Mmap {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        self.0.slice()
    }
}

impl AsRef<[u8]> for Mmap {
    #[inline]
    fn as_ref(&self) -> &[u8] {
        self
    }
}

// SAFETY: the bytes lie in the guest's memory, in a heap block or in pages that
// the map owns, and moving the map does not move them.
#[cfg(feature = "stable_deref_trait")]
unsafe impl stable_deref_trait::StableDeref for Mmap {}
