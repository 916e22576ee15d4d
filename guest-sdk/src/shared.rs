//! What a mapping and its windows hold together.

use crate::error::{Cause, On, Operation};
use crate::range::Range;
use crate::sys::{Handle, LINE, Request};
use crate::window::Claims;
use crate::{Access, Error, ErrorCode};

/// The most bytes that go to or from the host in one call. The host has a
/// quota on the bytes of one read.
pub(crate) const PIECE: usize = 1 << 20;

/// A handle of the host's, and what was asked for when it was made. The file
/// is mapped as long as this lives.
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
    pub fn new(handle: Handle, request: &Request, path: Option<&str>) -> Self {
        Self {
            size: handle.size(),
            handle,
            access: request.access,
            file_offset: request.offset,
            path: path.map(Box::from),
            claims: Claims::default(),
        }
    }

    #[cold]
    pub fn error(&self, verb: &'static str, on: On, code: impl Into<Cause>) -> Error {
        Error::new(Operation { verb, on }, self.path.as_deref(), code)
    }

    /// Whether the range lies wholly inside the mapping.
    pub fn has(&self, Range { offset, length }: Range) -> bool {
        offset
            .checked_add(length)
            .is_some_and(|end| end <= self.size)
    }

    /// Reads bytes that lie wholly inside.
    #[inline]
    pub fn read(&self, offset: u64, buf: &mut [u8]) -> Result<(), Cause> {
        // A load takes less time than a read of a list. It fails if any byte
        // of the line does; the read then tells of those that are asked for.
        if (1..=LINE).contains(&buf.len())
            && let Some(line_at) = self.line_of(offset, buf.len())
            && let Ok(line) = self.handle.load_line(line_at)
        {
            if buf.len() == LINE {
                // Word by word: of any other copy the compiler makes a call of
                // the runtime.
                let (to, _) = buf.as_chunks_mut();
                for (to, word) in to.iter_mut().zip(line) {
                    *to = word;
                }
            } else {
                let start = (offset - line_at) as usize;
                buf.copy_from_slice(&line.as_flattened()[start..][..buf.len()]);
            }
            return Ok(());
        }
        self.read_pieces(offset, buf)
    }

    /// Where the line starts that has `length` bytes from `offset` on, and no
    /// page but theirs. None if the mapping is shorter than a line.
    #[inline]
    fn line_of(&self, offset: u64, length: usize) -> Option<u64> {
        let line = LINE as u64;
        let last = self.size.checked_sub(line)?;
        let aligned = offset - offset % line;
        let ends_it = (offset + length as u64).saturating_sub(line);
        Some(aligned.max(ends_it).min(last))
    }

    fn read_pieces(&self, offset: u64, buf: &mut [u8]) -> Result<(), Cause> {
        let mut at = offset;
        for piece in buf.chunks_mut(PIECE) {
            self.handle.read(at, piece)?;
            at += piece.len() as u64;
        }
        Ok(())
    }

    /// Writes bytes that lie wholly inside, whether windows cover them or not.
    pub fn write(&self, offset: u64, bytes: &[u8]) -> Result<(), Cause> {
        let mut at = offset;
        for piece in bytes.chunks(PIECE) {
            self.handle.write(at, piece)?;
            at += piece.len() as u64;
        }
        Ok(())
    }

    /// A copy of a range that lies wholly inside.
    pub fn copy(&self, range: Range) -> Result<Vec<u8>, Cause> {
        let length = usize::try_from(range.length).map_err(|_| ErrorCode::QuotaExceeded)?;
        let mut copy = with_room(length)?;
        self.append(range, &mut copy)?;
        Ok(copy)
    }

    /// Appends the bytes of a range that lies wholly inside to `to`, which has
    /// room for them, and so stays where it is.
    pub fn append(&self, Range { offset, length }: Range, to: &mut Vec<u8>) -> Result<(), Cause> {
        let mut at = offset;
        // Zeroed piece by piece, which stay in the processor's cache.
        while at < offset + length {
            let piece = (offset + length - at).min(PIECE as u64);
            let start = to.len();
            to.resize(start + piece as usize, 0);
            self.read(at, &mut to[start..])?;
            at += piece;
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
