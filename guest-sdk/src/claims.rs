//! Which bytes of a mapping its windows cover: while somebody holds a slice of
//! bytes, nobody else may write them.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use mem_contract::ByteRange;

/// Whether a window covers its bytes alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Readable,
    Writable,
}

/// The ranges that the windows of a mapping cover. All lie inside the mapping. A
/// range of length 0 covers nothing.
#[derive(Debug, Default)]
pub(crate) struct Claims {
    /// How many there are. Each write looks at this, without the lock.
    number: AtomicUsize,
    ranges: Mutex<Ranges>,
}

#[derive(Debug, Default)]
struct Ranges {
    /// The end of each writable window by its start. No two overlap.
    writable: BTreeMap<u64, u64>,
    /// How many readable windows have this start and this end.
    readable: BTreeMap<(u64, u64), usize>,
}

impl Claims {
    /// Notes that a window covers `range`, until `release`. Returns false if
    /// another window covers bytes of it in a way that excludes this one.
    pub fn claim(&self, range: ByteRange, kind: Kind) -> bool {
        let (start, end) = ends(range);
        if start == end {
            return true;
        }
        let mut ranges = self.ranges();
        match kind {
            Kind::Readable if ranges.has_writable(start, end) => return false,
            Kind::Writable if ranges.has_any(start, end) => return false,
            Kind::Readable => *ranges.readable.entry((start, end)).or_default() += 1,
            Kind::Writable => {
                ranges.writable.insert(start, end);
            }
        }
        self.number.fetch_add(1, Ordering::Relaxed);
        true
    }

    /// Undoes one `claim` with the same arguments that returned true.
    pub fn release(&self, range: ByteRange, kind: Kind) {
        let (start, end) = ends(range);
        if start == end {
            return;
        }
        let mut ranges = self.ranges();
        match kind {
            Kind::Readable => {
                let number = ranges.readable.entry((start, end)).or_default();
                *number = number.saturating_sub(1);
                if *number == 0 {
                    ranges.readable.remove(&(start, end));
                }
            }
            Kind::Writable => {
                ranges.writable.remove(&start);
            }
        }
        self.number.fetch_sub(1, Ordering::Relaxed);
    }

    /// Whether a window covers bytes of the range, which need not lie inside
    /// the mapping.
    // This can miss a window that another thread makes meanwhile. Guests with
    // threads share their memory, and no host attaches pages to such memory,
    // so their windows are copies.
    #[inline]
    pub fn cover(&self, offset: u64, length: u64) -> bool {
        self.number.load(Ordering::Relaxed) != 0 && self.cover_any(offset, length)
    }

    #[cold]
    fn cover_any(&self, offset: u64, length: u64) -> bool {
        length != 0 && self.ranges().has_any(offset, offset.saturating_add(length))
    }

    fn ranges(&self) -> MutexGuard<'_, Ranges> {
        self.ranges.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ranges {
    fn has_any(&self, start: u64, end: u64) -> bool {
        let mut starts_before = self.readable.range(..(end, 0));
        self.has_writable(start, end) || starts_before.any(|(range, _)| start < range.1)
    }

    /// No two overlap, so the last one that starts before `end` reaches farthest.
    fn has_writable(&self, start: u64, end: u64) -> bool {
        let last = self.writable.range(..end).next_back();
        last.is_some_and(|(_, &last_end)| start < last_end)
    }
}

fn ends(ByteRange { offset, length }: ByteRange) -> (u64, u64) {
    (offset, offset + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(start: u64, end: u64) -> ByteRange {
        ByteRange {
            offset: start,
            length: end - start,
        }
    }

    #[test]
    fn ranges_overlap_by_the_byte() {
        for (first, then) in [
            (Kind::Readable, Kind::Writable),
            (Kind::Writable, Kind::Readable),
            (Kind::Writable, Kind::Writable),
        ] {
            let claims = Claims::default();
            assert!(claims.claim(range(10, 20), first));
            for (start, end, overlaps) in [
                (0, 10, false),
                (20, 30, false),
                (12, 12, false),
                (0, 11, true),
                (19, 30, true),
                (12, 13, true),
                (0, 30, true),
                (10, 20, true),
            ] {
                assert_eq!(claims.cover(start, end - start), overlaps, "{start}..{end}");
                let claimed = claims.claim(range(start, end), then);
                assert_eq!(claimed, !overlaps, "{first:?}, {then:?} {start}..{end}");
                if claimed {
                    claims.release(range(start, end), then);
                }
            }
        }
    }

    #[test]
    fn readable_ranges_share_bytes() {
        let claims = Claims::default();
        assert!(claims.claim(range(10, 20), Kind::Readable));
        assert!(claims.claim(range(10, 20), Kind::Readable));
        assert!(claims.claim(range(0, 100), Kind::Readable));
        // The one that starts first reaches farthest.
        assert!(claims.cover(90, 1));
        claims.release(range(0, 100), Kind::Readable);
        assert!(!claims.cover(90, 1));
        claims.release(range(10, 20), Kind::Readable);
        assert!(!claims.claim(range(19, 21), Kind::Writable));
        claims.release(range(10, 20), Kind::Readable);
        assert!(claims.claim(range(19, 21), Kind::Writable));
    }

    #[test]
    fn a_range_behind_64_bits_covers_what_is_before() {
        let claims = Claims::default();
        assert!(claims.claim(range(u64::MAX - 8, u64::MAX), Kind::Readable));
        assert!(claims.cover(u64::MAX - 1, 8));
        assert!(!claims.cover(u64::MAX, 8));
    }

    #[test]
    fn nothing_is_left_when_all_are_released() {
        let claims = Claims::default();
        for start in 0..100 {
            assert!(claims.claim(range(start * 10, start * 10 + 10), Kind::Writable));
        }
        assert!(!claims.claim(range(555, 556), Kind::Readable));
        for start in 0..100 {
            claims.release(range(start * 10, start * 10 + 10), Kind::Writable);
        }
        assert_eq!(claims.number.load(Ordering::Relaxed), 0);
        assert!(claims.ranges().writable.is_empty());
        assert!(claims.claim(range(0, 1000), Kind::Readable));
        claims.release(range(0, 1000), Kind::Readable);
        assert!(claims.ranges().readable.is_empty());
    }
}
