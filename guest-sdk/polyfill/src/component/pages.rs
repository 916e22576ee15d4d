//! Pages, the parts of a file and of a mapping's own bytes.

use super::{ErrorCode, Result};
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::ops::Range;

/// The size of a page. Hosts with the plugin have the same on most machines.
pub const PAGE: u64 = 4096;

/// The bytes of a page.
pub type Page = Box<[u8]>;

/// A page of zeros.
///
/// # Errors
///
/// `quota-exceeded` if there is no room for it.
pub fn zeros() -> Result<Page> {
    let mut page = with_room(PAGE)?;
    page.resize(PAGE as usize, 0);
    Ok(page.into_boxed_slice())
}

/// An empty vector with room for `count` elements.
///
/// # Errors
///
/// `quota-exceeded` if there is none.
pub fn with_room<E>(count: u64) -> Result<Vec<E>> {
    let mut elements = Vec::new();
    usize::try_from(count)
        .ok()
        .and_then(|count| elements.try_reserve_exact(count).ok())
        .ok_or(ErrorCode::QuotaExceeded)?;
    Ok(elements)
}

/// The numbers of the pages that `range`, in bytes, touches. The offsets in a
/// file fit into 63 bits, so that none of this overflows.
pub fn touched(range: &Range<u64>) -> Range<u64> {
    if range.is_empty() {
        return 0..0;
    }
    range.start / PAGE..range.end.div_ceil(PAGE)
}

/// The part of `range`, in bytes, that lies in the page, from the page's start.
pub fn part_in(range: &Range<u64>, page: u64) -> Range<usize> {
    let start = page * PAGE;
    let from = range.start.max(start) - start;
    let to = range.end.min(start + PAGE) - start;
    from as usize..to as usize
}
