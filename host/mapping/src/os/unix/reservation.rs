use super::pages::discard_pages;
use crate::os::common::page_size;
use rustix::mm::{self, MapFlags, ProtFlags};
use std::io;
use std::ops::Range;
use std::ptr;

/// The size of a huge page on x86-64, and on AArch64 with pages of 4 KiB.
const HUGE_PAGE: usize = 2 << 20;

/// Addresses at which the process maps nothing else. Dropping it unmaps
/// everything there.
#[derive(Debug)]
pub struct Reservation {
    /// The first address of all, the guard before the bytes too.
    start: *mut u8,
    before: usize,
    length: usize,
}

// SAFETY: the pointer is used for its address only.
unsafe impl Send for Reservation {}
// SAFETY: as above; system calls can be made from any thread.
unsafe impl Sync for Reservation {}

impl Reservation {
    /// Reserves `length` bytes, at least `before` bytes before them and at least
    /// `behind` bytes behind them. Nobody can access any of the bytes yet.
    ///
    /// If a huge page fits into `length`, the first byte lies at a multiple of
    /// its size, so that the system can map files by huge pages.
    ///
    /// # Errors
    ///
    /// Those of `mmap(2)`, and `OutOfMemory` for lengths that cannot be.
    pub fn new(before: usize, length: usize, behind: usize) -> io::Result<Self> {
        let page = page_size();
        let align = if length < HUGE_PAGE {
            page
        } else {
            HUGE_PAGE.max(page)
        };
        let round = |length: usize| length.checked_next_multiple_of(page);
        let sum = || {
            let before = round(before)?;
            let lengths = [align - page, round(length)?, round(behind)?];
            let all = lengths.into_iter().try_fold(before, usize::checked_add)?;
            Some((before, all))
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
        let first = (start.addr() + before).next_multiple_of(align);
        let reservation = Self {
            start: start.cast(),
            before: first - start.addr(),
            length: length.max(1),
        };
        reservation.touch()?;
        Ok(reservation)
    }

    /// Touches a page, while all are one mapping of the kernel.
    ///
    /// Linux joins the pages of a window that has ended with those around it,
    /// unless each side was first touched while they were apart. Then they would
    /// stay two mappings, which nobody counts. Pages that were touched as one
    /// mapping stay of one kind, in however many parts.
    fn touch(&self) -> io::Result<()> {
        let page = page_size();
        let protect = |protection| {
            // SAFETY: the page is of this reservation, and nobody else has that yet.
            unsafe { region::protect(self.start, page, protection) }.map_err(io::Error::from)
        };
        protect(region::Protection::READ_WRITE)?;
        // SAFETY: the page was just made writable.
        unsafe { self.start.write_volatile(0) };
        protect(region::Protection::NONE)?;
        let start = self.start.expose_provenance();
        // SAFETY: nothing was written there but a zero.
        unsafe { discard_pages(&(start..start + page)) };
        Ok(())
    }

    /// The first byte behind the guard.
    pub fn as_ptr(&self) -> *mut u8 {
        let start = self.start.wrapping_add(self.before);
        // Calls for single pages name them by their addresses.
        start.expose_provenance();
        start
    }

    /// Makes `pages`, offsets from `as_ptr`, readable and writable. At first they
    /// are zeros.
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
        // SAFETY: these addresses belong to this reservation, and its owner no
        // longer uses them.
        let unmapped = unsafe { mm::munmap(self.start.cast(), self.length) };
        debug_assert!(unmapped.is_ok());
    }
}
