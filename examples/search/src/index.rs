//! Reading an index.

use crate::Error;
use crate::blocks::Blocks;
use crate::format::{BLOCK, Entry, Header, Layout, MAGIC, VERSION};
use std::ops::Range;
use zerocopy::little_endian::U32;
use zerocopy::{FromBytes, Immutable, KnownLayout, Unaligned};

/// An index in the bytes that [`Plan::write`](crate::Plan::write) wrote.
///
/// A lookup reads the few pages that lie on its way. Whatever the bytes are, it
/// gives an error or an answer.
pub struct Index<'a> {
    header: &'a Header,
    layout: Layout,
    blocks: Blocks<'a>,
}

impl<'a> Index<'a> {
    /// The index in `bytes`. This checks the header and the checksums. The rest
    /// is checked when it is read.
    ///
    /// # Errors
    ///
    /// - [`Error::NotAnIndex`]
    /// - [`Error::Version`]
    /// - [`Error::Header`]
    /// - [`Error::Size`]
    /// - [`Error::Checksums`]
    /// - [`Error::IndexTooLarge`]
    /// - [`Error::Malformed`]
    pub fn open(bytes: &'a [u8]) -> Result<Index<'a>, Error> {
        if !bytes.starts_with(&MAGIC) {
            return Err(Error::NotAnIndex);
        }
        let (header, _) = Header::ref_from_prefix(bytes).map_err(|_| Error::Size {
            expected: size_of::<Header>(),
            actual: bytes.len(),
        })?;
        if header.version != VERSION {
            return Err(Error::Version(header.version.get()));
        }
        if header.checksum != header.own_checksum() {
            return Err(Error::Header);
        }
        if header.block != BLOCK as u32 {
            return Err(Error::Malformed("its blocks have another size"));
        }
        let layout = Layout::new(header)?;
        if bytes.len() != layout.size() {
            return Err(Error::Size {
                expected: layout.size(),
                actual: bytes.len(),
            });
        }

        let checksums = &bytes[layout.checksums.clone()];
        if bytes[layout.checksums.end..] != crc32fast::hash(checksums).to_le_bytes() {
            return Err(Error::Checksums);
        }
        let blocks = &bytes[..layout.checksums.start];
        Ok(Index {
            header,
            blocks: Blocks::new(blocks, of_bytes(checksums)?),
            layout,
        })
    }

    /// The length in bytes of the text when it was indexed.
    pub fn text_len(&self) -> u64 {
        self.header.text.get()
    }

    /// How many blocks the index has, and how many of them were read so far.
    pub fn blocks(&self) -> (usize, usize) {
        (self.blocks.len(), self.blocks.checked())
    }

    /// The postings of all words that equal the folded `word`, or that start
    /// with it if it is a prefix: one list for each, and none if there is none.
    pub(crate) fn postings(&self, word: &str, is_prefix: bool) -> Result<Vec<&'a [U32]>, Error> {
        let word = word.as_bytes();
        let first = self.partition_point(0, |other| other < word)?;
        let end = self.partition_point(first, |other| match is_prefix {
            true => other.starts_with(word),
            false => other == word,
        })?;
        (first..end).map(|at| self.postings_at(at)).collect()
    }

    /// Where line `line` lies in the text, with its newline.
    pub(crate) fn line(&self, line: u32) -> Result<Range<usize>, Error> {
        let line = line as usize;
        let starts: &[U32] = self.elements(&self.layout.lines, line..line.saturating_add(2))?;
        match starts {
            [start, end] => Ok(start.get() as usize..end.get() as usize),
            _ => Err(Error::Malformed("a posting is of no line")),
        }
    }

    /// The first word from `first` on for which `is_before` is false, if it is
    /// true for all before that and false for all behind.
    fn partition_point(
        &self,
        first: usize,
        is_before: impl Fn(&[u8]) -> bool,
    ) -> Result<usize, Error> {
        let (mut start, mut end) = (first, self.header.words.get() as usize);
        while start < end {
            let middle = start + (end - start) / 2;
            if is_before(self.word_at(middle)?) {
                start = middle + 1;
            } else {
                end = middle;
            }
        }
        Ok(start)
    }

    fn word_at(&self, at: usize) -> Result<&'a [u8], Error> {
        let [from, to] = self.entries_at(at)?;
        let words = range(from.word.get(), to.word.get())?;
        self.elements(&self.layout.words, words)
    }

    fn postings_at(&self, at: usize) -> Result<&'a [U32], Error> {
        let [from, to] = self.entries_at(at)?;
        let postings = range(from.posting.get(), to.posting.get())?;
        self.elements(&self.layout.postings, postings)
    }

    /// The entry of word `at` and the next.
    fn entries_at(&self, at: usize) -> Result<&'a [Entry; 2], Error> {
        let entries: &[Entry] = self.elements(&self.layout.entries, at..at + 2)?;
        entries
            .try_into()
            .map_err(|_| Error::Malformed("an entry is missing"))
    }

    /// The elements `range` of a part of the index.
    fn elements<T>(&self, part: &Range<usize>, range: Range<usize>) -> Result<&'a [T], Error>
    where
        [T]: FromBytes + Immutable + KnownLayout<PointerMetadata = usize> + Unaligned,
    {
        let at = |index: usize| {
            let offset = index.checked_mul(size_of::<T>())?.checked_add(part.start)?;
            (offset <= part.end).then_some(offset)
        };
        match (at(range.start), at(range.end)) {
            (Some(start), Some(end)) => of_bytes(self.blocks.get(start..end)?),
            _ => Err(Error::Malformed("what it refers to lies outside")),
        }
    }
}

/// A range of numbers that lie in an index.
fn range(start: u64, end: u64) -> Result<Range<usize>, Error> {
    match (usize::try_from(start), usize::try_from(end)) {
        (Ok(start), Ok(end)) => Ok(start..end),
        _ => Err(Error::IndexTooLarge),
    }
}

fn of_bytes<T>(bytes: &[u8]) -> Result<&[T], Error>
where
    [T]: FromBytes + Immutable + KnownLayout<PointerMetadata = usize> + Unaligned,
{
    <[T]>::ref_from_bytes(bytes).map_err(|_| Error::Malformed("a part is not whole"))
}
