use crate::ErrorCode;
use core::ops::Range;

/// A range of bytes as a guest names it, the WIT's `range`. Nothing is checked
/// yet, not even that its end fits into 64 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ByteRange {
    /// Where it starts in the mapping, in bytes.
    pub offset: u64,
    /// How many bytes it has.
    pub length: u64,
}

impl ByteRange {
    /// Its bounds, if it lies wholly inside `size` bytes.
    ///
    /// # Errors
    ///
    /// [`ErrorCode::OutOfBounds`].
    #[inline]
    pub const fn within(self, size: u64) -> Result<Range<u64>, ErrorCode> {
        match self.offset.checked_add(self.length) {
            Some(end) if end <= size => Ok(self.offset..end),
            _ => Err(ErrorCode::OutOfBounds),
        }
    }

    /// The bounds of an `option<range>`: none means all of the `size` bytes.
    ///
    /// # Errors
    ///
    /// Those of [`within`](Self::within).
    #[inline]
    pub const fn within_or_all(range: Option<Self>, size: u64) -> Result<Range<u64>, ErrorCode> {
        match range {
            Some(range) => range.within(size),
            None => Ok(0..size),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn within(offset: u64, length: u64) -> Result<Range<u64>, ErrorCode> {
        ByteRange { offset, length }.within(100)
    }

    #[test]
    fn a_range_lies_wholly_inside_or_is_out_of_bounds() {
        assert_eq!(within(0, 100), Ok(0..100));
        assert_eq!(within(40, 10), Ok(40..50));
        assert_eq!(within(100, 0), Ok(100..100));
        assert_eq!(within(101, 0), Err(ErrorCode::OutOfBounds));
        assert_eq!(within(99, 2), Err(ErrorCode::OutOfBounds));
        assert_eq!(within(u64::MAX, 2), Err(ErrorCode::OutOfBounds));
        assert_eq!(within(2, u64::MAX), Err(ErrorCode::OutOfBounds));
    }

    #[test]
    fn no_range_is_the_whole_mapping() {
        assert_eq!(ByteRange::within_or_all(None, 100), Ok(0..100));
        let range = ByteRange {
            offset: 7,
            length: 0,
        };
        assert_eq!(ByteRange::within_or_all(Some(range), 100), Ok(7..7));
    }
}
