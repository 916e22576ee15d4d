//! Maps to read.

use std::ops::Deref;

use crate::methods::page_methods;
use crate::sys::Pages;

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
