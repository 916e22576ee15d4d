//! The pages of a mapping for windows.

use super::attached::Attachment;
use super::mapped::Mapping;
use super::origin::Origin;
use crate::explanation::Explain;
use crate::fault::{self, FaultGuard};
use crate::os;
use crate::sharing::{Claim, MemoryId};
use crate::system_error::system_error;
use mem_contract::{Access, ErrorCode};
use std::io;
use std::ops::Range;
use std::ptr;

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
    /// The pages of `length` bytes that start with the page of the byte at
    /// `offset`. `length` is a multiple of the page size.
    ///
    /// # Errors
    ///
    /// `InvalidArgument` if `offset` is neither 0 nor at the start of a page;
    /// `OutOfBounds`; `Truncated`; `ReadOnly` if pages of a read-write mapping
    /// are protected; `Unsupported` if it is anonymous.
    pub fn window_source(&self, offset: u64, length: usize) -> Result<WindowSource<'_>, ErrorCode> {
        if offset > self.size() {
            return Err(ErrorCode::OutOfBounds);
        }
        // Not beyond the size, which is a `usize`.
        let skipped = offset as usize;
        let first = self.map.as_ptr().addr() + skipped;
        let into_page = first % os::page_size();
        if offset != 0 && into_page != 0 {
            let why = "a window starts where a page of the file does, or at 0";
            return Err(ErrorCode::InvalidArgument.because(why));
        }
        let all = self.pages();
        let start = first - into_page;
        if length > all.end.saturating_sub(start) {
            return Err(ErrorCode::OutOfBounds);
        }
        let origin = self.origin.as_ref().filter(|_| self.may_attach);
        let origin = origin.ok_or_else(|| {
            ErrorCode::Unsupported.because("anonymous memory has no windows; copy the bytes")
        })?;
        let length_inside = length.saturating_sub(into_page);
        let end = self.map.len().min(skipped + length_inside);
        self.check_present(&(skipped..end))?;
        let end_in_file = origin.offset + end as u64;
        let length_of_file = || origin.file.metadata().map_err(system_error);
        if skipped < end && length_of_file()?.len() < end_in_file {
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

impl WindowSource<'_> {
    /// Claims the file for a window in `memory`.
    ///
    /// # Errors
    ///
    /// `Busy`.
    pub fn claim(&self, memory: impl Into<MemoryId>) -> Result<Claim, ErrorCode> {
        let writable = self.mapping.access == Access::ReadWrite;
        self.origin.sharing.claim(memory.into(), writable)
    }

    /// Puts the pages at the addresses `to`, and registers them for faults
    /// until you drop the attachment.
    ///
    /// # Errors
    ///
    /// Those of `mmap(2)`. After one, the bytes at `to` may be zeros.
    ///
    /// # Safety
    ///
    /// `to` must be as many whole pages as the source has, readable and writable.
    /// Their owner must allow this function to replace them, and the handler of
    /// faults to replace any tail of them by zero pages, until the attachment is
    /// dropped.
    pub unsafe fn attach(&self, to: &Range<usize>) -> io::Result<Attachment> {
        debug_assert_eq!(to.len(), self.pages.len());
        fault::expect();
        // SAFETY: the caller lets any tail be replaced as long as the
        // attachment lives, and the attachment has the guard.
        let guard = unsafe { FaultGuard::new(to.clone()) }?;
        let shared = self.mapping.access == Access::ReadWrite;
        // SAFETY: the caller allows it.
        unsafe { os::put_file_pages(to, &self.origin.file, self.file_offset, shared) }
            .inspect_err(|_| {
                // Some systems remove the old pages before they find that there
                // is no room for new ones. Where the old ones are still there,
                // this may fail for the same reason.
                // SAFETY: the caller allows it.
                let _ = unsafe { os::put_zero_pages(to.clone()) };
            })?;
        for run in self.mapping.written().overlapping(&self.pages) {
            let run = run.start.max(self.pages.start)..run.end.min(self.pages.end);
            let into = run.start - self.pages.start;
            // SAFETY: the run is inside the mapping and its copy inside `to`. Both
            // are registered for faults.
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
