//! What a mapping and its windows hold together.

use mem_contract::{Access, ByteRange, ErrorCode, MapOptions};

use crate::cause::Cause;
use crate::claims::Claims;
use crate::error::{Error, On, Operation};
use crate::sys::{Handle, U64X8_LEN};

/// The most bytes that go to or from the host in one call. The host has a
/// quota on the bytes of one read.
pub(crate) const CHUNK: usize = 1 << 20;

/// A handle of the host, and what it was asked for. The file stays mapped as long
/// as this lives.
pub(crate) struct Shared {
    pub handle: Handle,
    pub size: u64,
    pub access: Access,
    /// Where in the file the mapping starts.
    pub file_offset: u64,
    pub path: Option<Box<str>>,
    pub claims: Claims,
}

impl Shared {
    pub fn new(handle: Handle, options: &MapOptions, path: Option<&str>) -> Self {
        Self {
            size: handle.size(),
            handle,
            access: options.access,
            file_offset: options.offset,
            path: path.map(Box::from),
            claims: Claims::default(),
        }
    }

    #[cold]
    pub fn error(&self, verb: &'static str, on: On, code: impl Into<Cause>) -> Error {
        Error::new(Operation { verb, on }, self.path.as_deref(), code)
    }

    /// Whether the range lies wholly inside the mapping.
    pub fn has(&self, range: ByteRange) -> bool {
        range.within(self.size).is_ok()
    }

    /// Reads bytes that lie wholly inside.
    #[inline]
    pub fn read(&self, offset: u64, buf: &mut [u8]) -> Result<(), Cause> {
        // A load takes less time than a read of a list. It fails if any of its 64
        // bytes is gone; then the read says whether the caller's bytes are.
        if (1..=U64X8_LEN).contains(&buf.len())
            && let Some(words_at) = self.u64x8_around(offset, buf.len())
            && let Ok(words) = self.handle.load_u64x8(words_at)
        {
            if buf.len() == U64X8_LEN {
                // Word by word: the compiler turns any other copy into a call of
                // the runtime.
                let (to, _) = buf.as_chunks_mut();
                for (to, word) in to.iter_mut().zip(words) {
                    *to = word;
                }
            } else {
                let start = (offset - words_at) as usize;
                buf.copy_from_slice(&words.as_flattened()[start..][..buf.len()]);
            }
            return Ok(());
        }
        self.read_chunks(offset, buf)
    }

    /// Where the `u64x8` starts that has `length` bytes from `offset` on, and lies
    /// in the same pages as they do. None if the mapping is shorter.
    #[inline]
    fn u64x8_around(&self, offset: u64, length: usize) -> Option<u64> {
        let len = U64X8_LEN as u64;
        let last = self.size.checked_sub(len)?;
        let aligned = offset - offset % len;
        let ends_it = (offset + length as u64).saturating_sub(len);
        Some(aligned.max(ends_it).min(last))
    }

    fn read_chunks(&self, offset: u64, buf: &mut [u8]) -> Result<(), Cause> {
        let mut at = offset;
        for chunk in buf.chunks_mut(CHUNK) {
            self.handle.read(at, chunk)?;
            at += chunk.len() as u64;
        }
        Ok(())
    }

    /// Writes bytes that lie wholly inside, whether windows cover them or not.
    pub fn write(&self, offset: u64, bytes: &[u8]) -> Result<(), Cause> {
        let mut at = offset;
        for chunk in bytes.chunks(CHUNK) {
            self.handle.write(at, chunk)?;
            at += chunk.len() as u64;
        }
        Ok(())
    }

    /// A copy of a range that lies wholly inside.
    pub fn copy(&self, range: ByteRange) -> Result<Vec<u8>, Cause> {
        let length = usize::try_from(range.length).map_err(|_| ErrorCode::QuotaExceeded)?;
        let mut copy = with_room(length)?;
        self.append(range, &mut copy)?;
        Ok(copy)
    }

    /// Appends the bytes of a range that lies wholly inside to `to`. It has room
    /// for them, and so stays where it is.
    pub fn append(
        &self,
        ByteRange { offset, length }: ByteRange,
        to: &mut Vec<u8>,
    ) -> Result<(), Cause> {
        let mut at = offset;
        // Zeroed chunk by chunk, so that each stays in the processor's cache.
        while at < offset + length {
            let chunk = (offset + length - at).min(CHUNK as u64);
            let start = to.len();
            to.resize(start + chunk as usize, 0);
            self.read(at, &mut to[start..])?;
            at += chunk;
        }
        Ok(())
    }
}

/// No bytes, with room for so many.
///
/// # Errors
///
/// `QuotaExceeded` if the memory has no room for them.
pub(crate) fn with_room(length: usize) -> Result<Vec<u8>, Cause> {
    let mut bytes = Vec::new();
    bytes
        .try_reserve_exact(length)
        .map_err(|_| ErrorCode::QuotaExceeded)?;
    Ok(bytes)
}
