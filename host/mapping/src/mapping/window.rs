//! The pages of a mapping for windows.

use super::origin::Origin;
use super::{Access, Attachment, Mapping};
use crate::fault::{self, FaultGuard};
use crate::sharing::{Claim, MemoryId};
use crate::{Error, os};
use rangemap::RangeSet;
use std::io;
use std::ops::Range;
use std::ptr;
use std::sync::{MutexGuard, PoisonError};

/// The pages of a window to be.
#[derive(Debug)]
pub struct WindowSource<'a> {
    mapping: &'a Mapping,
    origin: &'a Origin,
    /// Their addresses in the mapping.
    pages: Range<usize>,
    /// Where they start in the file.
    file_offset: u64,
}

impl Mapping {
    /// The `length` bytes of pages that start with that of the byte at
    /// `offset`. `length` is a multiple of the page size.
    ///
    /// # Errors
    ///
    /// `InvalidArgument` if `offset` is neither 0 nor at the start of a page;
    /// `OutOfBounds`; `Truncated`; `ReadOnly` if pages of a read-write mapping
    /// are protected; `Unsupported` if it is anonymous.
    pub fn window_source(&self, offset: u64, length: usize) -> Result<WindowSource<'_>, Error> {
        if offset > self.size() {
            return Err(Error::OutOfBounds);
        }
        // Not beyond the size, which is a `usize`.
        let skipped = offset as usize;
        let first = self.map.as_ptr().addr() + skipped;
        let into_page = first % os::page_size();
        if offset != 0 && into_page != 0 {
            let why = "a window starts where a page of the file does, or at 0";
            return Err(Error::InvalidArgument.because(why));
        }
        let all = self.pages();
        let start = first - into_page;
        if length > all.end.saturating_sub(start) {
            return Err(Error::OutOfBounds);
        }
        let origin = self.origin.as_ref().filter(|_| self.may_attach);
        let origin = origin.ok_or_else(|| {
            Error::Unsupported.because("anonymous memory has no windows; copy the bytes")
        })?;
        let length_inside = length.saturating_sub(into_page);
        let end = self.map.len().min(skipped + length_inside);
        self.check_present(&(skipped..end))?;
        let end_in_file = origin.offset + end as u64;
        if skipped < end && origin.file.metadata()?.len() < end_in_file {
            return Err(origin.loss(start + length - os::page_size()));
        }
        if self.access == Access::ReadWrite {
            self.check_writable(&(skipped..end))?;
        }
        Ok(WindowSource {
            mapping: self,
            origin,
            pages: start..start + length,
            file_offset: origin.offset + offset - into_page as u64,
        })
    }
}

impl Mapping {
    pub(super) fn written(&self) -> MutexGuard<'_, RangeSet<usize>> {
        // Changes are single insertions.
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl WindowSource<'_> {
    /// Claims the file for a window in `memory`.
    ///
    /// # Errors
    ///
    /// `Busy`.
    pub fn claim(&self, memory: impl Into<MemoryId>) -> Result<Claim, Error> {
        let writable = self.mapping.access == Access::ReadWrite;
        self.origin.sharing.claim(memory.into(), writable)
    }

    /// Puts the pages at the addresses `to`, and registers them for faults
    /// until what this returns is dropped.
    ///
    /// # Errors
    ///
    /// Those of `mmap(2)`. What `to` had may be zeros then.
    ///
    /// # Safety
    ///
    /// `to` must be whole pages that can be read and written, as many as the
    /// source has, whose owner allows this, and also that any tail of them is
    /// replaced by zero pages. They must stay so until the attachment is
    /// dropped.
    pub unsafe fn attach(&self, to: &Range<usize>) -> io::Result<Attachment> {
        debug_assert_eq!(to.len(), self.pages.len());
        fault::expect();
        // SAFETY: the caller lets any tail be replaced as long as the
        // attachment lives, which has the guard.
        let guard = unsafe { FaultGuard::new(to.clone()) }?;
        let shared = self.mapping.access == Access::ReadWrite;
        // SAFETY: the caller allows it.
        unsafe { os::put_file_pages(to, &self.origin.file, self.file_offset, shared) }
            .inspect_err(|_| {
                // Some systems remove the old pages before they find out that
                // the new ones cannot be had. Where the old ones are still
                // there, this may fail for the same reason.
                // SAFETY: the caller allows it.
                let _ = unsafe { os::put_zero_pages(to.clone()) };
            })?;
        for run in self.mapping.written().overlapping(&self.pages) {
            let run = run.start.max(self.pages.start)..run.end.min(self.pages.end);
            let into = run.start - self.pages.start;
            // SAFETY: the run is inside the mapping and its copy inside `to`,
            // both of which are registered for faults.
            unsafe {
                ptr::copy_nonoverlapping(
                    ptr::with_exposed_provenance::<u8>(run.start),
                    ptr::with_exposed_provenance_mut::<u8>(to.start + into),
                    run.len(),
                );
            }
        }
        let (window, pages) = (to.clone(), self.pages.clone());
        Ok(self.mapping.attached.add(guard, window, pages))
    }
}
