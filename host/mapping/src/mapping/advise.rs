use super::mapped::Mapping;
use super::runs::{Huge, Order, PageState};
use crate::explanation::Explain;
use crate::system_error::{out_of_mappings, system_error};
use mem_contract::{Advice, ByteRange, ErrorCode};
use std::io::ErrorKind;

impl Mapping {
    /// Says to the operating system how `range` is going to be used.
    ///
    /// # Errors
    ///
    /// `OutOfBounds`, `QuotaExceeded`, `ReadOnly`, `Truncated`, and
    /// `Unsupported` for advice that the operating system does not know.
    pub fn advise(&self, range: Option<ByteRange>, advice: Advice) -> Result<(), ErrorCode> {
        let range = self.checked_or_all(range)?;
        if advice == Advice::PopulateWrite {
            self.check_writable(&range)?;
        }
        if range.is_empty() {
            return Ok(());
        }
        self.check_present(&range)?;
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
        self.lock_pages().change(&pages, change, || {
            crate::os::advise(&self.map, range.clone(), advice).map_err(|error| {
                match (self.probe(&range), error.kind()) {
                    (Err(truncated), _) => truncated,
                    (Ok(()), ErrorKind::InvalidInput) => ErrorCode::Unsupported.because(
                        "the operating system does not know this advice, or not for this kind of \
                         file; do without",
                    ),
                    // Linux reports this if it cannot split a mapping.
                    (Ok(()), ErrorKind::WouldBlock) => {
                        ErrorCode::QuotaExceeded.because(out_of_mappings())
                    }
                    (Ok(()), _) => system_error(error),
                }
            })
        })
    }
}
