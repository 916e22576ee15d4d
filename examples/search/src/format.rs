//! The bytes of an index. All numbers are little-endian, and none need be
//! aligned.
//!
//! | bytes | what |
//! | --- | --- |
//! | 60 | [`Header`] |
//! | 4 × (lines + 1) | where each line starts in the text; after the last, the length of the text |
//! | 16 × (words + 1) | an [`Entry`] for each word, sorted by the bytes of the folded word; after the last, the ends of what follows |
//! | word bytes | the folded words, in that order, with nothing between them |
//! | 4 × postings | for each word, in that order, the lines that hold it, ascending, each once; the first line is 0 |
//! | 4 × blocks | the CRC-32 of each block |
//! | 4 | the CRC-32 of these checksums |
//!
//! A block is [`BLOCK`] bytes of the file before the checksums; the last may be
//! shorter. To read a few pages of an index, check their blocks and no others.
//!
//! The text has at most [`MAX_TEXT`] bytes.

use crate::Error;
use std::ops::Range;
use zerocopy::little_endian::{U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// The first bytes of every index.
pub const MAGIC: [u8; 8] = *b"wordidx\n";

/// The version of the format.
pub const VERSION: u32 = 1;

/// The size of a block in bytes: that of a page on most machines.
pub const BLOCK: usize = 4096;

/// The most bytes of a text.
pub const MAX_TEXT: u64 = u32::MAX as u64;

/// The start of an index.
#[derive(Clone, Copy, Debug, FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned)]
#[repr(C)]
pub struct Header {
    /// [`MAGIC`].
    pub magic: [u8; 8],
    /// [`VERSION`].
    pub version: U32,
    /// The size of a block, [`BLOCK`].
    pub block: U32,
    /// The length of the text in bytes.
    pub text: U64,
    /// The number of lines.
    pub lines: U64,
    /// The number of words.
    pub words: U64,
    /// The length of all folded words together, in bytes.
    pub word_bytes: U64,
    /// The number of postings.
    pub postings: U64,
    /// The CRC-32 of the header before this field.
    pub checksum: U32,
}

impl Header {
    /// What `checksum` must be.
    pub fn own_checksum(&self) -> u32 {
        let bytes = self.as_bytes();
        crc32fast::hash(&bytes[..bytes.len() - size_of::<U32>()])
    }
}

/// Where a word and its postings start. They end where the next entry's start.
#[derive(Clone, Copy, Debug, FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned)]
#[repr(C)]
pub struct Entry {
    /// In the folded words, in bytes.
    pub word: U64,
    /// In the postings, in postings.
    pub posting: U64,
}

impl Entry {
    pub(crate) fn new(word: usize, posting: usize) -> Entry {
        Entry {
            word: (word as u64).into(),
            posting: (posting as u64).into(),
        }
    }
}

/// Where the parts of an index lie.
#[derive(Clone, Debug)]
pub struct Layout {
    /// The starts of the lines.
    pub lines: Range<usize>,
    /// The entries of the words.
    pub entries: Range<usize>,
    /// The folded words.
    pub words: Range<usize>,
    /// The postings.
    pub postings: Range<usize>,
    /// The checksums of the blocks.
    pub checksums: Range<usize>,
    size: usize,
}

impl Layout {
    /// The layout of an index with this header.
    ///
    /// # Errors
    ///
    /// [`Error::IndexTooLarge`] if it does not fit into the address space.
    pub fn new(header: &Header) -> Result<Layout, Error> {
        Layout::checked(header).ok_or(Error::IndexTooLarge)
    }

    /// The size of the index in bytes.
    pub fn size(&self) -> usize {
        self.size
    }

    fn checked(header: &Header) -> Option<Layout> {
        let mut end = size_of::<Header>();
        let mut next = |count: u64, size: usize| {
            let start = end;
            let bytes = usize::try_from(count).ok()?.checked_mul(size)?;
            end = start.checked_add(bytes)?;
            Some(start..end)
        };
        let lines = next(header.lines.get().checked_add(1)?, size_of::<U32>())?;
        let entries = next(header.words.get().checked_add(1)?, size_of::<Entry>())?;
        let words = next(header.word_bytes.get(), 1)?;
        let postings = next(header.postings.get(), size_of::<U32>())?;
        let blocks = postings.end.div_ceil(BLOCK);
        let checksums = next(blocks as u64, size_of::<U32>())?;
        Some(Layout {
            lines,
            entries,
            words,
            postings,
            size: checksums.end.checked_add(size_of::<U32>())?,
            checksums,
        })
    }
}
