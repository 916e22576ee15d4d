//! Bytes of a mapping as slices.

mod bytes;
mod changes;
mod claims;
mod copied;
mod placement;
mod writable;

use std::fmt;
use std::ops::{Deref, RangeBounds};
use std::sync::Arc;

use self::bytes::Bytes;
pub(crate) use self::claims::Claims;
use self::claims::Kind;
pub(crate) use self::placement::Placement;
pub use self::writable::WindowMut;
use crate::error::{Cause, On};
use crate::range::{self, Range};
use crate::shared::Shared;
use crate::{Access, Error, ErrorCode, Mapping};

/// # Windows
///
/// Ranges are in bytes from the start of the mapping, as everywhere: the pages
/// in which they lie are attached, and the window is the range. A range
/// without an end reaches to the end of the mapping.
impl Mapping {
    /// The bytes of a range as a slice: the file's own pages where the host
    /// can put them into the guest's memory, else a copy.
    ///
    /// ```no_run
    /// let mapping = mem::open("words.txt")?;
    /// let words = mapping.window(..)?;
    /// let lines = words.split(|&byte| byte == b'\n').count();
    /// # Ok::<(), mem::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// - [`ErrorCode::OutOfBounds`]: the range is not wholly inside the
    ///   mapping
    /// - [`ErrorCode::InvalidArgument`]: the range ends before it starts
    /// - [`ErrorCode::Busy`]: a [`WindowMut`] of this mapping covers bytes of
    ///   the range; or guests of another store have windows on the file, and
    ///   either those or this mapping can write it
    /// - [`ErrorCode::ReadOnly`]: [`protect`](Mapping::protect) has made pages
    ///   of a read-write mapping read-only in the range
    /// - [`ErrorCode::QuotaExceeded`]: the guest's memory has no room for the
    ///   range, as for any of 2 GiB or more in a 32-bit guest; or the host
    ///   allows no further window, of which it counts one for each 64 MiB
    /// - [`ErrorCode::Truncated`]: bytes of the range are gone from the file
    /// - [`ErrorCode::Io`]: the operating system reported another failure
    pub fn window(&self, range: impl RangeBounds<u64>) -> Result<Window, Error> {
        self.attach(&range, Kind::Readable)
    }

    /// The bytes of a range as a slice that can be written: as
    /// [`window`](Mapping::window), and what is written does what the
    /// mapping's access says.
    ///
    /// - [`Access::ReadWrite`]: it is written to the file, as [`WindowMut`]
    ///   describes. Anonymous memory is written likewise.
    /// - [`Access::CopyOnWrite`]: it stays in the window, which starts with
    ///   what was written through the mapping, and neither the mapping nor
    ///   another window sees it.
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

    fn attach(&self, bounds: &impl RangeBounds<u64>, kind: Kind) -> Result<Window, Error> {
        let range = range::resolve(bounds, self.len()).map_err(|malformed| {
            self.error(
                "window",
                On::Malformed(malformed),
                ErrorCode::InvalidArgument,
            )
        })?;
        let on = range.map_or(On::Whole, On::Range);
        let (offset, length) = (0, self.len());
        Window::new(
            &self.shared,
            range.unwrap_or(Range { offset, length }),
            kind,
        )
        .map_err(|code| self.error("window", on, code))
    }
}

/// Bytes of a mapping as a slice, made by [`Mapping::window`].
///
/// Where the host can, the bytes are the file's own pages, which it has put
/// into the guest's memory (mmap(2) with `MAP_FIXED`): nothing is copied,
/// a page is read from the disk when it is first touched, and each access is a
/// plain load. Elsewhere, and for anonymous memory, they are a copy from when
/// the window was made, and [`is_zero_copy`](Window::is_zero_copy) says so.
/// The bytes are the same, and lie in memory as they lie in the file: the
/// address equals the offset in the file modulo the page, so that what is
/// aligned there is aligned here. That holds of copies and of empty windows
/// too.
///
/// A window of the file's pages takes as much room in the guest's memory as a
/// copy does, from when it is made until it is dropped, but not in RAM: its
/// length and up to two pages. One of 2 MiB or more takes up to 2 MiB more
/// where there is room for that: it lies so that the operating system can use
/// huge pages, of files whose pages lie in RAM accordingly.
///
/// # What can change meanwhile
///
/// The bytes of a slice must not change while it is borrowed. So as long as a
/// window exists, the mapping that made it refuses to write the window's
/// bytes, with [`ErrorCode::Busy`]. The host refuses guests of other stores,
/// and an embedder that grants windows promises the same for other processes.
/// Other mappings of the same file in this guest are not seen, nor is
/// [`std::fs`]: do not write by those what a window covers.
///
/// # Lifetime
///
/// A window keeps the file mapped, whatever happens to the [`Mapping`].
/// Dropping it detaches the pages.
pub struct Window {
    bytes: Bytes,
    /// Given up after the bytes are, for fields are dropped in this order.
    claim: Claim,
}

impl Window {
    /// Whether the bytes are the file's own pages and not a copy. True of an
    /// empty window.
    pub fn is_zero_copy(&self) -> bool {
        self.bytes.are_the_files()
    }

    /// Asks the host whether all bytes are still the file's.
    ///
    /// If the file becomes shorter, the bytes behind its new end turn to
    /// zeros, and what is written there is lost. A copy cannot become shorter.
    ///
    /// ```no_run
    /// let window = mem::open("data.bin")?.window(..)?;
    /// let sum: u64 = window.iter().map(|&byte| u64::from(byte)).sum();
    /// // Whether all those bytes were in the file.
    /// window.check()?;
    /// # Ok::<(), mem::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// - [`ErrorCode::Truncated`]: bytes of the window are gone from the file
    pub fn check(&self) -> Result<(), Error> {
        self.bytes.check().map_err(|code| self.error("check", code))
    }

    /// Detaches the pages, as dropping the window does, and reports a failure.
    ///
    /// # Errors
    ///
    /// - [`ErrorCode::QuotaExceeded`]: the host's operating system refused to
    ///   split its mappings further. The window's memory is then not used
    ///   again.
    pub fn detach(mut self) -> Result<(), Error> {
        self.give_back().map_err(|code| self.error("detach", code))
    }
}

impl Deref for Window {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        self.bytes.slice()
    }
}

impl AsRef<[u8]> for Window {
    #[inline]
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl fmt::Debug for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.describe(&mut f.debug_struct("Window"))
    }
}

impl Window {
    fn new(shared: &Arc<Shared>, range: Range, kind: Kind) -> Result<Self, Cause> {
        if kind == Kind::Writable && shared.access == Access::ReadOnly {
            return Err(ErrorCode::ReadOnly.into());
        }
        if !shared.has(range) {
            return Err(ErrorCode::OutOfBounds.into());
        }
        let claim = Claim::new(shared, range, kind).ok_or(ErrorCode::Busy)?;
        let bytes = Bytes::of(shared, range, kind)?;
        Ok(Self { bytes, claim })
    }

    /// Leaves an empty slice.
    fn give_back(&mut self) -> Result<(), Cause> {
        std::mem::replace(&mut self.bytes, Bytes::Gone).give_back()
    }

    #[cold]
    fn error(&self, verb: &'static str, code: impl Into<Cause>) -> Error {
        let Claim { shared, range, .. } = &self.claim;
        shared.error(verb, On::Range(*range), code)
    }

    fn describe(&self, f: &mut fmt::DebugStruct<'_, '_>) -> fmt::Result {
        let Claim { shared, range, .. } = &self.claim;
        f.field("path", &shared.path)
            .field("offset", &range.offset)
            .field("len", &range.length)
            .field("is_zero_copy", &self.is_zero_copy())
            .finish_non_exhaustive()
    }
}

/// That a window covers a range, until it is dropped.
struct Claim {
    shared: Arc<Shared>,
    range: Range,
    kind: Kind,
}

impl Claim {
    fn new(shared: &Arc<Shared>, range: Range, kind: Kind) -> Option<Self> {
        shared.claims.claim(range, kind).then(|| Self {
            shared: shared.clone(),
            range,
            kind,
        })
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.shared.claims.release(self.range, self.kind);
    }
}
