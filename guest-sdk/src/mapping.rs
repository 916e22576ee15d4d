//! A mapping, and the ways to its bytes.

use std::fmt;

use crate::error::{On, Operation};
use crate::range::Range;
use crate::sys::Handle;
use crate::{Access, Cursor, Error, ErrorCode, Scalar};

/// The most bytes that go to or from the host in one call. The host has a
/// quota on the bytes of one read.
const PIECE: usize = 1 << 20;

/// A mapped file, or mapped anonymous memory.
///
/// Offsets and lengths are in bytes and count from the start of the mapping,
/// which is not the start of the file if [`Options::offset`] is set. Methods
/// take `&self`, as those of [`std::fs::File`] do: the bytes belong to the
/// file, and its other users can change them at any time.
///
/// The bytes lie in the host's memory. Each call copies what it is asked for
/// between there and the guest's memory, once, so a 32-bit guest can work on
/// a mapping larger than 4 GiB. A call costs more than the copy of a few bytes
/// does, so one read of many bytes is faster than many of few.
///
/// Dropping a mapping unmaps it (munmap(2)). Bytes written to a read-write
/// mapping then reach the disk when the operating system sees fit; [`unmap`]
/// flushes first and reports a failure.
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
/// [`unmap`]: Mapping::unmap
pub struct Mapping {
    pub(crate) handle: Handle,
    size: u64,
    access: Access,
    path: Option<Box<str>>,
}

impl Mapping {
    /// The length of the mapping in bytes. It never changes.
    #[inline]
    pub fn len(&self) -> u64 {
        self.size
    }

    /// Whether the length is 0, as it is for an empty file.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.size == 0
    }

    /// The access that the mapping was made with.
    pub fn access(&self) -> Access {
        self.access
    }

    /// The path that the mapping was made with; none for an anonymous one.
    pub fn path(&self) -> Option<&str> {
        self.path.as_deref()
    }

    /// Copies bytes from `offset` on into `buf` and says how many: all that
    /// `buf` holds, fewer where the mapping ends, 0 at its end or behind it.
    ///
    /// Nothing is allocated on the way. More than 1 MiB is read in pieces of
    /// 1 MiB, one host call each.
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
    /// What `buf` then holds is unspecified.
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
    /// More than 1 MiB is written in pieces of 1 MiB, one host call each.
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
    /// - [`ErrorCode::Truncated`]: bytes of the range are gone from the file
    ///
    /// Bytes before those that failed may have been written.
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
        let mut bytes = Vec::new();
        usize::try_from(self.size)
            .ok()
            .and_then(|size| bytes.try_reserve_exact(size).ok())
            .ok_or_else(|| self.error("read", On::Whole, ErrorCode::QuotaExceeded))?;
        loop {
            let start = bytes.len();
            let n = self.clamp(start as u64, PIECE);
            if n == 0 {
                return Ok(bytes);
            }
            bytes.resize(start + n, 0);
            self.read_inside(start as u64, &mut bytes[start..])?;
        }
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
        T::load(&self.handle, offset).map_err(|code| self.range_error::<T>("load", offset, code))
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
    /// - [`ErrorCode::Truncated`]: bytes of it are gone from the file
    #[inline]
    pub fn set<T: Scalar>(&self, offset: u64, value: T) -> Result<(), Error> {
        value
            .store(&self.handle, offset)
            .map_err(|code| self.range_error::<T>("store", offset, code))
    }

    /// A [`Cursor`] at offset 0, which borrows the mapping.
    ///
    /// ```no_run
    /// use std::io::BufRead;
    ///
    /// let mapping = mem::open("words.txt")?;
    /// for line in mapping.cursor().lines() {
    ///     println!("{}", line?);
    /// }
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn cursor(&self) -> Cursor<&Mapping> {
        Cursor::new(self)
    }

    /// A [`Cursor`] at offset 0, which owns the mapping.
    ///
    /// ```no_run
    /// fn input(path: &str) -> std::io::Result<Box<dyn std::io::Read>> {
    ///     Ok(Box::new(mem::open(path)?.into_cursor()))
    /// }
    /// ```
    pub fn into_cursor(self) -> Cursor<Mapping> {
        Cursor::new(self)
    }

    /// Flushes, unmaps, and reports a failed flush. It is unmapped all the
    /// same.
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
        let Mapping { handle, path, .. } = self;
        let (verb, on) = ("unmap", On::Whole);
        handle
            .unmap()
            .map_err(|code| Error::new(Operation { verb, on }, path.as_deref(), code))
    }
}

impl fmt::Debug for Mapping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mapping")
            .field("path", &self.path)
            .field("len", &self.size)
            .field("access", &self.access)
            .finish_non_exhaustive()
    }
}

impl Mapping {
    pub(crate) fn new(handle: Handle, access: Access, path: Option<&str>) -> Self {
        Mapping {
            size: handle.size(),
            handle,
            access,
            path: path.map(Box::from),
        }
    }

    #[cold]
    pub(crate) fn error(&self, verb: &'static str, on: On, code: ErrorCode) -> Error {
        Error::new(Operation { verb, on }, self.path(), code)
    }

    #[cold]
    fn range_error<T>(&self, verb: &'static str, offset: u64, code: ErrorCode) -> Error {
        let length = size_of::<T>() as u64;
        self.error(verb, On::Range(Range { offset, length }), code)
    }

    /// How many of `len` bytes at `offset` lie inside the mapping.
    fn clamp(&self, offset: u64, len: usize) -> usize {
        let rest = self.size.saturating_sub(offset);
        usize::try_from(rest).map_or(len, |rest| rest.min(len))
    }

    fn check_inside(&self, verb: &'static str, offset: u64, len: usize) -> Result<(), Error> {
        let length = len as u64;
        if offset
            .checked_add(length)
            .is_some_and(|end| end <= self.size)
        {
            return Ok(());
        }
        let on = On::Range(Range { offset, length });
        Err(self.error(verb, on, ErrorCode::OutOfBounds))
    }

    /// Reads bytes that lie wholly inside.
    fn read_inside(&self, offset: u64, buf: &mut [u8]) -> Result<(), Error> {
        let length = buf.len() as u64;
        let mut at = offset;
        for piece in buf.chunks_mut(PIECE) {
            self.handle
                .read(at, piece)
                .map_err(|code| self.error("read", On::Range(Range { offset, length }), code))?;
            at += piece.len() as u64;
        }
        Ok(())
    }

    /// Writes bytes that lie wholly inside.
    fn write_inside(&self, offset: u64, bytes: &[u8]) -> Result<(), Error> {
        let length = bytes.len() as u64;
        let error = |code| self.error("write", On::Range(Range { offset, length }), code);
        // Said here for a write of no bytes too, which asks no host.
        if self.access == Access::ReadOnly {
            return Err(error(ErrorCode::ReadOnly));
        }
        let mut at = offset;
        for piece in bytes.chunks(PIECE) {
            self.handle.write(at, piece).map_err(error)?;
            at += piece.len() as u64;
        }
        Ok(())
    }
}
