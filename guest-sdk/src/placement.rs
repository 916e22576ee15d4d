//! Where the bytes of a window lie in whole pages.

use mem_contract::ByteRange;

/// The most bytes that one call attaches. The host's runtime takes no list of
/// 128 MiB or more as an argument.
const CHUNK: usize = 64 << 20;

/// The size of a huge page on x86-64, and on AArch64 with pages of 4 KiB. An
/// operating system maps a huge page, or several small ones at once, only where
/// the address and the offset in the file agree modulo this size.
const HUGE_PAGE: usize = 2 << 20;

/// A buffer of whole pages for the pages in which a range lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placement {
    /// The address of the buffer has to be a multiple of this.
    pub align: usize,
    /// The length of the buffer, in whole pages.
    pub buffer: usize,
    /// Where in the buffer the range starts: in the first attached page.
    pub start: usize,
    /// The length of the range.
    pub len: usize,
    /// Where in the file the mapping starts.
    mapping: u64,
    /// Where in the file the first page starts.
    first: u64,
    /// Where in the buffer the first page is attached.
    skipped: usize,
}

/// A part of the buffer, as much as one call attaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// The offset for the contract's `attach`.
    pub offset: u64,
    /// Where in the buffer the chunk starts.
    pub start: usize,
    pub len: usize,
}

impl Placement {
    /// The placement of a range inside a mapping that starts at `file_offset` in
    /// its file. None if no memory can hold it.
    pub fn new(file_offset: u64, range: ByteRange, page: u32) -> Option<Self> {
        let in_file = file_offset.checked_add(range.offset)?;
        let start_in_page = in_file % u64::from(page);
        let align = usize::try_from(page).ok()?;
        let start = usize::try_from(start_in_page).ok()?;
        let len = usize::try_from(range.length).ok()?;
        Some(Self {
            align,
            buffer: start.checked_add(len)?.checked_next_multiple_of(align)?,
            start,
            len,
            mapping: file_offset,
            first: in_file - start_in_page,
            skipped: 0,
        })
    }

    /// The same range in a buffer where the operating system can map huge
    /// pages, if the range fills one. The buffer is larger by less than that.
    pub fn in_huge_pages(self) -> Option<Self> {
        let skipped = (self.first % HUGE_PAGE as u64) as usize;
        let before_next = skipped.wrapping_neg() % HUGE_PAGE;
        if self.buffer < before_next + HUGE_PAGE {
            return None;
        }
        Some(Self {
            align: HUGE_PAGE.max(self.align),
            buffer: skipped.checked_add(self.buffer)?,
            start: skipped + self.start,
            skipped,
            ..self
        })
    }

    /// How many chunks there are.
    pub fn number_of_chunks(&self) -> usize {
        self.pages().div_ceil(CHUNK)
    }

    /// The chunks that make up the pages.
    pub fn chunks(self) -> impl Iterator<Item = Chunk> {
        (0..self.pages()).step_by(CHUNK).map(move |start| Chunk {
            // 0 for the page that the mapping starts in.
            offset: (self.first + start as u64).saturating_sub(self.mapping),
            start: self.skipped + start,
            len: CHUNK.min(self.pages() - start),
        })
    }

    /// The length of the attached pages.
    fn pages(&self) -> usize {
        self.buffer - self.skipped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placement(file_offset: u64, offset: u64, length: u64) -> Placement {
        Placement::new(file_offset, ByteRange { offset, length }, 4096).unwrap()
    }

    /// The offset of `attach` means a page of the file, and the range has to
    /// lie in it where it lies in the file.
    #[test]
    fn the_range_lies_in_the_buffer_where_it_lies_in_the_pages() {
        for file_offset in [0, 1, 4095, 4096, 4097, 10_000, 1 << 40] {
            for offset in [0, 1, 2191, 2192, 4095, 4096, 4097, 8191, 123_456_789] {
                for length in [1, 2, 4095, 4096, 4097, 8192, 100_000] {
                    let placement = placement(file_offset, offset, length);
                    let chunks: Vec<_> = placement.chunks().collect();
                    let [chunk] = chunks[..] else {
                        panic!("{chunks:?}")
                    };
                    let attached = (file_offset + chunk.offset) / 4096 * 4096;
                    let starts_a_page = (file_offset + chunk.offset) % 4096 == 0;
                    assert!(starts_a_page || chunk.offset == 0, "{chunk:?}");
                    assert_eq!(
                        attached + placement.start as u64,
                        file_offset + offset,
                        "{placement:?}"
                    );
                    assert_eq!(chunk.start, 0);
                    assert_eq!(chunk.len, placement.buffer);
                    assert_eq!(placement.len as u64, length);
                    // As few pages as will do.
                    assert!(placement.start < 4096);
                    let rest = placement.buffer - placement.start - placement.len;
                    assert!(rest < 4096, "{placement:?}");
                    assert_eq!(placement.buffer % 4096, 0);
                }
            }
        }
    }

    #[test]
    fn huge_pages_lie_at_their_multiples() {
        for file_offset in [0, 1, 4096, 10_000, HUGE_PAGE as u64, 1 << 40] {
            for offset in [0, 4095, 4096, 123_456_789] {
                for length in [3 << 20, 4 << 20, 130 << 20] {
                    let small = placement(file_offset, offset, length);
                    let in_file = file_offset + offset;
                    let first_huge = in_file.next_multiple_of(HUGE_PAGE as u64);
                    let Some(huge) = small.in_huge_pages() else {
                        let end = (in_file + length).next_multiple_of(4096);
                        assert!(first_huge + HUGE_PAGE as u64 > end, "{small:?}");
                        continue;
                    };
                    assert_eq!(huge.align, HUGE_PAGE);
                    assert_eq!(
                        huge.start as u64 % HUGE_PAGE as u64,
                        in_file % HUGE_PAGE as u64,
                        "{huge:?}"
                    );
                    assert!(huge.buffer - small.buffer < HUGE_PAGE);
                    assert_eq!(huge.len, small.len);
                    // The same pages, farther behind in the buffer.
                    let moved = huge.start - small.start;
                    let back = huge.chunks().map(|chunk| Chunk {
                        start: chunk.start - moved,
                        ..chunk
                    });
                    assert!(back.eq(small.chunks()), "{huge:?}");
                    assert_eq!(huge.number_of_chunks(), small.number_of_chunks());
                }
            }
        }
        assert_eq!(placement(0, 0, 2 << 20).in_huge_pages().unwrap().start, 0);
        assert_eq!(placement(0, 0, (2 << 20) - 4096).in_huge_pages(), None);
        assert_eq!(placement(4096, 0, 2 << 20).in_huge_pages(), None);
    }

    #[test]
    fn a_large_range_comes_in_chunks() {
        let placement = placement(100, 4096, 130 << 20);
        assert_eq!(placement.start, 100);
        let chunks: Vec<_> = placement.chunks().collect();
        assert_eq!(chunks.len(), placement.number_of_chunks());
        let mut start = 0;
        for chunk in &chunks {
            assert_eq!(chunk.start, start);
            assert_eq!(chunk.offset, 4096 - 100 + start as u64);
            assert!(chunk.len < 128 << 20);
            start += chunk.len;
        }
        assert_eq!(chunks.len(), 3);
        assert_eq!(start, placement.buffer);
        assert_eq!(start, (130 << 20) + 4096);
    }

    #[test]
    fn a_range_that_fills_its_chunks_has_no_further_one() {
        let placement = placement(0, 0, 128 << 20);
        assert_eq!(placement.number_of_chunks(), 2);
        assert_eq!(placement.chunks().count(), 2);
    }

    #[test]
    fn what_no_memory_can_hold_has_no_placement() {
        let range = |length| ByteRange { offset: 1, length };
        assert_eq!(Placement::new(0, range(u64::MAX - 1), 4096), None);
        assert_eq!(Placement::new(0, range(usize::MAX as u64), 4096), None);
    }
}
