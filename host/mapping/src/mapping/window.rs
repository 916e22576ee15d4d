//! What windows need of their mapping.

use super::{Access, Mapping};
use crate::Error;
use crate::os;
use crate::sharing::{Claim, Sharing, StoreId};
use rangemap::RangeSet;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What a mapping keeps so that windows can be attached later.
#[derive(Debug)]
pub(super) struct Origin {
    pub(super) file: File,
    /// Where the mapping starts in the file.
    pub(super) offset: u64,
    pub(super) sharing: Arc<Sharing>,
    /// The pages, by their addresses in the mapping, of which a copy-on-write
    /// mapping has copies.
    pub(super) written: Mutex<RangeSet<usize>>,
}

impl Origin {
    pub(super) fn written(&self) -> MutexGuard<'_, RangeSet<usize>> {
        // Changes are single insertions.
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

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
            return Err(Error::InvalidArgument);
        }
        let all = self.pages();
        let start = first - into_page;
        if length > all.end.saturating_sub(start) {
            return Err(Error::OutOfBounds);
        }
        let origin = self.origin.as_ref().ok_or(Error::Unsupported)?;
        let end = self.map.len().min(skipped + (length - into_page));
        self.check_present(&(skipped..end))?;
        let end_in_file = origin.offset + end as u64;
        if skipped < end && origin.file.metadata()?.len() < end_in_file {
            return Err(Error::Truncated);
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
    /// Claims the file for a window of `store`.
    ///
    /// # Errors
    ///
    /// `Busy`.
    pub fn claim(&self, store: StoreId) -> Result<Claim, Error> {
        let writable = self.mapping.access == Access::ReadWrite;
        self.origin.sharing.claim(store, writable)
    }

    /// Puts the pages at the addresses `to`.
    ///
    /// # Errors
    ///
    /// Those of `mmap(2)`.
    ///
    /// # Safety
    ///
    /// `to` must be whole pages that can be written, as many as the source
    /// has, whose owner allows this; those that the file has lost are written
    /// only while they are registered for faults.
    pub unsafe fn put_at(&self, to: &Range<usize>) -> io::Result<()> {
        debug_assert_eq!(to.len(), self.pages.len());
        let shared = self.mapping.access == Access::ReadWrite;
        // SAFETY: the caller allows it.
        unsafe { os::put_file_pages(to, &self.origin.file, self.file_offset, shared) }?;
        for run in self.origin.written().overlapping(&self.pages) {
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
        Ok(())
    }

    /// What counts the window while it is attached. Whoever has it also keeps
    /// the mapping.
    pub fn attachment(&self) -> Attachment {
        self.mapping.attached.fetch_add(1, Ordering::Relaxed);
        Attachment(self.mapping.attached.clone())
    }
}

/// Counts for a mapping as long as a window on it is attached.
#[derive(Debug)]
pub struct Attachment(Arc<AtomicUsize>);

impl Drop for Attachment {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
