//! A mapping as a stream.

use std::borrow::Borrow;
use std::fmt;
use std::io::{self, BufRead, Read, Seek, SeekFrom, Write};
use std::ops::Range;

use crate::mapping::Mapping;

/// How many bytes to fetch at a time for small reads.
const BUFFER: usize = 64 << 10;

/// How many bytes to fetch at a time for a read to the end. They are zeroed first,
/// which is cheap as long as they stay in the processor's cache.
const READ_TO_END: usize = 256 << 10;

/// A position in a mapping, to read, write and seek as in a file.
///
/// [`Mapping::cursor`] makes one that borrows the mapping,
/// [`Mapping::into_cursor`] one that owns it.
///
/// # Buffering
///
/// A call to the host costs more than copying a few bytes, so small reads that
/// follow one another, and all of [`BufRead`], go through a buffer of 64 KiB.
/// A read that is at least as large, or the first one after a seek, goes
/// straight to the caller's memory. The buffer is allocated at its first use, no
/// larger than the mapping.
///
/// A write through the cursor, [`set_position`](Cursor::set_position) and
/// [`Seek::seek`] drop what is buffered. While older bytes are buffered, the cursor
/// can miss bytes that others write, also through [`get_ref`](Cursor::get_ref).
///
/// ```no_run
/// use std::io::{BufRead, Seek, SeekFrom, Write};
///
/// let mapping = mem::open_mut("notes.txt")?;
/// let mut cursor = mapping.cursor();
/// let mut first = String::new();
/// cursor.read_line(&mut first)?;
/// cursor.seek(SeekFrom::Start(0))?;
/// cursor.write_all(first.to_uppercase().as_bytes())?;
/// cursor.flush()?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Cursor<M: Borrow<Mapping>> {
    mapping: M,
    position: u64,
    /// Empty until its first use.
    buffer: Box<[u8]>,
    /// Where in the buffer the bytes are that lie ahead of the position.
    ahead: Range<usize>,
    /// Whether the position is where the last read ended.
    sequential: bool,
}

impl Mapping {
    /// A [`Cursor`] at offset 0 that borrows the mapping.
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

    /// A [`Cursor`] at offset 0 that owns the mapping.
    ///
    /// ```no_run
    /// fn input(path: &str) -> std::io::Result<Box<dyn std::io::Read>> {
    ///     Ok(Box::new(mem::open(path)?.into_cursor()))
    /// }
    /// ```
    pub fn into_cursor(self) -> Cursor<Mapping> {
        Cursor::new(self)
    }
}

impl<M: Borrow<Mapping>> Cursor<M> {
    /// A cursor at offset 0.
    pub fn new(mapping: M) -> Self {
        Cursor {
            mapping,
            position: 0,
            buffer: Box::default(),
            ahead: 0..0,
            sequential: false,
        }
    }

    /// Where the next read or write starts, in bytes from the start of the
    /// mapping.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Moves to `position`, in bytes from the start of the mapping. It may lie
    /// behind the end; reads and writes there have 0 bytes.
    pub fn set_position(&mut self, position: u64) {
        self.position = position;
        self.ahead = 0..0;
        self.sequential = false;
    }

    /// The mapping.
    pub fn get_ref(&self) -> &M {
        &self.mapping
    }

    /// Gives the mapping back. Nothing is lost, because only reads are buffered.
    pub fn into_inner(self) -> M {
        self.mapping
    }
}

/// Reads are short where the mapping ends, and have 0 bytes at its end or behind
/// it. An error has a [`mem::Error`](crate::Error) inside.
impl<M: Borrow<Mapping>> Read for Cursor<M> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let buffered = self.sequential && buf.len() < BUFFER;
        if self.ahead.is_empty() && !buffered {
            return self.read_past_buffer(buf);
        }
        let n = self.fill_buf()?.read(buf)?;
        self.consume(n);
        Ok(n)
    }

    fn read_to_end(&mut self, buf: &mut Vec<u8>) -> io::Result<usize> {
        let before = buf.len();
        usize::try_from(self.rest())
            .ok()
            .and_then(|rest| buf.try_reserve(rest).ok())
            .ok_or(io::ErrorKind::OutOfMemory)?;
        let ahead = self.ahead.len();
        buf.extend_from_slice(&self.buffer[self.ahead.clone()]);
        self.consume(ahead);
        loop {
            let start = buf.len();
            let length = self.rest().min(READ_TO_END as u64) as usize;
            if length == 0 {
                return Ok(start - before);
            }
            buf.resize(start + length, 0);
            let read = self.read_past_buffer(&mut buf[start..]);
            buf.truncate(start + *read.as_ref().unwrap_or(&0));
            read?;
        }
    }
}

/// What [`fill_buf`](BufRead::fill_buf) gives ends with the buffer, and is
/// empty only at the end of the mapping or behind it.
impl<M: Borrow<Mapping>> BufRead for Cursor<M> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.ahead.is_empty() {
            if self.buffer.is_empty() {
                let len = self.mapping.borrow().len().min(BUFFER as u64);
                self.buffer = vec![0; len as usize].into_boxed_slice();
            }
            let mapping = self.mapping.borrow();
            self.ahead = 0..mapping.read_at(self.position, &mut self.buffer)?;
        }
        Ok(&self.buffer[self.ahead.clone()])
    }

    fn consume(&mut self, amount: usize) {
        let amount = amount.min(self.ahead.len());
        self.ahead.start += amount;
        self.position += amount as u64;
        self.sequential = true;
    }
}

/// A write is short where the mapping ends, and has 0 bytes at its end or behind
/// it: a mapping never grows. [`write_all`](Write::write_all) then gives
/// [`io::ErrorKind::WriteZero`].
impl<M: Borrow<Mapping>> Write for Cursor<M> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.ahead = 0..0;
        let n = self.mapping.borrow().write_at(self.position, bytes)?;
        self.position += n as u64;
        Ok(n)
    }

    /// [`Mapping::flush`]: returns when the disk has what was written. Without
    /// it, writes still reach the mapping and other users of the file.
    fn flush(&mut self) -> io::Result<()> {
        Ok(self.mapping.borrow().flush()?)
    }
}

/// A position may lie behind the end of the mapping. One before its start, or
/// one that does not fit into 64 bits, gives [`io::ErrorKind::InvalidInput`].
impl<M: Borrow<Mapping>> Seek for Cursor<M> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::End(by) => self.mapping.borrow().len().checked_add_signed(by),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
        };
        let position = position.ok_or_else(no_position)?;
        self.set_position(position);
        Ok(position)
    }

    fn stream_position(&mut self) -> io::Result<u64> {
        Ok(self.position)
    }

    /// Keeps the buffered bytes ahead of the new position.
    fn seek_relative(&mut self, by: i64) -> io::Result<()> {
        match usize::try_from(by) {
            Ok(by) if by <= self.ahead.len() => self.consume(by),
            _ => {
                self.seek(SeekFrom::Current(by))?;
            }
        }
        Ok(())
    }
}

impl<M: Borrow<Mapping>> fmt::Debug for Cursor<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cursor")
            .field("mapping", self.mapping.borrow())
            .field("position", &self.position)
            .finish_non_exhaustive()
    }
}

impl<M: Borrow<Mapping>> Cursor<M> {
    /// How many bytes lie between the position and the end of the mapping.
    fn rest(&self) -> u64 {
        self.mapping.borrow().len().saturating_sub(self.position)
    }

    fn read_past_buffer(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.mapping.borrow().read_at(self.position, buf)?;
        self.position += n as u64;
        self.sequential = true;
        Ok(n)
    }
}

fn no_position() -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidInput,
        "seek to a position before the start of the mapping or behind 64 bits",
    )
}
