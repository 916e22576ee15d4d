//! Where the bytes of a window lie in whole pages.

use crate::range::Range;

/// The most bytes that are attached by one call. The host's runtime takes no
/// list of 128 MiB or more as an argument.
const PIECE: usize = 64 << 20;

/// A buffer of whole pages that takes the pages in which a range lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placement {
    /// The size of a page, to which the buffer is aligned.
    pub page: usize,
    /// The length of the buffer, in whole pages.
    pub buffer: usize,
    /// Where in the buffer the range starts, inside the first page.
    pub start: usize,
    /// The length of the range.
    pub len: usize,
    /// Where in its page the mapping starts.
    lead: u64,
    /// Where the first page starts, counted from the start of the page that
    /// the mapping starts in.
    first: u64,
}

/// A part of the buffer, and what is attached to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// What the contract's `attach` takes as its offset.
    pub offset: u64,
    /// Where in the buffer the piece starts.
    pub start: usize,
    pub len: usize,
}

impl Placement {
    /// Of a range that lies inside a mapping, which starts at `file_offset` in
    /// its file. None if no memory can hold it.
    pub fn new(file_offset: u64, range: Range, page: u32) -> Option<Self> {
        let lead = file_offset % u64::from(page);
        let from_page = lead.checked_add(range.offset)?;
        let start = from_page % u64::from(page);
        let page = usize::try_from(page).ok()?;
        let start_in_page = usize::try_from(start).ok()?;
        let len = usize::try_from(range.length).ok()?;
        let buffer = start_in_page
            .checked_add(len)?
            .checked_next_multiple_of(page)?;
        Some(Self {
            page,
            buffer,
            start: start_in_page,
            len,
            lead,
            first: from_page - start,
        })
    }

    /// How many pieces there are.
    pub fn number_of_pieces(&self) -> usize {
        self.buffer.div_ceil(PIECE)
    }

    /// The pieces that make up the buffer.
    pub fn pieces(self) -> impl Iterator<Item = Piece> {
        (0..self.buffer).step_by(PIECE).map(move |start| Piece {
            // 0 for the page that the mapping starts in, for there `first` is
            // 0; all others start behind the mapping's start.
            offset: (self.first + start as u64).saturating_sub(self.lead),
            start,
            len: PIECE.min(self.buffer - start),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placement(file_offset: u64, offset: u64, length: u64) -> Placement {
        Placement::new(file_offset, Range { offset, length }, 4096).unwrap()
    }

    /// The offset of `attach` means a page of the file, and the range has to
    /// lie in it where it lies in the file.
    #[test]
    fn the_range_lies_in_the_buffer_where_it_lies_in_the_pages() {
        for file_offset in [0, 1, 4095, 4096, 4097, 10_000, 1 << 40] {
            for offset in [0, 1, 2191, 2192, 4095, 4096, 4097, 8191, 123_456_789] {
                for length in [1, 2, 4095, 4096, 4097, 8192, 100_000] {
                    let placement = placement(file_offset, offset, length);
                    let pieces: Vec<_> = placement.pieces().collect();
                    let [piece] = pieces[..] else {
                        panic!("{pieces:?}")
                    };
                    let attached = (file_offset + piece.offset) / 4096 * 4096;
                    let starts_a_page = (file_offset + piece.offset) % 4096 == 0;
                    assert!(starts_a_page || piece.offset == 0, "{piece:?}");
                    assert_eq!(
                        attached + placement.start as u64,
                        file_offset + offset,
                        "{placement:?}"
                    );
                    assert_eq!(piece.start, 0);
                    assert_eq!(piece.len, placement.buffer);
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
    fn a_large_range_comes_in_pieces() {
        let placement = placement(100, 4096, 130 << 20);
        assert_eq!(placement.start, 100);
        let pieces: Vec<_> = placement.pieces().collect();
        assert_eq!(pieces.len(), placement.number_of_pieces());
        let mut start = 0;
        for piece in &pieces {
            assert_eq!(piece.start, start);
            assert_eq!(piece.offset, 4096 - 100 + start as u64);
            assert!(piece.len < 128 << 20);
            start += piece.len;
        }
        assert_eq!(pieces.len(), 3);
        assert_eq!(start, placement.buffer);
        assert_eq!(start, (130 << 20) + 4096);
    }

    #[test]
    fn a_range_that_fills_its_pieces_has_no_further_one() {
        let placement = placement(0, 0, 128 << 20);
        assert_eq!(placement.number_of_pieces(), 2);
        assert_eq!(placement.pieces().count(), 2);
    }

    #[test]
    fn what_no_memory_can_hold_has_no_placement() {
        let range = |length| Range { offset: 1, length };
        assert_eq!(Placement::new(0, range(u64::MAX - 1), 4096), None);
        assert_eq!(Placement::new(0, range(usize::MAX as u64), 4096), None);
    }
}
