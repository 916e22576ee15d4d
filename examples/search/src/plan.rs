//! Writing an index.

use crate::Error;
use crate::format::{BLOCK, Entry, Header, Layout, MAGIC, MAX_TEXT, VERSION};
use crate::words::{fold, lines, words};
use std::collections::HashMap;
use zerocopy::little_endian::U32;
use zerocopy::{FromBytes, IntoBytes, KnownLayout, Unaligned};

/// How many bytes of the text are read, at least, between two reports.
const REPORT: usize = 1 << 20;

/// No line has this number: a text has fewer lines than bytes.
const NO_LINE: u32 = u32::MAX;

/// What the index of a text will be, so that you can make room for it.
///
/// The text is read twice, to count and to write. In between, memory holds only
/// the words, each once.
pub struct Plan {
    header: Header,
    layout: Layout,
    words: HashMap<Box<str>, Word>,
}

struct Word {
    /// How many of the lines that are not written yet hold it.
    lines: u32,
    /// The last line in which it was found.
    last_line: u32,
    /// The posting to write next.
    next: usize,
}

impl Plan {
    /// Counts what the index of `text` will hold. `report` gets the number of
    /// bytes that are done, from time to time.
    ///
    /// # Errors
    ///
    /// - [`Error::TextTooLarge`]
    /// - [`Error::IndexTooLarge`]
    pub fn new(text: &[u8], report: impl FnMut(usize)) -> Result<Plan, Error> {
        let length = text.len() as u64;
        if length > MAX_TEXT {
            return Err(Error::TextTooLarge(length));
        }
        let mut seen: HashMap<Box<str>, Word> = HashMap::new();
        let mut word_bytes = 0_u64;
        let mut postings = 0_u64;
        let lines = each_word(text, report, |line, word| {
            match seen.get_mut(word) {
                Some(seen) if seen.last_line == line => return Ok(()),
                Some(seen) => {
                    seen.lines += 1;
                    seen.last_line = line;
                }
                None => {
                    word_bytes += word.len() as u64;
                    let first = Word {
                        lines: 1,
                        last_line: line,
                        next: 0,
                    };
                    seen.insert(word.into(), first);
                }
            }
            postings += 1;
            Ok(())
        })?;

        let mut header = Header {
            magic: MAGIC,
            version: VERSION.into(),
            block: (BLOCK as u32).into(),
            text: length.into(),
            lines: u64::from(lines).into(),
            words: (seen.len() as u64).into(),
            word_bytes: word_bytes.into(),
            postings: postings.into(),
            checksum: U32::ZERO,
        };
        header.checksum = header.own_checksum().into();
        Ok(Plan {
            layout: Layout::new(&header)?,
            header,
            words: seen,
        })
    }

    /// The size of the index in bytes.
    pub fn size(&self) -> usize {
        self.layout.size()
    }

    /// How many lines the text has.
    pub fn lines(&self) -> u64 {
        self.header.lines.get()
    }

    /// How many words the text has, each counted once.
    pub fn words(&self) -> u64 {
        self.header.words.get()
    }

    /// Writes the index of `text`, the text of the plan, to `out`.
    /// `report` is as for [`new`](Plan::new).
    ///
    /// # Errors
    ///
    /// [`Error::TextChanged`]: it is not the text of the plan.
    ///
    /// # Panics
    ///
    /// If the length of `out` is not [`size`](Plan::size).
    pub fn write(
        mut self,
        text: &[u8],
        out: &mut [u8],
        report: impl FnMut(usize),
    ) -> Result<(), Error> {
        assert_eq!(out.len(), self.size(), "not the plan's size");
        if text.len() as u64 != self.header.text.get() {
            return Err(Error::TextChanged);
        }
        let (header, rest) = out.split_at_mut(size_of::<Header>());
        header.copy_from_slice(self.header.as_bytes());
        let (lines, rest) = rest.split_at_mut(self.layout.lines.len());
        write_lines(text, of_bytes(lines))?;
        let (entries, rest) = rest.split_at_mut(self.layout.entries.len());
        let (words, rest) = rest.split_at_mut(self.layout.words.len());
        self.write_words(of_bytes(entries), words);
        let (postings, _) = rest.split_at_mut(self.layout.postings.len());
        self.write_postings(text, of_bytes(postings), report)?;

        let (blocks, end) = out.split_at_mut(self.layout.checksums.start);
        let (checksums, last) = end.split_at_mut(self.layout.checksums.len());
        for (checksum, block) in of_bytes::<U32>(checksums)
            .iter_mut()
            .zip(blocks.chunks(BLOCK))
        {
            *checksum = crc32fast::hash(block).into();
        }
        last.copy_from_slice(&crc32fast::hash(checksums).to_le_bytes());
        Ok(())
    }

    /// Writes the words in their order, and gives each its postings.
    fn write_words(&mut self, entries: &mut [Entry], out: &mut [u8]) {
        let mut sorted: Vec<_> = self.words.iter_mut().collect();
        sorted.sort_unstable_by_key(|&(word, _)| word);
        let (mut start, mut posting) = (0, 0);
        let (last, entries) = entries.split_last_mut().expect("one more than words");
        for ((word, found), entry) in sorted.into_iter().zip(entries) {
            *entry = Entry::new(start, posting);
            out[start..start + word.len()].copy_from_slice(word.as_bytes());
            start += word.len();
            found.next = posting;
            found.last_line = NO_LINE;
            posting += found.lines as usize;
        }
        *last = Entry::new(start, posting);
    }

    /// Writes the lines of each word.
    fn write_postings(
        &mut self,
        text: &[u8],
        postings: &mut [U32],
        report: impl FnMut(usize),
    ) -> Result<(), Error> {
        let mut left = postings.len();
        each_word(text, report, |line, word| {
            let found = self.words.get_mut(word).ok_or(Error::TextChanged)?;
            if found.last_line != line {
                found.lines = found.lines.checked_sub(1).ok_or(Error::TextChanged)?;
                postings[found.next] = line.into();
                found.next += 1;
                found.last_line = line;
                left -= 1;
            }
            Ok(())
        })?;
        if left == 0 {
            Ok(())
        } else {
            Err(Error::TextChanged)
        }
    }
}

/// Writes where each line starts, and where the last ends.
fn write_lines(text: &[u8], starts: &mut [U32]) -> Result<(), Error> {
    let found = lines(text).map(|line| line.start).chain([text.len()]);
    let mut found = found.map(|start| U32::new(start as u32));
    for start in starts {
        *start = found.next().ok_or(Error::TextChanged)?;
    }
    match found.next() {
        None => Ok(()),
        Some(_) => Err(Error::TextChanged),
    }
}

/// Calls `each` with the line and the folded word, for all words of `text`, and
/// returns the number of lines.
fn each_word(
    text: &[u8],
    mut report: impl FnMut(usize),
    mut each: impl FnMut(u32, &str) -> Result<(), Error>,
) -> Result<u32, Error> {
    let mut folded = String::new();
    let mut number = 0;
    let mut reported = 0;
    for line in lines(text) {
        for word in words(&text[line.clone()]) {
            fold(word, &mut folded);
            each(number, &folded)?;
        }
        number += 1;
        if line.end - reported >= REPORT {
            report(line.end);
            reported = line.end;
        }
    }
    Ok(number)
}

/// Bytes that are a whole number of `T`.
fn of_bytes<T>(bytes: &mut [u8]) -> &mut [T]
where
    [T]: FromBytes + IntoBytes + KnownLayout<PointerMetadata = usize> + Unaligned,
{
    <[T]>::mut_from_bytes(bytes).expect("the layout's sizes")
}
