//! From Rust's ranges to the contract's: an offset and a length in bytes, or
//! none for the whole mapping.

use std::ops::{Bound, RangeBounds};

use mem_contract::ByteRange;

/// A range that has no offset and length: it ends before it starts, or one of
/// its ends does not fit into 64 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed {
    pub start: Bound<u64>,
    pub end: Bound<u64>,
}

/// The range that `bounds` describe in a mapping of `size` bytes. None if they
/// are open at both ends.
///
/// The host checks whether the range lies inside the mapping. A range without an
/// end that starts behind the mapping's end has length 0, and so lies outside.
pub(crate) fn resolve(
    bounds: &impl RangeBounds<u64>,
    size: u64,
) -> Result<Option<ByteRange>, Malformed> {
    let (start, end) = (bounds.start_bound().cloned(), bounds.end_bound().cloned());
    let malformed = Malformed { start, end };
    let offset = match start {
        Bound::Included(start) => start,
        Bound::Excluded(start) => start.checked_add(1).ok_or(malformed)?,
        Bound::Unbounded if end == Bound::Unbounded => return Ok(None),
        Bound::Unbounded => 0,
    };
    let end = match end {
        Bound::Included(end) => end.checked_add(1).ok_or(malformed)?,
        Bound::Excluded(end) => end,
        Bound::Unbounded => size.max(offset),
    };
    let length = end.checked_sub(offset).ok_or(malformed)?;
    Ok(Some(ByteRange { offset, length }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: u64 = 100;

    fn range(offset: u64, length: u64) -> Result<Option<ByteRange>, Malformed> {
        Ok(Some(ByteRange { offset, length }))
    }

    #[test]
    fn open_at_both_ends_is_the_whole_mapping() {
        assert_eq!(resolve(&(..), SIZE), Ok(None));
    }

    #[test]
    fn ends_are_counted_in_or_out() {
        assert_eq!(resolve(&(10..20), SIZE), range(10, 10));
        assert_eq!(resolve(&(10..=20), SIZE), range(10, 11));
        assert_eq!(resolve(&(..20), SIZE), range(0, 20));
        assert_eq!(resolve(&(..=20), SIZE), range(0, 21));
        let after = (Bound::Excluded(10), Bound::Excluded(20));
        assert_eq!(resolve(&after, SIZE), range(11, 9));
    }

    #[test]
    fn an_open_end_is_the_end_of_the_mapping() {
        assert_eq!(resolve(&(10..), SIZE), range(10, 90));
        assert_eq!(resolve(&(100..), SIZE), range(100, 0));
        assert_eq!(resolve(&(101..), SIZE), range(101, 0));
    }

    #[test]
    fn an_empty_range_is_valid() {
        assert_eq!(resolve(&(7..7), SIZE), range(7, 0));
    }

    #[test]
    #[expect(clippy::reversed_empty_ranges, reason = "the case under test")]
    fn a_backwards_range_is_malformed() {
        assert!(resolve(&(20..10), SIZE).is_err());
        assert!(resolve(&(20..=18), SIZE).is_err());
    }

    #[test]
    fn ends_that_overflow_are_malformed() {
        assert!(resolve(&(0..=u64::MAX), SIZE).is_err());
        assert!(resolve(&(Bound::Excluded(u64::MAX), Bound::Unbounded), SIZE).is_err());
        assert_eq!(resolve(&(0..u64::MAX), SIZE), range(0, u64::MAX));
    }
}
