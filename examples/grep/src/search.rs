//! Finding the lines of a mapping that hold a string.

use mem::Mapping;
use memchr::memmem::Finder;
use memchr::{memchr, memchr_iter, memrchr};
use progress::ProgressBar;
use std::io::{self, BufRead, Read, Write};

const PIECE: usize = 256 << 10;

/// A line, by where it starts.
struct Line {
    /// Counted from 1.
    number: u64,
    offset: u64,
}

impl Line {
    /// Moves to the line in which `bytes` end. They lie at `offset`, and start in
    /// this line.
    fn pass(&mut self, bytes: &[u8], offset: u64) {
        if let Some(last) = memrchr(b'\n', bytes) {
            self.number += memchr_iter(b'\n', bytes).count() as u64;
            self.offset = offset + last as u64 + 1;
        }
    }
}

/// Writes each line of `mapping` that holds the string of `finder` to `out`, as
/// `prefix`, the line's number, a colon and the line. Returns whether there was
/// any.
///
/// The string must not hold a newline. A line may be larger than the guest's
/// memory.
pub fn search(
    mapping: &Mapping,
    finder: &Finder<'_>,
    prefix: &str,
    out: &mut impl Write,
    bar: &ProgressBar,
) -> io::Result<bool> {
    // These bytes are searched again, because a string may begin there and go
    // on behind the piece.
    let overlap = finder.needle().len().saturating_sub(1);
    let mut buffer = vec![0; PIECE.max(2 * overlap)];
    let mut line = Line {
        number: 1,
        offset: 0,
    };
    let mut any = false;
    let mut offset = 0;
    while offset < mapping.len() {
        bar.set_position(offset);
        let n = mapping.read_at(offset, &mut buffer)?;
        // What is not searched yet. It lies at `offset`.
        let mut piece = &buffer[..n];

        while !piece.is_empty() {
            let Some(found) = finder.find(piece) else {
                break;
            };
            any = true;
            line.pass(&piece[..found], offset);
            write!(out, "{prefix}{}:", line.number)?;
            let end = match memchr(b'\n', &piece[found..]) {
                Some(newline) => offset + (found + newline) as u64 + 1,
                None => line_end(mapping, offset + piece.len() as u64)?,
            };
            write_line(mapping, line.offset, end, (piece, offset), out)?;

            line.number += 1;
            line.offset = end;
            let passed = usize::try_from(end - offset).ok();
            piece = passed.and_then(|n| piece.get(n..)).unwrap_or_default();
            offset = end;
        }

        let is_last = offset + piece.len() as u64 == mapping.len();
        let searched = piece.len() - if is_last { 0 } else { overlap.min(piece.len()) };
        line.pass(&piece[..searched], offset);
        offset += searched as u64;
    }
    Ok(any)
}

/// The offset behind the newline at or behind `from`, or behind the last line.
fn line_end(mapping: &Mapping, from: u64) -> io::Result<u64> {
    let mut cursor = mapping.cursor();
    cursor.set_position(from);
    cursor.skip_until(b'\n')?;
    Ok(cursor.position())
}

/// Writes the line from `start` to `end`, and a newline if it is the last line
/// and lacks one. Bytes that are in `piece`, which lies at the offset beside it,
/// are not read again.
fn write_line(
    mapping: &Mapping,
    start: u64,
    end: u64,
    (piece, offset): (&[u8], u64),
    out: &mut impl Write,
) -> io::Result<()> {
    if start >= offset && end <= offset + piece.len() as u64 {
        out.write_all(&piece[(start - offset) as usize..(end - offset) as usize])?;
    } else {
        let mut cursor = mapping.cursor();
        cursor.set_position(start);
        io::copy(&mut cursor.take(end - start), out)?;
    }
    if end == mapping.len() && mapping.get::<u8>(end - 1)? != b'\n' {
        out.write_all(b"\n")?;
    }
    Ok(())
}
