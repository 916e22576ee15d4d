//! Many ranges by one call.

use std::ops::{Bound, Range};

use mem_contract::{Advice, ByteRange, ErrorCode};

use crate::error::{Error, On};
use crate::mapping::Mapping;
use crate::range::Malformed;
use crate::shared::CHUNK;
use crate::sys::MOST_RANGES;

impl Mapping {
    /// Fills `buf` with the bytes of all `ranges`, one after the other in the
    /// order of the list. Ranges may overlap and may be empty, and their
    /// lengths add up to that of `buf`.
    ///
    /// It reads what [`read_exact_at`](Mapping::read_exact_at) reads for each
    /// range, and is faster, because it makes one host call. It makes several if
    /// the ranges have more than 1 MiB together or are more than 256. It allocates
    /// nothing.
    ///
    /// ```no_run
    /// let mapping = mem::open("index.bin")?;
    /// let mut records = [[0; 32]; 3];
    /// let wanted = [7_u64, 4, 900].map(|record| record * 32..(record + 1) * 32);
    /// mapping.read_many(&wanted, records.as_flattened_mut())?;
    /// # Ok::<(), mem::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// - [`ErrorCode::InvalidArgument`]: the lengths do not add up to that of
    ///   `buf`, or a range ends before it starts; nothing is read
    /// - [`ErrorCode::OutOfBounds`]: a range does not lie wholly inside the
    ///   mapping; nothing is read
    /// - those of [`read_at`](Mapping::read_at)
    pub fn read_many(&self, ranges: &[Range<u64>], buf: &mut [u8]) -> Result<(), Error> {
        let on = On::Many(ranges.len());
        if self.check_many(ranges, "read")? != Some(buf.len() as u64) {
            return Err(self.error("read", on, ErrorCode::InvalidArgument));
        }
        let (mut ranges, mut buf) = (ranges, buf);
        while !ranges.is_empty() {
            let batch = Batch::first_of(ranges);
            let (these, rest) = ranges.split_at(batch.ranges);
            let (bytes, rest_of_buf) = buf.split_at_mut(batch.bytes);
            match these {
                _ if bytes.is_empty() => Ok(()),
                [range] => self.shared.read(range.start, bytes),
                _ => self.shared.handle.read_many(these, bytes),
            }
            .map_err(|code| self.error("read", on, code))?;
            (ranges, buf) = (rest, rest_of_buf);
        }
        Ok(())
    }

    /// Gives the same advice about all `ranges`, as
    /// [`advise_range`](Mapping::advise_range) does about one. It is faster, because
    /// it makes one host call. Ranges may overlap and may be empty.
    ///
    /// ```no_run
    /// let mapping = mem::open("index.bin")?;
    /// let blocks = [7_u64, 4, 900].map(|block| block * 4096..(block + 1) * 4096);
    /// mapping.advise_many(&blocks, mem::Advice::WillNeed)?;
    /// # Ok::<(), mem::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// - [`ErrorCode::InvalidArgument`]: a range ends before it starts
    /// - [`ErrorCode::OutOfBounds`]: a range does not lie wholly inside the mapping
    /// - [`ErrorCode::QuotaExceeded`]: the pages would then differ from their
    ///   neighbours in more places than the host's quota for mappings allows
    /// - the errors of [`advise`](Mapping::advise)
    ///
    /// All ranges are checked first. After `QuotaExceeded` or `Unsupported`, ranges
    /// at the start of the list may have been advised.
    pub fn advise_many(&self, ranges: &[Range<u64>], advice: Advice) -> Result<(), Error> {
        self.check_many(ranges, "advise")?;
        let list: Vec<_> = ranges.iter().map(byte_range).collect();
        let advised = self.shared.handle.advise_many(&list, advice);
        advised.map_err(|code| self.error("advise", On::Many(ranges.len()), code))
    }

    /// The sum of the lengths. None if it does not fit into 64 bits.
    fn check_many(&self, ranges: &[Range<u64>], verb: &'static str) -> Result<Option<u64>, Error> {
        let mut sum = Some(0_u64);
        for &Range { start, end } in ranges {
            let Some(length) = end.checked_sub(start) else {
                let on = On::Malformed(Malformed {
                    start: Bound::Included(start),
                    end: Bound::Excluded(end),
                });
                return Err(self.error(verb, on, ErrorCode::InvalidArgument));
            };
            if end > self.len() {
                let offset = start;
                let on = On::Range(ByteRange { offset, length });
                return Err(self.error(verb, on, ErrorCode::OutOfBounds));
            }
            sum = sum.and_then(|sum| sum.checked_add(length));
        }
        Ok(sum)
    }
}

/// A range that does not end before it starts.
fn byte_range(range: &Range<u64>) -> ByteRange {
    ByteRange {
        offset: range.start,
        length: range.end - range.start,
    }
}

/// What one host call reads: so many ranges from the start of a list.
#[derive(Debug, PartialEq, Eq)]
struct Batch {
    ranges: usize,
    bytes: usize,
}

impl Batch {
    /// As many of `ranges` as fit, and at least one. Their lengths add up to no
    /// more than the length of a buffer in memory.
    fn first_of(ranges: &[Range<u64>]) -> Self {
        let (mut number, mut bytes) = (0, 0);
        for range in ranges.iter().take(MOST_RANGES) {
            let with = bytes + (range.end - range.start) as usize;
            if number > 0 && with > CHUNK {
                break;
            }
            (number, bytes) = (number + 1, with);
        }
        Batch {
            ranges: number,
            bytes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = CHUNK as u64;

    fn first_of(ranges: &[Range<u64>]) -> (usize, usize) {
        let Batch { ranges, bytes } = Batch::first_of(ranges);
        (ranges, bytes)
    }

    #[test]
    fn a_batch_has_all_ranges_that_fit_into_one_read() {
        assert_eq!(first_of(&[0..10, 5..5, 3..8]), (3, 15));
        assert_eq!(first_of(&[0..MIB - 1, 7..8, 7..7, 9..10]), (3, CHUNK));
        assert_eq!(first_of(&[0..MIB - 1, 7..9]), (1, CHUNK - 1));
    }

    #[test]
    fn a_range_that_does_not_fit_is_a_batch_of_its_own() {
        assert_eq!(first_of(&[5..MIB + 6, 7..7]), (1, CHUNK + 1));
        assert_eq!(first_of(&[5..MIB + 6, 7..8]), (1, CHUNK + 1));
        assert_eq!(first_of(&[7..7, 5..MIB + 6]), (1, 0));
    }

    #[test]
    fn a_batch_has_no_more_ranges_than_one_call_takes() {
        assert_eq!(first_of(&vec![4..6; 1000]), (MOST_RANGES, 2 * MOST_RANGES));
    }
}
