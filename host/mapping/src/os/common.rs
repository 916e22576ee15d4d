//! What is the same on every operating system.

use std::fs::File;
use std::io;

/// The size of a page in bytes, a power of two.
pub fn page_size() -> usize {
    region::page::size()
}

/// Makes `file` at least `length` bytes long, where no call of the system does
/// that without ever shortening it. It looks at the length once more under a
/// lock that all who use this function respect.
///
/// # Errors
///
/// `WouldBlock` if another process has locked the file; those of `ftruncate(2)`.
pub(super) fn lengthen_by_lock(file: &File, length: u64) -> io::Result<()> {
    file.try_lock()?;
    let lengthened = file.metadata().and_then(|metadata| {
        if metadata.len() < length {
            file.set_len(length)?;
        }
        Ok(())
    });
    // The lock also ends when the file is closed.
    file.unlock()?;
    lengthened
}

/// Hints that the bytes at `address` are about to be read. The hint never
/// faults, whatever the address.
#[inline]
pub(crate) fn prefetch(address: *const u8) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: every x86-64 processor has this hint, which is no access.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(address.cast()) };
    }
    // Elsewhere Rust has no stable name for it.
    #[cfg(not(target_arch = "x86_64"))]
    let _ = address;
}
