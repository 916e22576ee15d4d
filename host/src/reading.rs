//! What is read from a mapping by one call.

use crate::Error;
use crate::bindings::wit;
use mem_mapping::Mapping;
use std::ops::Range;

/// Ranges of a mapping, checked, and how many bytes they have together.
#[derive(Debug)]
pub(crate) struct Reading {
    ranges: Ranges,
    pub(crate) length: usize,
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
        mapping: &Mapping,
        offset: u64,
        length: u64,
        limit: u64,
    ) -> Result<Self, Error> {
        let range = mapping.readable(offset, length)?;
        if length > limit {
            return Err(Error::QuotaExceeded);
        }
        mapping.prefetch(&range);
        Ok(Self {
            length: range.len(),
            ranges: Ranges::One(range),
        })
    }

    /// All `ranges`, of whose bytes `limit` are allowed together.
    ///
    /// # Errors
    ///
    /// `OutOfBounds`, `Truncated` and `QuotaExceeded`.
    pub(crate) fn many(
        mapping: &Mapping,
        ranges: &[wit::Range],
        limit: u64,
    ) -> Result<Self, Error> {
        let mut length = 0_u64;
        let ranges = ranges.iter().map(|range| {
            length = length.saturating_add(range.length);
            mapping.readable(range.offset, range.length)
        });
        let ranges = ranges.collect::<Result<_, _>>()?;
        let length = usize::try_from(length).ok().filter(|_| length <= limit);
        Ok(Self {
            ranges: Ranges::Many(ranges),
            length: length.ok_or(Error::QuotaExceeded)?,
        })
    }

    /// Copies the bytes from `mapping`, which has to be the one that was
    /// checked, to `to`, which has room for just them.
    ///
    /// # Errors
    ///
    /// `Truncated`.
    #[inline]
    pub(crate) fn read(&self, mapping: &Mapping, to: &mut [u8]) -> Result<(), Error> {
        match &self.ranges {
            Ranges::One(range) => mapping.copy_out(range, to),
            Ranges::Many(ranges) => mapping.copy_out_many(ranges, to),
        }
    }
}
