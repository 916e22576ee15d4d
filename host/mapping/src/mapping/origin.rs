//! The file of a mapping that keeps it open.

use crate::explanation::{DISK_FULL, Explain};
use crate::os;
use crate::sharing::Sharing;
use mem_contract::ErrorCode;
use std::fs::File;
use std::sync::Arc;

/// What a mapping keeps of its file, to attach windows and to find out why pages
/// are lost.
#[derive(Debug)]
pub(super) struct Origin {
    pub(super) file: File,
    /// Where the mapping starts in the file.
    pub(super) offset: u64,
    /// The address of the mapping's first page.
    pub(super) start: usize,
    /// Whether what is written to the mapping is written to the file.
    pub(super) writes_file: bool,
    pub(super) sharing: Arc<Sharing>,
}

impl Origin {
    /// Why the page at `address` in the mapping is lost: the disk has no room for
    /// it, or the file has become shorter, if only for a while.
    pub(super) fn loss(&self, address: usize) -> ErrorCode {
        let page = os::page_size() as u64;
        let offset = self.offset / page * page + (address - self.start) as u64;
        match self.file.metadata() {
            Ok(metadata) if offset >= metadata.len() => {
                let length = metadata.len();
                ErrorCode::Truncated.because(format!(
                    "the file became shorter, and is {length} bytes long; unmap it, and map it anew"
                ))
            }
            Ok(_) if self.writes_file && os::lacks_room(&self.file, offset) => {
                ErrorCode::NoSpace.because(DISK_FULL)
            }
            _ => shorter(),
        }
    }
}

/// The loss of pages, where nobody knows more.
pub(super) fn shorter() -> ErrorCode {
    ErrorCode::Truncated.because(
        "the file became shorter, if only for a while, or its disk failed; unmap it, and map it \
         anew",
    )
}
