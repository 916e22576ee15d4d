//! How a guest's calls end.

use mem_contract::ErrorCode;
use std::ops::Range;

/// Why a call has no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The host returned this error.
    Error(ErrorCode),
    /// The guest trapped.
    Trap,
}

pub type Outcome<V> = Result<V, Failure>;

/// The bounds of a range that lies wholly inside `size` bytes. The models check
/// bounds themselves, so that they find a mistake in the host's check.
pub fn within(offset: u64, length: u64, size: usize) -> Outcome<Range<usize>> {
    match offset.checked_add(length) {
        Some(end) if end <= size as u64 => Ok(offset as usize..end as usize),
        _ => Err(Failure::Error(ErrorCode::OutOfBounds)),
    }
}
