//! Windows to read, and what all windows share.

use std::fmt;
use std::ops::{Deref, RangeBounds};
use std::sync::Arc;

use mem_contract::{Access, ByteRange, ErrorCode};

use super::bytes::Bytes;
use crate::cause::Cause;
use crate::claims::Kind;
use crate::error::{Error, On};
use crate::mapping::Mapping;
use crate::range;
use crate::shared::Shared;

/// # Windows
///
/// Ranges are in bytes from the start of the mapping, as everywhere. The host
/// attaches the pages around the range, and the window is the range itself. A
/// range without an end reaches to the end of the mapping.
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
    /// - [`ErrorCode::Busy`]: a [`WindowMut`](crate::WindowMut) of this mapping covers bytes of
    ///   the range; or guests of another store have windows on the file, and
    ///   either those or this mapping can write it
    /// - [`ErrorCode::ReadOnly`]: [`protect`](Mapping::protect) has made pages
    ///   of a read-write mapping read-only in the range
    /// - [`ErrorCode::QuotaExceeded`]: the guest's memory has no room for the
    ///   range, as for any of 2 GiB or more in a 32-bit guest; or the host
    ///   allows no further window; it counts one for each 64 MiB
    /// - [`ErrorCode::Truncated`]: bytes of the range are gone from the file
    /// - [`ErrorCode::Io`]: the operating system reported another failure
    pub fn window(&self, range: impl RangeBounds<u64>) -> Result<Window, Error> {
        self.attach(&range, Kind::Readable)
    }

    /// Makes a window of the kind.
    pub(super) fn attach(
        &self,
        bounds: &impl RangeBounds<u64>,
        kind: Kind,
    ) -> Result<Window, Error> {
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
            range.unwrap_or(ByteRange { offset, length }),
            kind,
        )
        .map_err(|code| self.error("window", on, code))
    }
}

/// Bytes of a mapping as a slice, made by [`Mapping::window`].
///
/// Where the host can, the bytes are the file's own pages, which it puts into the
/// guest's memory (mmap(2) with `MAP_FIXED`): nothing is copied, a page is read
/// from the disk when you first touch it, and each access is a plain load.
/// Elsewhere, and for anonymous memory, the bytes are a copy from the moment you
/// made the window, and [`is_zero_copy`](Window::is_zero_copy) says so. Either way
/// they lie in memory as they lie in the file: the address equals the offset in
/// the file modulo the page, so that what is aligned there is aligned here. That
/// is true of copies and of empty windows too.
///
/// Until you drop it, a window of the file's pages takes as much room in the
/// guest's memory as a copy does: its length and up to two pages. It does not take
/// as much RAM. A window of 2 MiB or more takes up to 2 MiB more where there is
/// room for that, so that the operating system can use huge pages if the file has
/// them in RAM.
///
/// # What can change meanwhile
///
/// The bytes of a slice must not change while it is borrowed. So as long as a
/// window exists, its mapping refuses to write the window's bytes, with
/// [`ErrorCode::Busy`]. The host refuses guests of other stores, and an embedder
/// that grants windows promises the same for other processes. Nobody watches other
/// mappings of the same file in this guest, nor [`std::fs`]: do not use them to
/// write bytes that a window covers.
///
/// # Lifetime
///
/// A window keeps the file mapped, whatever happens to the [`Mapping`].
/// Dropping it detaches the pages.
pub struct Window {
    pub(super) bytes: Bytes,
    /// Given up after the bytes, because fields are dropped in this order.
    pub(super) claim: Claim,
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
    fn new(shared: &Arc<Shared>, range: ByteRange, kind: Kind) -> Result<Self, Cause> {
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
    pub(super) fn give_back(&mut self) -> Result<(), Cause> {
        std::mem::replace(&mut self.bytes, Bytes::Gone).give_back()
    }

    #[cold]
    pub(super) fn error(&self, verb: &'static str, code: impl Into<Cause>) -> Error {
        let Claim { shared, range, .. } = &self.claim;
        shared.error(verb, On::Range(*range), code)
    }

    pub(super) fn describe(&self, f: &mut fmt::DebugStruct<'_, '_>) -> fmt::Result {
        let Claim { shared, range, .. } = &self.claim;
        f.field("path", &shared.path)
            .field("offset", &range.offset)
            .field("len", &range.length)
            .field("is_zero_copy", &self.is_zero_copy())
            .finish_non_exhaustive()
    }
}

/// Says that a window covers a range, until it is dropped.
pub(super) struct Claim {
    pub(super) shared: Arc<Shared>,
    pub(super) range: ByteRange,
    kind: Kind,
}

impl Claim {
    fn new(shared: &Arc<Shared>, range: ByteRange, kind: Kind) -> Option<Self> {
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
