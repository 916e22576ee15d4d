use rustix::mm::{self, MapFlags, ProtFlags};
use std::io;
use std::ops::Range;
use std::ptr;

/// Addresses that nothing else in the process is mapped at. What is mapped
/// there goes when this is dropped.
#[derive(Debug)]
pub struct Reservation {
    /// Of everything, with the guard before.
    start: *mut u8,
    before: usize,
    length: usize,
}

// SAFETY: the pointer is used for its address only.
unsafe impl Send for Reservation {}
// SAFETY: as above; system calls can be made from any thread.
unsafe impl Sync for Reservation {}

impl Reservation {
    /// Reserves `length` bytes, and as many `before` and `behind` them as these
    /// say. None of the bytes can be accessed.
    ///
    /// # Errors
    ///
    /// Those of `mmap(2)`, and `OutOfMemory` for lengths that cannot be.
    pub fn new(before: usize, length: usize, behind: usize) -> io::Result<Self> {
        let round = |length: usize| length.checked_next_multiple_of(super::super::page_size());
        let sum = || {
            let before = round(before)?;
            let length = before.checked_add(round(length)?)?;
            Some((before, length.checked_add(round(behind)?)?))
        };
        let (before, length) = sum().ok_or(io::ErrorKind::OutOfMemory)?;
        // SAFETY: the system chooses an address where nothing is.
        let start = unsafe {
            mm::mmap_anonymous(
                ptr::null_mut(),
                length.max(1),
                ProtFlags::empty(),
                MapFlags::PRIVATE | MapFlags::NORESERVE,
            )
        }?;
        Ok(Self {
            start: start.cast(),
            before,
            length: length.max(1),
        })
    }

    /// The first byte behind the guard.
    pub fn as_ptr(&self) -> *mut u8 {
        let start = self.start.wrapping_add(self.before);
        // What is done to single pages names them by their addresses.
        start.expose_provenance();
        start
    }

    /// Makes `pages`, offsets from `as_ptr`, readable and writable. They are
    /// zeros when they first are.
    ///
    /// # Errors
    ///
    /// Those of `mprotect(2)`.
    ///
    /// # Panics
    ///
    /// If `pages` are not all of this reservation.
    pub fn allow(&self, pages: Range<usize>) -> io::Result<()> {
        assert!(pages.start <= pages.end && pages.end <= self.length - self.before);
        let start = self.as_ptr().wrapping_add(pages.start);
        // SAFETY: the pages are of this reservation, and more can be done with
        // them than before.
        unsafe { region::protect(start, pages.len(), region::Protection::READ_WRITE) }
            .map_err(io::Error::from)
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        // SAFETY: these addresses are this reservation's, whose owner is done
        // with them.
        let unmapped = unsafe { mm::munmap(self.start.cast(), self.length) };
        debug_assert!(unmapped.is_ok());
    }
}
