//! Windows that can be written, and where what is written goes.

use std::fmt;
use std::ops::{Deref, DerefMut, RangeBounds};

use mem_contract::{Access, ByteRange, ErrorCode, FlushMode};

use super::bytes::Bytes;
use super::readable::{Claim, Window};
use crate::cause::Cause;
use crate::claims::Kind;
use crate::error::{Error, On};
use crate::mapping::Mapping;
use crate::range;

/// # Windows to write
impl Mapping {
    /// The bytes of a range as a slice to write. Otherwise it is like
    /// [`window`](Mapping::window). The mapping's access says where writes go:
    ///
    /// - [`Access::ReadWrite`]: to the file, as [`WindowMut`] describes, or to the
    ///   anonymous memory.
    /// - [`Access::CopyOnWrite`]: nowhere else. They stay in the window, which
    ///   starts with what was written through the mapping. Neither the mapping nor
    ///   another window sees them.
    ///
    /// ```no_run
    /// let mapping = mem::open_mut("samples.bin")?;
    /// let mut samples = mapping.window_mut(4096..8192)?;
    /// samples.sort_unstable();
    /// samples.flush()?;
    /// # Ok::<(), mem::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// - [`ErrorCode::ReadOnly`]: the mapping is read-only
    /// - [`ErrorCode::Busy`]: a window of this mapping covers bytes of the
    ///   range
    /// - those of [`window`](Mapping::window)
    pub fn window_mut(&self, range: impl RangeBounds<u64>) -> Result<WindowMut, Error> {
        Ok(WindowMut {
            window: self.attach(&range, Kind::Writable)?,
        })
    }
}

/// Bytes of a mapping as a slice that can be written, made by
/// [`Mapping::window_mut`](crate::Mapping::window_mut).
///
/// It is a [`Window`], and no other window of the mapping covers its bytes.
///
/// # Where writes go
///
/// In a window of the file's own pages a write is a write to the file: other
/// mappings see it at once, and the disk has it at the latest when
/// [`flush`](WindowMut::flush) returns. `flush`,
/// [`write_back`](WindowMut::write_back) and [`detach`](WindowMut::detach) write a
/// copy back. So does dropping the window, but it cannot report a failure. Before
/// that, reads through the mapping see the old bytes.
///
/// Write-back writes only the bytes that you changed, each run of them by one call
/// of the host, so that it keeps what others wrote beside them. To find them, the
/// copy keeps the original bytes: a copy of a read-write mapping takes room for its
/// length twice. It does not use the second half before you first borrow the window
/// to write. A byte that you wrote with the value that it had does not count as
/// changed.
///
/// In both cases, what you write to a window of a copy-on-write mapping stays in
/// the window.
pub struct WindowMut {
    pub(super) window: Window,
}

impl WindowMut {
    /// Whether the bytes are the file's own pages and not a copy. True of an
    /// empty window.
    pub fn is_zero_copy(&self) -> bool {
        self.window.is_zero_copy()
    }

    /// As [`Window::check`].
    ///
    /// # Errors
    ///
    /// Those of [`Window::check`].
    pub fn check(&self) -> Result<(), Error> {
        self.window.check()
    }

    /// A pointer to the bytes, for writing without a borrow of the window. Writes
    /// by it go where other writes go. From then on, each write-back looks through
    /// a copy for changes.
    ///
    /// The pointer is valid until you detach or drop the window, and, as with
    /// [`Vec::as_mut_ptr`], until you borrow the window mutably as a slice.
    pub fn as_mut_ptr(&mut self) -> *mut u8 {
        self.window.bytes.as_mut_ptr()
    }

    /// Writes back what was changed in a copy, so that reads through the mapping
    /// and other users of the file see it. It waits for no disk. A window of the
    /// file's own pages has nothing to write back; for it, this asks the host
    /// whether the pages are still the file's. For a window of a copy-on-write
    /// mapping it does nothing.
    ///
    /// # Errors
    ///
    /// - [`ErrorCode::Truncated`]: bytes of the window are gone from the file,
    ///   and with them what was written there
    /// - for a copy, those of [`Mapping::write_at`](crate::Mapping::write_at),
    ///   and [`ErrorCode::Busy`]: guests of another store have windows on the
    ///   file. What was written back before stays so, and you can try the rest
    ///   again.
    pub fn write_back(&self) -> Result<(), Error> {
        self.write_back_range(..)
    }

    /// Like [`write_back`](WindowMut::write_back), for the pages of a range. It
    /// is in bytes from the start of the window, as an index of its slice.
    ///
    /// ```no_run
    /// let mapping = mem::open_mut("records.bin")?;
    /// let mut records = mapping.window_mut(4096..)?;
    /// records[64..128].fill(0);
    /// // If it is a copy, changes elsewhere are not written yet.
    /// records.write_back_range(64..128)?;
    /// # Ok::<(), mem::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// - [`ErrorCode::OutOfBounds`]: the range is not wholly inside the window
    /// - [`ErrorCode::InvalidArgument`]: the range ends before it starts
    /// - those of [`write_back`](WindowMut::write_back)
    pub fn write_back_range(&self, range: impl RangeBounds<usize>) -> Result<(), Error> {
        self.on_part("write", &range, |part| self.bring(part))
    }

    /// Writes what was changed to the disk (msync(2) with `MS_SYNC`), after
    /// writing back a copy. The range is widened to whole pages.
    ///
    /// For a window of a copy-on-write mapping it does nothing, because its
    /// changes do not go to the file.
    ///
    /// # Errors
    ///
    /// - those of [`Mapping::flush`](crate::Mapping::flush)
    /// - those of [`write_back`](WindowMut::write_back)
    /// - [`ErrorCode::ReadOnly`]: the window is a copy, and
    ///   [`protect`](crate::Mapping::protect) has made pages of the range read-only
    pub fn flush(&self) -> Result<(), Error> {
        self.flush_range(..)
    }

    /// Like [`flush`](WindowMut::flush), for the pages of a range. It is in
    /// bytes from the start of the window, as an index of its slice.
    ///
    /// ```no_run
    /// let mapping = mem::open_mut("records.bin")?;
    /// let mut records = mapping.window_mut(4096..)?;
    /// records[64..128].fill(0);
    /// records.flush_range(64..128)?;
    /// # Ok::<(), mem::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// - [`ErrorCode::OutOfBounds`]: the range is not wholly inside the window
    /// - [`ErrorCode::InvalidArgument`]: the range ends before it starts
    /// - those of [`flush`](WindowMut::flush)
    pub fn flush_range(&self, range: impl RangeBounds<usize>) -> Result<(), Error> {
        self.on_part("flush", &range, |part| {
            self.bring(part)?;
            let Claim { shared, range, .. } = &self.window.claim;
            match part.length {
                0 => Ok(()),
                _ => {
                    let offset = range.offset + part.offset;
                    let flushed = ByteRange { offset, ..part };
                    shared.handle.flush(Some(flushed), FlushMode::Synchronous)
                }
            }
        })
    }

    /// Writes back a copy and detaches the pages, as dropping the window does,
    /// and reports a failure. It waits for no disk.
    ///
    /// # Errors
    ///
    /// Those of [`Window::detach`] and of [`write_back`](WindowMut::write_back).
    /// The window is detached all the same.
    pub fn detach(mut self) -> Result<(), Error> {
        let written = self.bring(self.whole());
        // After that, dropping `self` writes nothing once more.
        let detached = self.window.give_back();
        written
            .and(detached)
            .map_err(|code| self.window.error("detach", code))
    }
}

impl Deref for WindowMut {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        &self.window
    }
}

impl DerefMut for WindowMut {
    #[inline]
    fn deref_mut(&mut self) -> &mut [u8] {
        self.window.bytes.slice_mut()
    }
}

impl AsRef<[u8]> for WindowMut {
    #[inline]
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl AsMut<[u8]> for WindowMut {
    #[inline]
    fn as_mut(&mut self) -> &mut [u8] {
        self
    }
}

impl fmt::Debug for WindowMut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.window.describe(&mut f.debug_struct("WindowMut"))
    }
}

impl Drop for WindowMut {
    fn drop(&mut self) {
        // Nobody is here to learn of a failure.
        let _ = self.write_copy(self.whole());
    }
}

impl WindowMut {
    /// Makes sure that the mapping has what was changed in a part: writes back a
    /// copy, or asks whether the pages are the file's if writes are to reach it.
    fn bring(&self, part: ByteRange) -> Result<(), Cause> {
        match &self.window.bytes {
            Bytes::Attached(pages) if self.window.claim.shared.access == Access::ReadWrite => {
                pages.check()
            }
            _ => self.write_copy(part),
        }
    }

    fn write_copy(&self, part: ByteRange) -> Result<(), Cause> {
        let Bytes::Copied(copied) = &self.window.bytes else {
            return Ok(());
        };
        let Claim { shared, range, .. } = &self.window.claim;
        // They lie inside a slice.
        let (start, length) = (part.offset as usize, part.length as usize);
        copied.write_back(shared, range.offset, start..start + length)
    }

    /// Acts on a range of the window, from its start.
    fn on_part(
        &self,
        verb: &'static str,
        bounds: &impl RangeBounds<usize>,
        act: impl FnOnce(ByteRange) -> Result<(), Cause>,
    ) -> Result<(), Error> {
        let Claim { shared, range, .. } = &self.window.claim;
        let [start, end] = [bounds.start_bound(), bounds.end_bound()]
            .map(|bound| bound.map(|&position| position as u64));
        let part = range::resolve(&(start, end), range.length).map_err(|malformed| {
            let on = On::Malformed(malformed);
            shared.error(verb, on, ErrorCode::InvalidArgument)
        })?;
        let part = part.unwrap_or_else(|| self.whole());
        let end = part.offset.checked_add(part.length);
        let acted = match end.is_some_and(|end| end <= range.length) {
            true => act(part),
            false => Err(ErrorCode::OutOfBounds.into()),
        };
        acted.map_err(|code| {
            let offset = range.offset.saturating_add(part.offset);
            shared.error(verb, On::Range(ByteRange { offset, ..part }), code)
        })
    }

    /// All of the window, from its start.
    fn whole(&self) -> ByteRange {
        let length = self.window.claim.range.length;
        ByteRange { offset: 0, length }
    }
}
