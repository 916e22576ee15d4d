//! What is read from a mapping by one call.

use crate::Error;
use crate::bindings::wit;
use crate::calls::{Began, Mapped};
use crate::usage::Operation;
use mem_mapping::{ByteRange, Explain, Mapping};
use std::ops::Range;

/// Ranges of a mapping, checked, and how many bytes they have together.
#[derive(Debug)]
pub(crate) struct Reading {
    ranges: Ranges,
    pub(crate) length: usize,
    operation: Operation,
    began: Began,
}

/// Offsets into the mapping. Most reads have one range, for which nothing is
/// allocated.
#[derive(Debug)]
enum Ranges {
    One(Range<usize>),
    Many(Vec<Range<usize>>),
}

impl Reading {
    /// The `length` bytes from `offset` on, of which `limit` are allowed.
    ///
    /// # Errors
    ///
    /// `OutOfBounds`, `Truncated` and `QuotaExceeded`.
    #[inline]
    pub(crate) fn new(
        mapping: &Mapped,
        offset: u64,
        length: u64,
        limit: u64,
    ) -> Result<Self, Error> {
        let range = ByteRange { offset, length };
        Self::one(mapping, Operation::Read, range, limit)
    }

    /// The `count` times 64 bytes from `offset` on, of which `limit` are
    /// allowed.
    ///
    /// # Errors
    ///
    /// As for `new`.
    #[inline]
    pub(crate) fn words(
        mapping: &Mapped,
        offset: u64,
        count: u64,
        limit: u64,
    ) -> Result<Self, Error> {
        let length = count.saturating_mul(64);
        let range = ByteRange { offset, length };
        Self::one(mapping, Operation::ReadU64x8, range, limit)
    }

    #[inline]
    fn one(
        mapping: &Mapped,
        operation: Operation,
        range: ByteRange,
        limit: u64,
    ) -> Result<Self, Error> {
        let began = Began::now();
        match one(mapping.mapping(), range, limit) {
            Ok(range) => Ok(Self {
                length: range.len(),
                ranges: Ranges::One(range),
                operation,
                began,
            }),
            Err(error) => {
                mapping.ended(operation, range, began, Err(error));
                Err(error)
            }
        }
    }

    /// All `ranges`, of whose bytes `limit` are allowed together.
    ///
    /// # Errors
    ///
    /// `OutOfBounds`, `Truncated` and `QuotaExceeded`.
    pub(crate) fn many(mapping: &Mapped, ranges: &[wit::Range], limit: u64) -> Result<Self, Error> {
        let began = Began::now();
        let lengths = ranges.iter().map(|range| range.length);
        let length = lengths.fold(0, u64::saturating_add);
        match many(mapping.mapping(), ranges, length, limit) {
            Ok((ranges, length)) => Ok(Self {
                length,
                ranges: Ranges::Many(ranges),
                operation: Operation::ReadMany,
                began,
            }),
            Err(error) => {
                let offset = ranges.first().map_or(0, |range| range.offset);
                let range = ByteRange { offset, length };
                mapping.ended(Operation::ReadMany, range, began, Err(error));
                Err(error)
            }
        }
    }

    /// Copies the bytes from `mapping`, which has to be the one that was
    /// checked, to `to`, which has room for just them. With that the call ends.
    ///
    /// # Errors
    ///
    /// `Truncated`.
    #[inline]
    pub(crate) fn read(&self, mapping: &Mapped, to: &mut [u8]) -> Result<(), Error> {
        let (read, offset) = match &self.ranges {
            Ranges::One(range) => (mapping.mapping().copy_out(range, to), range.start),
            Ranges::Many(ranges) => {
                let read = mapping.mapping().copy_out_many(ranges, to);
                (read, ranges.first().map_or(0, |range| range.start))
            }
        };
        let range = ByteRange {
            offset: offset as u64,
            length: self.length as u64,
        };
        mapping.ended(self.operation, range, self.began, read);
        read
    }
}

#[inline]
fn one(mapping: &Mapping, range: ByteRange, limit: u64) -> Result<Range<usize>, Error> {
    let ByteRange { offset, length } = range;
    let range = mapping.readable(offset, length)?;
    if length > limit {
        return Err(too_long(length, limit));
    }
    mapping.prefetch(&range);
    Ok(range)
}

/// The ranges, and `bytes`, as many as all of them have.
fn many(
    mapping: &Mapping,
    ranges: &[wit::Range],
    bytes: u64,
    limit: u64,
) -> Result<(Vec<Range<usize>>, usize), Error> {
    let ranges = ranges
        .iter()
        .map(|range| mapping.readable(range.offset, range.length));
    let ranges = ranges.collect::<Result<_, _>>()?;
    let length = usize::try_from(bytes).ok().filter(|_| bytes <= limit);
    Ok((ranges, length.ok_or_else(|| too_long(bytes, limit))?))
}

#[cold]
fn too_long(length: u64, limit: u64) -> Error {
    Error::QuotaExceeded.because(format!(
        "one read can have {limit} bytes, and this has {length}; read less at a time, or have the \
         embedder raise it by `MemCtxBuilder::max_read_bytes` (`--mem-max-read-bytes`)"
    ))
}
