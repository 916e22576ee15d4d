//! A mapping, and the ways to its bytes.

use std::fmt;
use std::sync::Arc;

use mem_contract::{Access, ByteRange, ErrorCode, FlushMode};

use crate::cause::Cause;
use crate::error::{Error, On, Operation};
use crate::scalar::Scalar;
use crate::shared::Shared;

/// A mapped file, or mapped anonymous memory.
///
/// Offsets and lengths are in bytes and count from the start of the mapping,
/// which is not the start of the file if [`Options::offset`] is set. Methods
/// take `&self`, as those of [`std::fs::File`] do: the bytes belong to the
/// file, and its other users can change them at any time.
///
/// The bytes lie in the host's memory. Each read and write copies bytes once
/// between there and the guest's memory, so a 32-bit guest can work on a mapping
/// larger than 4 GiB. A call costs more than the copy of a few bytes, so one read
/// of many bytes is faster than many reads of few bytes. [`read_many`] fetches
/// bytes from many places by one call. A [`window`] gives a range without calls
/// and, where the host can, without a copy.
///
/// Dropping a mapping unmaps it (munmap(2)), once its windows are gone too.
/// Bytes written to a read-write mapping then reach the disk when the
/// operating system sees fit; [`unmap`] flushes first and reports a failure.
///
/// ```no_run
/// let mapping = mem::open("data.bin")?;
/// let mut magic = [0; 4];
/// mapping.read_exact_at(0, &mut magic)?;
/// let records: u32 = mapping.get(4)?;
/// # Ok::<(), mem::Error>(())
/// ```
///
/// [`Options::offset`]: crate::Options::offset
/// [`read_many`]: Mapping::read_many
/// [`window`]: Mapping::window
/// [`unmap`]: Mapping::unmap
pub struct Mapping {
    pub(crate) shared: Arc<Shared>,
}

impl Mapping {
    /// The length of the mapping in bytes. It never changes.
    #[inline]
    pub fn len(&self) -> u64 {
        self.shared.size
    }

    /// Whether the length is 0, as it is for an empty file.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The access that you made the mapping with.
    pub fn access(&self) -> Access {
        self.shared.access
    }

    /// The path that you made the mapping with. None for an anonymous one.
    pub fn path(&self) -> Option<&str> {
        self.shared.path.as_deref()
    }

    /// Copies bytes from `offset` on into `buf` and says how many: all that
    /// `buf` holds, fewer where the mapping ends, 0 at its end or behind it.
    ///
    /// It allocates nothing. It reads more than 1 MiB in chunks of 1 MiB, with one
    /// host call each.
    ///
    /// ```no_run
    /// let mapping = mem::open("data.bin")?;
    /// let mut buf = [0; 4096];
    /// let mut offset = 0;
    /// loop {
    ///     let n = mapping.read_at(offset, &mut buf)?;
    ///     if n == 0 {
    ///         break;
    ///     }
    ///     offset += n as u64;
    /// }
    /// # Ok::<(), mem::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// - [`ErrorCode::Truncated`]: bytes of the range are gone from the file
    /// - [`ErrorCode::QuotaExceeded`]: the host allows fewer bytes in one read
    ///   than the length of `buf` or 1 MiB, whichever is less
    /// - [`ErrorCode::Io`]: the host returned another number of bytes
    ///
    /// After an error, the contents of `buf` are unspecified.
    pub fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<usize, Error> {
        let n = self.clamp(offset, buf.len());
        self.read_inside(offset, &mut buf[..n])?;
        Ok(n)
    }

    /// Fills `buf` with the bytes from `offset` on.
    ///
    /// ```no_run
    /// let mapping = mem::open("data.bin")?;
    /// let mut header = [0; 16];
    /// mapping.read_exact_at(0, &mut header)?;
    /// # Ok::<(), mem::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// - [`ErrorCode::OutOfBounds`]: the bytes do not lie wholly inside the
    ///   mapping; nothing is read
    /// - those of [`read_at`](Mapping::read_at)
    pub fn read_exact_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), Error> {
        self.check_inside("read", offset, buf.len())?;
        self.read_inside(offset, buf)
    }

    /// Copies `bytes` to `offset` and says how many: all of them, fewer where
    /// the mapping ends, 0 at its end or behind it. A mapping never grows.
    ///
    /// It writes more than 1 MiB in chunks of 1 MiB, with one host call each.
    ///
    /// ```no_run
    /// let mapping = mem::open_mut("data.bin")?;
    /// let n = mapping.write_at(0, b"MEM1")?;
    /// # Ok::<(), mem::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// - [`ErrorCode::ReadOnly`]: the mapping is read-only, or
    ///   [`protect`](Mapping::protect) has made pages of the range so
    /// - [`ErrorCode::Busy`]: a window of this mapping covers bytes of the
    ///   range; or the mapping is read-write, and guests of another store have
    ///   windows on the file
    /// - [`ErrorCode::Truncated`]: bytes of the range are gone from the file
    ///
    /// After an error, the bytes before the failed ones may have been written.
    pub fn write_at(&self, offset: u64, bytes: &[u8]) -> Result<usize, Error> {
        let n = self.clamp(offset, bytes.len());
        self.write_inside(offset, &bytes[..n])?;
        Ok(n)
    }

    /// Copies all of `bytes` to `offset`.
    ///
    /// ```no_run
    /// let mapping = mem::open_mut("data.bin")?;
    /// mapping.write_all_at(4096, b"second page")?;
    /// # Ok::<(), mem::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// - [`ErrorCode::OutOfBounds`]: the bytes would not lie wholly inside the
    ///   mapping; nothing is written
    /// - those of [`write_at`](Mapping::write_at)
    pub fn write_all_at(&self, offset: u64, bytes: &[u8]) -> Result<(), Error> {
        self.check_inside("write", offset, bytes.len())?;
        self.write_inside(offset, bytes)
    }

    /// A copy of the whole mapping.
    ///
    /// ```no_run
    /// let text = String::from_utf8_lossy(&mem::open("notes.txt")?.bytes()?).into_owned();
    /// # Ok::<(), mem::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// - [`ErrorCode::QuotaExceeded`]: the guest's memory has no room for the
    ///   copy, as for any mapping of 2 GiB or more in a 32-bit guest
    /// - those of [`read_at`](Mapping::read_at)
    pub fn bytes(&self) -> Result<Vec<u8>, Error> {
        let (offset, length) = (0, self.len());
        self.shared
            .copy(ByteRange { offset, length })
            .map_err(|code| self.error("read", On::Whole, code))
    }

    /// Loads the number at `offset`, which need not be aligned. Its bytes are
    /// in little-endian order.
    ///
    /// ```no_run
    /// let mapping = mem::open("data.bin")?;
    /// let count: u32 = mapping.get(4)?;
    /// let scale = mapping.get::<f64>(8)?;
    /// # Ok::<(), mem::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// - [`ErrorCode::OutOfBounds`]: the number's bytes do not lie wholly
    ///   inside the mapping
    /// - [`ErrorCode::Truncated`]: bytes of it are gone from the file
    #[inline]
    pub fn get<T: Scalar>(&self, offset: u64) -> Result<T, Error> {
        T::load(&self.shared.handle, offset)
            .map_err(|code| self.range_error::<T>("load", offset, code))
    }

    /// Stores `value` at `offset`, which need not be aligned. Its bytes are in
    /// little-endian order.
    ///
    /// ```no_run
    /// let mapping = mem::open_mut("data.bin")?;
    /// mapping.set(4, 7_u32)?;
    /// # Ok::<(), mem::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// - [`ErrorCode::OutOfBounds`]: the number's bytes would not lie wholly
    ///   inside the mapping; nothing is written
    /// - [`ErrorCode::ReadOnly`]: the mapping is read-only, or
    ///   [`protect`](Mapping::protect) has made these pages so
    /// - [`ErrorCode::Busy`]: a window of this mapping covers bytes of it; or
    ///   the mapping is read-write, and guests of another store have windows
    ///   on the file
    /// - [`ErrorCode::Truncated`]: bytes of it are gone from the file
    #[inline]
    pub fn set<T: Scalar>(&self, offset: u64, value: T) -> Result<(), Error> {
        let stored = if self.is_busy(offset, size_of::<T>()) {
            Err(ErrorCode::Busy.into())
        } else {
            value.store(&self.shared.handle, offset)
        };
        stored.map_err(|code| self.range_error::<T>("store", offset, code))
    }

    /// Flushes, unmaps, and reports a failed flush. It is unmapped all the
    /// same.
    ///
    /// As long as windows of the mapping exist, the file stays mapped for
    /// them: this flushes, and dropping the last window unmaps.
    ///
    /// ```no_run
    /// let mapping = mem::create("data.bin", 4096)?;
    /// mapping.set(0, 1_u64)?;
    /// mapping.unmap()?;
    /// # Ok::<(), mem::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`flush`](Mapping::flush).
    pub fn unmap(self) -> Result<(), Error> {
        let (verb, on) = ("unmap", On::Whole);
        match Arc::try_unwrap(self.shared) {
            Ok(Shared { handle, path, .. }) => handle
                .unmap()
                .map_err(|code| Error::new(Operation { verb, on }, path.as_deref(), code)),
            Err(shared) => shared
                .handle
                .flush(None, FlushMode::Synchronous)
                .map_err(|code| shared.error(verb, on, code)),
        }
    }
}

impl fmt::Debug for Mapping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mapping")
            .field("path", &self.path())
            .field("len", &self.len())
            .field("access", &self.access())
            .finish_non_exhaustive()
    }
}

impl Mapping {
    #[cold]
    pub(crate) fn error(&self, verb: &'static str, on: On, code: impl Into<Cause>) -> Error {
        self.shared.error(verb, on, code)
    }

    #[cold]
    fn range_error<T>(&self, verb: &'static str, offset: u64, code: impl Into<Cause>) -> Error {
        let length = size_of::<T>() as u64;
        self.error(verb, On::Range(ByteRange { offset, length }), code)
    }

    /// How many of `len` bytes at `offset` lie inside the mapping.
    fn clamp(&self, offset: u64, len: usize) -> usize {
        let rest = self.len().saturating_sub(offset);
        usize::try_from(rest).map_or(len, |rest| rest.min(len))
    }

    fn check_inside(&self, verb: &'static str, offset: u64, len: usize) -> Result<(), Error> {
        let length = len as u64;
        let range = ByteRange { offset, length };
        if self.shared.has(range) {
            return Ok(());
        }
        Err(self.error(verb, On::Range(range), ErrorCode::OutOfBounds))
    }

    /// Whether a window covers bytes of the range, so that nobody may write them.
    /// Where nothing can be written, the host says so.
    #[inline]
    fn is_busy(&self, offset: u64, len: usize) -> bool {
        self.shared.claims.cover(offset, len as u64) && self.access() != Access::ReadOnly
    }

    /// Reads bytes that lie wholly inside.
    fn read_inside(&self, offset: u64, buf: &mut [u8]) -> Result<(), Error> {
        let length = buf.len() as u64;
        self.shared
            .read(offset, buf)
            .map_err(|code| self.error("read", On::Range(ByteRange { offset, length }), code))
    }

    /// Writes bytes that lie wholly inside.
    fn write_inside(&self, offset: u64, bytes: &[u8]) -> Result<(), Error> {
        let length = bytes.len() as u64;
        // Checked here because a write of no bytes asks no host.
        let written = if self.access() == Access::ReadOnly {
            Err(ErrorCode::ReadOnly.into())
        } else if self.is_busy(offset, bytes.len()) {
            Err(ErrorCode::Busy.into())
        } else {
            self.shared.write(offset, bytes)
        };
        written.map_err(|code| self.error("write", On::Range(ByteRange { offset, length }), code))
    }
}
