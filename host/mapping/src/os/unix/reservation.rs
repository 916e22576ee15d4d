use rustix::mm::{self, MapFlags, ProtFlags};
use std::io;
use std::ops::Range;
use std::ptr;

/// The size of a huge page on x86-64, and on AArch64 with pages of 4 KiB.
const HUGE_PAGE: usize = 2 << 20;

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
    /// say, or more. None of the bytes can be accessed.
    ///
    /// If a huge page fits into `length`, the first byte lies at a multiple of
    /// its size, so that files are mapped by such where they can be.
    ///
    /// # Errors
    ///
    /// Those of `mmap(2)`, and `OutOfMemory` for lengths that cannot be.
    pub fn new(before: usize, length: usize, behind: usize) -> io::Result<Self> {
        let page_size = super::super::page_size();
        let align = if length < HUGE_PAGE {
            page_size
        } else {
            HUGE_PAGE.max(page_size)
        };
        let round = |length: usize| length.checked_next_multiple_of(page_size);
        let sum = || {
            let before = round(before)?;
            let lengths = [align - page_size, round(length)?, round(behind)?];
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
    /// Linux joins pages with their neighbors, those of a window that has ended
    /// with those around it, unless each had been touched first while they were
    /// apart. Then they would be two mappings for good, which nobody counts. What
    /// was touched as one stays of one kind, in however many parts.
    fn touch(&self) -> io::Result<()> {
        let page_size = super::super::page_size();
        let protect = |protection| {
            // SAFETY: the page is of this reservation, which nobody has yet.
            unsafe { region::protect(self.start, page_size, protection) }.map_err(io::Error::from)
        };
        protect(region::Protection::READ_WRITE)?;
        // SAFETY: the page was just made writable.
        unsafe { self.start.write_volatile(0) };
        protect(region::Protection::NONE)?;
        let start = self.start.expose_provenance();
        // SAFETY: nothing was written there but a zero.
        unsafe { super::discard_pages(&(start..start + page_size)) };
        Ok(())
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
