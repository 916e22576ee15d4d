//! What differs between operating systems and processors, under the same
//! names.

#[cfg(not(unix))]
mod other;
#[cfg(unix)]
mod unix;

#[cfg(not(unix))]
pub use other::*;
#[cfg(unix)]
pub use unix::*;

/// The size of a page in bytes, a power of two.
pub fn page_size() -> usize {
    region::page::size()
}

/// Hints that the bytes at `address` are about to be read. That never faults,
/// whatever the address.
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
