//! What one call reads from a mapping.

use crate::calls::{CallTimer, Mapped};
use crate::operation::Operation;
use mem_contract::{ByteRange, ErrorCode};
use mem_mapping::{Explain, Mapping};
use std::ops::Range;

/// The ranges that a guest wants to read.
pub(crate) enum Ranges {
    /// Most reads have one, and nothing is allocated for it.
    One(ByteRange),
    Many(Vec<ByteRange>),
}

impl Ranges {
    /// `count` elements of `size` bytes from `offset` on.
    #[inline]
    pub(crate) fn elements(offset: u64, count: u64, size: u64) -> Self {
        let length = count.saturating_mul(size);
        Self::One(ByteRange { offset, length })
    }

    /// Where the first range starts, and the length of all.
    #[inline]
    pub(crate) fn total(&self) -> ByteRange {
        match self {
            Self::One(range) => *range,
            Self::Many(ranges) => total(ranges),
        }
    }
}

/// Where the first range starts, and the length of all.
pub(crate) fn total(ranges: &[ByteRange]) -> ByteRange {
    let lengths = ranges.iter().map(|range| range.length);
    ByteRange {
        offset: ranges.first().map_or(0, |range| range.offset),
        length: lengths.fold(0, u64::saturating_add),
    }
}

/// A read whose ranges are checked.
#[derive(Debug)]
pub(crate) struct Reading {
    offsets: Offsets,
    /// How many bytes it copies.
    pub(crate) length: usize,
    total: ByteRange,
    operation: Operation,
    timer: CallTimer,
}

/// Offsets into the mapping.
#[derive(Debug)]
enum Offsets {
    One(Range<usize>),
    Many(Vec<Range<usize>>),
}

impl Reading {
    /// Checks the ranges, which can have at most `limit` bytes together. An
    /// error ends the call.
    ///
    /// # Errors
    ///
    /// `OutOfBounds`, `Truncated` and `QuotaExceeded`.
    #[inline]
    pub(crate) fn new(
        mapping: &Mapped,
        operation: Operation,
        ranges: Ranges,
        limit: u64,
    ) -> Result<Self, ErrorCode> {
        let timer = CallTimer::start();
        let total = ranges.total();
        let checked = Offsets::of(mapping.mapping(), &ranges).and_then(|offsets| {
            if total.length > limit {
                return Err(too_long(total.length, limit));
            }
            if let Offsets::One(range) = &offsets {
                mapping.mapping().prefetch(range);
            }
            Ok(offsets)
        });
        match checked {
            Ok(offsets) => Ok(Self {
                offsets,
                // The limit fits into 32 bits.
                length: total.length as usize,
                total,
                operation,
                timer,
            }),
            Err(error) => {
                mapping.quick_call_ended(operation, total, timer, Err(error));
                Err(error)
            }
        }
    }

    /// Copies the bytes from `mapping`, which has to be the one that was
    /// checked, to `to`, which is `length` bytes long. This ends the call.
    ///
    /// # Errors
    ///
    /// `Truncated`.
    #[inline]
    pub(crate) fn read(&self, mapping: &Mapped, to: &mut [u8]) -> Result<(), ErrorCode> {
        let read = match &self.offsets {
            Offsets::One(range) => mapping.mapping().copy_out(range, to),
            Offsets::Many(ranges) => mapping.mapping().copy_out_many(ranges, to),
        };
        mapping.quick_call_ended(self.operation, self.total, self.timer, read);
        read
    }
}

impl Offsets {
    #[inline]
    fn of(mapping: &Mapping, ranges: &Ranges) -> Result<Self, ErrorCode> {
        let offsets = |range: &ByteRange| mapping.readable(range.offset, range.length);
        match ranges {
            Ranges::One(range) => Ok(Self::One(offsets(range)?)),
            Ranges::Many(ranges) => {
                let ranges = ranges.iter().map(offsets);
                Ok(Self::Many(ranges.collect::<Result<_, _>>()?))
            }
        }
    }
}

#[cold]
fn too_long(length: u64, limit: u64) -> ErrorCode {
    ErrorCode::QuotaExceeded.because(format!(
        "one read can have {limit} bytes, and this has {length}; read less at a time, or have the \
         embedder raise it by `MemCtxBuilder::max_read_bytes` (`--mem-max-read-bytes`)"
    ))
}
