//! Operations on the pages of a mapping rather than on its bytes.
//!
//! Each operation has a form for the whole mapping and one for a range.

use std::ops::RangeBounds;

use mem_contract::{Advice, ByteRange, ErrorCode, FlushMode, Protection};

use crate::cause::Cause;
use crate::error::{Error, On};
use crate::mapping::Mapping;
use crate::range;

/// # Pages
///
/// Ranges are in bytes from the start of the mapping. The host widens them to
/// whole pages of its own, 4,096 bytes on most machines. A range without an end
/// reaches to the end of the mapping. An empty range inside the mapping is valid,
/// and the call does nothing.
impl Mapping {
    /// Writes what was changed to the disk (msync(2) with `MS_SYNC`). When it
    /// returns, the file's contents on the disk equal the mapping's.
    ///
    /// A mapping that is read-only, copy-on-write or anonymous has nothing to
    /// write, and its flush succeeds.
    ///
    /// ```no_run
    /// let mapping = mem::open_mut("data.bin")?;
    /// mapping.set(0, 1_u64)?;
    /// mapping.flush()?;
    /// # Ok::<(), mem::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// - [`ErrorCode::Truncated`]: bytes are gone from the file; the others
    ///   were flushed
    /// - [`ErrorCode::Io`]: the operating system could not write
    pub fn flush(&self) -> Result<(), Error> {
        self.flush_range(..)
    }

    /// Like [`flush`](Mapping::flush), for the pages of a range.
    ///
    /// ```no_run
    /// let mapping = mem::open_mut("data.bin")?;
    /// mapping.write_all_at(8192, b"changed")?;
    /// mapping.flush_range(8192..8199)?;
    /// # Ok::<(), mem::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// - [`ErrorCode::OutOfBounds`]: the range is not wholly inside the
    ///   mapping
    /// - [`ErrorCode::InvalidArgument`]: the range ends before it starts
    /// - those of [`flush`](Mapping::flush)
    pub fn flush_range(&self, range: impl RangeBounds<u64>) -> Result<(), Error> {
        self.on_pages("flush", &range, |range| {
            self.shared.handle.flush(range, FlushMode::Synchronous)
        })
    }

    /// Asks the operating system to write what was changed, and returns at once
    /// (msync(2) with `MS_ASYNC`).
    ///
    /// ```no_run
    /// let mapping = mem::open_mut("data.bin")?;
    /// mapping.flush_async()?;
    /// # Ok::<(), mem::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`flush`](Mapping::flush), as far as they are known by then.
    pub fn flush_async(&self) -> Result<(), Error> {
        self.flush_async_range(..)
    }

    /// Like [`flush_async`](Mapping::flush_async), for the pages of a range.
    ///
    /// ```no_run
    /// let mapping = mem::open_mut("data.bin")?;
    /// mapping.flush_async_range(..4096)?;
    /// # Ok::<(), mem::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`flush_range`](Mapping::flush_range), as far as they are
    /// known by then.
    pub fn flush_async_range(&self, range: impl RangeBounds<u64>) -> Result<(), Error> {
        self.on_pages("flush", &range, |range| {
            self.shared.handle.flush(range, FlushMode::Asynchronous)
        })
    }

    /// Holds all pages in RAM until they are unlocked or unmapped (mlock(2)).
    ///
    /// Locks do not nest: one [`unlock`](Mapping::unlock) undoes any number of
    /// locks.
    ///
    /// ```no_run
    /// let key = mem::anonymous(32)?;
    /// key.lock()?;
    /// # Ok::<(), mem::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// - [`ErrorCode::LockLimit`]: the embedder granted no locks or fewer
    ///   bytes, or the process may not lock more (`RLIMIT_MEMLOCK`)
    /// - [`ErrorCode::Truncated`]: bytes are gone from the file
    ///
    /// After an error, nothing is locked that was not locked before.
    pub fn lock(&self) -> Result<(), Error> {
        self.lock_range(..)
    }

    /// Like [`lock`](Mapping::lock), for the pages of a range.
    ///
    /// ```no_run
    /// let mapping = mem::open("index.bin")?;
    /// mapping.lock_range(..4096)?;
    /// # Ok::<(), mem::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// - [`ErrorCode::OutOfBounds`]: the range is not wholly inside the
    ///   mapping
    /// - [`ErrorCode::InvalidArgument`]: the range ends before it starts
    /// - [`ErrorCode::QuotaExceeded`]: the pages would then differ from their
    ///   neighbours in more places than the host's quota for mappings allows
    /// - those of [`lock`](Mapping::lock)
    pub fn lock_range(&self, range: impl RangeBounds<u64>) -> Result<(), Error> {
        self.on_pages("lock", &range, |range| self.shared.handle.lock(range))
    }

    /// Undoes [`lock`](Mapping::lock) (munlock(2)), for all pages or none.
    ///
    /// ```no_run
    /// let key = mem::anonymous(32)?;
    /// key.lock()?;
    /// key.unlock()?;
    /// # Ok::<(), mem::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// - [`ErrorCode::NotLocked`]: a page is not locked; nothing is unlocked
    pub fn unlock(&self) -> Result<(), Error> {
        self.unlock_range(..)
    }

    /// Like [`unlock`](Mapping::unlock), for the pages of a range.
    ///
    /// ```no_run
    /// let mapping = mem::open("index.bin")?;
    /// mapping.lock()?;
    /// mapping.unlock_range(4096..)?;
    /// # Ok::<(), mem::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// - [`ErrorCode::OutOfBounds`]: the range is not wholly inside the
    ///   mapping
    /// - [`ErrorCode::InvalidArgument`]: the range ends before it starts
    /// - [`ErrorCode::QuotaExceeded`]: the pages would then differ from their
    ///   neighbours in more places than the host's quota for mappings allows
    /// - those of [`unlock`](Mapping::unlock)
    pub fn unlock_range(&self, range: impl RangeBounds<u64>) -> Result<(), Error> {
        self.on_pages("unlock", &range, |range| self.shared.handle.unlock(range))
    }

    /// Says to the operating system how you are going to use the mapping
    /// (madvise(2)). Advice never changes a byte.
    ///
    /// ```no_run
    /// let mapping = mem::open("data.bin")?;
    /// mapping.advise(mem::Advice::Sequential)?;
    /// # Ok::<(), mem::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// - [`ErrorCode::ReadOnly`]: [`Advice::PopulateWrite`] on bytes that are
    ///   not writable
    /// - [`ErrorCode::Truncated`]: bytes are gone from the file
    /// - [`ErrorCode::Unsupported`]: the host's operating system does not know
    ///   the advice, or not for this kind of file
    pub fn advise(&self, advice: Advice) -> Result<(), Error> {
        self.advise_range(.., advice)
    }

    /// Like [`advise`](Mapping::advise), for the pages of a range.
    ///
    /// ```no_run
    /// let mapping = mem::open("data.bin")?;
    /// mapping.advise_range(..1 << 20, mem::Advice::WillNeed)?;
    /// # Ok::<(), mem::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// - [`ErrorCode::OutOfBounds`]: the range is not wholly inside the
    ///   mapping
    /// - [`ErrorCode::InvalidArgument`]: the range ends before it starts
    /// - [`ErrorCode::QuotaExceeded`]: the pages would then differ from their
    ///   neighbours in more places than the host's quota for mappings allows
    /// - those of [`advise`](Mapping::advise)
    pub fn advise_range(&self, range: impl RangeBounds<u64>, advice: Advice) -> Result<(), Error> {
        self.on_pages("advise", &range, |range| {
            self.shared.handle.advise(range, advice)
        })
    }

    /// Changes what the pages can be used for (mprotect(2)), within the mapping's
    /// access.
    ///
    /// ```no_run
    /// let mapping = mem::create("log.bin", 4096)?;
    /// mapping.write_all_at(0, b"sealed")?;
    /// mapping.protect(mem::Protection::Read)?;
    /// assert!(mapping.write_all_at(0, b"broken").is_err());
    /// # Ok::<(), mem::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// - [`ErrorCode::AccessDenied`]: writing is asked for on a mapping made
    ///   read-only, or execution without the embedder's grant
    /// - [`ErrorCode::Busy`]: pages of a read-write mapping are to become
    ///   read-only while windows show the file's own pages
    pub fn protect(&self, protection: Protection) -> Result<(), Error> {
        self.protect_range(.., protection)
    }

    /// Like [`protect`](Mapping::protect), for the pages of a range.
    ///
    /// ```no_run
    /// let mapping = mem::open_mut("data.bin")?;
    /// mapping.protect_range(..4096, mem::Protection::Read)?;
    /// # Ok::<(), mem::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// - [`ErrorCode::OutOfBounds`]: the range is not wholly inside the
    ///   mapping
    /// - [`ErrorCode::InvalidArgument`]: the range ends before it starts
    /// - [`ErrorCode::QuotaExceeded`]: the pages would then differ from their
    ///   neighbours in more places than the host's quota for mappings allows
    /// - those of [`protect`](Mapping::protect)
    pub fn protect_range(
        &self,
        range: impl RangeBounds<u64>,
        protection: Protection,
    ) -> Result<(), Error> {
        self.on_pages("protect", &range, |range| {
            self.shared.handle.protect(range, protection)
        })
    }

    fn on_pages(
        &self,
        verb: &'static str,
        bounds: &impl RangeBounds<u64>,
        act: impl FnOnce(Option<ByteRange>) -> Result<(), Cause>,
    ) -> Result<(), Error> {
        let range = range::resolve(bounds, self.len()).map_err(|malformed| {
            self.error(verb, On::Malformed(malformed), ErrorCode::InvalidArgument)
        })?;
        act(range).map_err(|code| self.error(verb, range.map_or(On::Whole, On::Range), code))
    }
}
