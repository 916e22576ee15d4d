//! Copies between a mapping and memory that is not mapped.
//!
//! The file's other users can change the bytes at any time. So the mapping's
//! side of each copy is a raw pointer, as for memory shared with another
//! process, and never a reference.

use super::mapped::Mapping;
use crate::explanation::Explain;
use crate::fault;
use crate::gate::Writer;
use crate::sharing::StoreId;
use mem_contract::{Access, ByteRange, ErrorCode};
use std::ops::Range;
use std::ptr;
use std::sync::atomic::Ordering;

impl Mapping {
    /// Has the processor fetch the first bytes of `range` while the reader finds
    /// out where to copy them. Short reads from anywhere in a large file wait for
    /// little else: the row `read-64B-random` of the benchmark shows it.
    #[inline]
    pub fn prefetch(&self, range: &Range<usize>) {
        crate::os::prefetch(self.map.as_ptr().wrapping_add(range.start));
    }

    /// Copies the bytes of `range` to all of `to`. `readable` has returned the
    /// range for this mapping.
    ///
    /// # Errors
    ///
    /// `Truncated`.
    ///
    /// # Panics
    ///
    /// If `to` has another length, or the range is not inside the mapping.
    #[inline]
    pub fn copy_out(&self, range: &Range<usize>, to: &mut [u8]) -> Result<(), ErrorCode> {
        assert!(range.end <= self.map.len() && range.len() == to.len());
        fault::expect();
        // SAFETY: the range is inside the mapping, which cannot overlap memory
        // that `to` borrows. The handler of faults replaces a page that is gone
        // while we touch it.
        unsafe {
            let from = self.map.as_ptr().add(range.start);
            copy(from, to.as_mut_ptr(), to.len());
        }
        self.check_present(range)
    }

    /// Like `copy_out` for each of `ranges` in turn. Their bytes fill `to`.
    ///
    /// # Errors
    ///
    /// `Truncated`.
    ///
    /// # Panics
    ///
    /// If `to` is shorter than the ranges together, or a range is not inside the
    /// mapping.
    pub fn copy_out_many(
        &self,
        ranges: &[Range<usize>],
        mut to: &mut [u8],
    ) -> Result<(), ErrorCode> {
        // So far ahead that the bytes arrive before their turn.
        const AHEAD: usize = 16;
        ranges
            .iter()
            .take(AHEAD)
            .for_each(|range| self.prefetch(range));
        for (index, range) in ranges.iter().enumerate() {
            if let Some(later) = ranges.get(index + AHEAD) {
                self.prefetch(later);
            }
            let (these, rest) = to.split_at_mut(range.len());
            self.copy_out(range, these)?;
            to = rest;
        }
        Ok(())
    }

    /// Copies all of `from` to `offset`.
    ///
    /// # Errors
    ///
    /// `OutOfBounds`, `ReadOnly` and `Busy`, with nothing written, and
    /// `Truncated`.
    #[inline]
    pub fn write(&self, by: StoreId, offset: u64, from: &[u8]) -> Result<(), ErrorCode> {
        let range = self.checked(ByteRange {
            offset,
            length: from.len() as u64,
        })?;
        let _writer = self.begin_write(by, &range)?;
        // SAFETY: as in `copy_out`, and the pages are writable.
        unsafe {
            let to = self.map.as_mut_ptr().add(range.start);
            copy(from.as_ptr(), to, from.len());
        }
        self.check_present(&range)
    }

    /// Loads `N` bytes.
    ///
    /// # Errors
    ///
    /// `OutOfBounds` and `Truncated`.
    #[inline]
    pub fn load<const N: usize>(&self, offset: u64) -> Result<[u8; N], ErrorCode> {
        let range = self.checked(ByteRange {
            offset,
            length: N as u64,
        })?;
        fault::expect();
        // SAFETY: as in `copy_out`; an array of bytes needs no alignment.
        let value = unsafe { self.map.as_ptr().add(range.start).cast::<[u8; N]>().read() };
        self.check_present(&range)?;
        Ok(value)
    }

    /// Stores `N` bytes.
    ///
    /// # Errors
    ///
    /// `OutOfBounds`, `ReadOnly`, `Busy` and `Truncated`.
    #[inline]
    pub fn store<const N: usize>(
        &self,
        by: StoreId,
        offset: u64,
        value: [u8; N],
    ) -> Result<(), ErrorCode> {
        let range = self.checked(ByteRange {
            offset,
            length: N as u64,
        })?;
        let _writer = self.begin_write(by, &range)?;
        // SAFETY: as in `write`; an array of bytes needs no alignment.
        unsafe {
            let to = self.map.as_mut_ptr().add(range.start);
            to.cast::<[u8; N]>().write(value);
        }
        self.check_present(&range)
    }

    /// Allows writes to `range`, offsets into the mapping, until the writer is
    /// dropped. Until then no other store gets a window on the file, and the
    /// pages stay writable. Notes which pages become private ones.
    ///
    /// # Errors
    ///
    /// `ReadOnly`; `Truncated`; `Busy` if guests of another store have windows
    /// on the file.
    #[inline]
    fn begin_write(&self, by: StoreId, range: &Range<usize>) -> Result<Writer<'_>, ErrorCode> {
        if self.access == Access::ReadOnly {
            return Err(made_read_only());
        }
        fault::expect();
        let writer = match self.gate.enter() {
            Some(writer) if !self.some_protected.load(Ordering::Relaxed) => {
                self.check_present(range)?;
                writer
            }
            entered => {
                drop(entered);
                self.begin_watched_write(by, range)?
            }
        };
        if self.may_attach && self.access == Access::CopyOnWrite && !range.is_empty() {
            self.written().insert(self.pages_of(range));
        }
        Ok(writer)
    }

    /// Begins a write where pages may be protected, or where windows exist on
    /// the file.
    #[cold]
    fn begin_watched_write(
        &self,
        by: StoreId,
        range: &Range<usize>,
    ) -> Result<Writer<'_>, ErrorCode> {
        // `protect` holds this lock, and waits for the writers in the gate.
        let pages = self.lock_pages();
        if !range.is_empty() && pages.any_protected(self.pages_of(range)) {
            return Err(protected());
        }
        self.check_present(range)?;
        match &self.sharing {
            Some(sharing) => sharing.writing(by, &self.gate),
            None => Ok(self.gate.enter_closed()),
        }
    }

    /// Fails if the last byte of `range` is gone from the file, and so if any of
    /// it is.
    pub(super) fn probe(&self, range: &Range<usize>) -> Result<(), ErrorCode> {
        if let Some(last) = range.clone().last() {
            fault::expect();
            // SAFETY: as in `copy_out`.
            unsafe { self.map.as_ptr().add(last).read_volatile() };
        }
        self.check_present(range)
    }

    /// Fails with `ReadOnly` if a byte of `range` is not writable.
    #[inline]
    pub(super) fn check_writable(&self, range: &Range<usize>) -> Result<(), ErrorCode> {
        if self.access == Access::ReadOnly {
            return Err(made_read_only());
        }
        if self.some_protected.load(Ordering::Relaxed)
            && !range.is_empty()
            && self.lock_pages().any_protected(self.pages_of(range))
        {
            return Err(protected());
        }
        Ok(())
    }

    /// The range as offsets into the mapping.
    ///
    /// # Errors
    ///
    /// `OutOfBounds` and `Truncated`.
    #[inline]
    pub fn readable(&self, offset: u64, length: u64) -> Result<Range<usize>, ErrorCode> {
        let range = self.checked(ByteRange { offset, length })?;
        self.check_present(&range)?;
        Ok(range)
    }
}

#[cold]
fn made_read_only() -> ErrorCode {
    ErrorCode::ReadOnly.because("the mapping was made read-only; map the file with another access")
}

#[cold]
fn protected() -> ErrorCode {
    ErrorCode::ReadOnly
        .because("`protect` has made these pages read-only; make them writable by it")
}

/// What `ptr::copy_nonoverlapping` does.
///
/// The C library copies more than some KiB by one instruction (`rep movsb`).
/// Some AMD processors take twenty times as long for it if the target starts
/// just behind the source, each counted from the start of its page. That is so
/// for a buffer whose allocator has put its header at the start of a page.
/// Shorter copies use other instructions.
///
/// # Safety
///
/// As for `ptr::copy_nonoverlapping`.
#[inline]
unsafe fn copy(from: *const u8, to: *mut u8, length: usize) {
    const CHUNK: usize = 2048;
    let behind = to.addr().wrapping_sub(from.addr()) % 4096;
    if length <= CHUNK || !(1..64).contains(&behind) {
        // SAFETY: the caller lets us copy this.
        unsafe { ptr::copy_nonoverlapping(from, to, length) }
        return;
    }
    for start in (0..length).step_by(CHUNK) {
        // SAFETY: the chunk is a part of what the caller lets us copy.
        unsafe {
            let length = CHUNK.min(length - start);
            ptr::copy_nonoverlapping(from.add(start), to.add(start), length);
        }
    }
}
