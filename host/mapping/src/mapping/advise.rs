use super::mapped::Mapping;
use super::runs::{Huge, Order, PageState};
use crate::explanation::Explain;
use crate::system_error::{out_of_mappings, system_error};
use mem_contract::{Advice, ByteRange, ErrorCode};
use std::io::ErrorKind;
use std::ops::Range;

impl Mapping {
    /// Says to the operating system how `range` is going to be used.
    ///
    /// # Errors
    ///
    /// `OutOfBounds`, `QuotaExceeded`, `ReadOnly`, `Truncated`, and
    /// `Unsupported` for advice that the operating system does not know.
    pub fn advise(&self, range: Option<ByteRange>, advice: Advice) -> Result<(), ErrorCode> {
        let range = self.checked_or_all(range)?;
        self.check_advice(&range, advice)?;
        self.advise_checked(range, advice)
    }

    fn advise_checked(&self, range: Range<usize>, advice: Advice) -> Result<(), ErrorCode> {
        if range.is_empty() {
            return Ok(());
        }
        let change = |state: &mut PageState| match advice {
            Advice::Normal => state.order = Order::Normal,
            Advice::Random => state.order = Order::Random,
            Advice::Sequential => state.order = Order::Sequential,
            Advice::HugePage => state.huge = Huge::Yes,
            Advice::NoHugePage => state.huge = Huge::No,
            // The system acts on it at once, and keeps nothing.
            _ => {}
        };
        let pages = self.pages_of(&range);
        let ranges = [range];
        self.lock_pages()
            .change(&pages, change, || self.give_advice(&ranges, advice))
    }

    /// Gives the same advice about many ranges, which are all checked first.
    ///
    /// # Errors
    ///
    /// As for [`advise`](Self::advise). If the operating system refuses, or the
    /// quota is exhausted, ranges before may have been advised.
    pub fn advise_many(&self, ranges: &[ByteRange], advice: Advice) -> Result<(), ErrorCode> {
        let mut checked = Vec::with_capacity(ranges.len());
        for range in ranges {
            let range = self.checked(*range)?;
            self.check_advice(&range, advice)?;
            checked.push(range);
        }
        match advice {
            // The system keeps these, and may split the mapping.
            Advice::Normal
            | Advice::Random
            | Advice::Sequential
            | Advice::HugePage
            | Advice::NoHugePage => checked
                .into_iter()
                .try_for_each(|range| self.advise_checked(range, advice)),
            _ => {
                checked.retain(|range| !range.is_empty());
                self.give_advice(&checked, advice)
            }
        }
    }

    /// Checks that advice can be given about `range`.
    fn check_advice(&self, range: &Range<usize>, advice: Advice) -> Result<(), ErrorCode> {
        if advice == Advice::PopulateWrite {
            self.check_writable(range)?;
        }
        match range.is_empty() {
            true => Ok(()),
            false => self.check_present(range),
        }
    }

    fn give_advice(&self, ranges: &[Range<usize>], advice: Advice) -> Result<(), ErrorCode> {
        crate::os::advise(&self.map, ranges, advice).map_err(|error| {
            let lost = ranges.iter().find_map(|range| self.probe(range).err());
            match (lost, error.kind()) {
                (Some(truncated), _) => truncated,
                (None, ErrorKind::InvalidInput) => ErrorCode::Unsupported.because(
                    "the operating system does not know this advice, or not for this kind of \
                     file; do without",
                ),
                // Linux reports this if it cannot split a mapping.
                (None, ErrorKind::WouldBlock) => {
                    ErrorCode::QuotaExceeded.because(out_of_mappings())
                }
                (None, _) => system_error(error),
            }
        })
    }
}
