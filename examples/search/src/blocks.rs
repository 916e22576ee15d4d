//! Bytes in blocks. The first use of a block compares its checksum.

use crate::Error;
use crate::format::BLOCK;
use std::cell::Cell;
use std::ops::Range;
use zerocopy::little_endian::U32;

pub struct Blocks<'a> {
    bytes: &'a [u8],
    checksums: &'a [U32],
    is_checked: Box<[Cell<bool>]>,
}

impl<'a> Blocks<'a> {
    /// `bytes`, which are cut into blocks with these checksums.
    pub fn new(bytes: &'a [u8], checksums: &'a [U32]) -> Self {
        Blocks {
            bytes,
            checksums,
            is_checked: vec![Cell::new(false); checksums.len()].into(),
        }
    }

    /// The bytes of `range`, after checking the blocks in which they lie.
    pub fn get(&self, range: Range<usize>) -> Result<&'a [u8], Error> {
        let found = self.bytes.get(range.clone());
        let found = found.ok_or(Error::Malformed("a part of it lies outside"))?;
        if !found.is_empty() {
            for block in range.start / BLOCK..=(range.end - 1) / BLOCK {
                self.check(block)?;
            }
        }
        Ok(found)
    }

    /// How many blocks there are.
    pub fn len(&self) -> usize {
        self.checksums.len()
    }

    /// How many blocks have been checked.
    pub fn checked(&self) -> usize {
        self.is_checked.iter().filter(|cell| cell.get()).count()
    }

    fn check(&self, block: usize) -> Result<(), Error> {
        if self.is_checked[block].get() {
            return Ok(());
        }
        let offset = block * BLOCK;
        let end = self.bytes.len().min(offset + BLOCK);
        if crc32fast::hash(&self.bytes[offset..end]) != self.checksums[block].get() {
            return Err(Error::Block { offset });
        }
        self.is_checked[block].set(true);
        Ok(())
    }
}
