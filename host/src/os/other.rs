use crate::Error;
use crate::mapping::Advice;
use cap_std::fs::OpenOptions;
use memmap2::MmapRaw;
use std::io;
use std::ops::Range;

/// An error that has no kind of its own in `std`.
pub(crate) fn classify(_error: &io::Error) -> Option<Error> {
    None
}

/// Makes opening something that is not a file harmless.
pub(crate) fn open_without_side_effects(_options: &mut OpenOptions) {}

/// A file cannot become shorter while it is mapped here, so no handler is
/// needed.
pub(crate) fn on_bus_error(_recover: fn(usize) -> bool) -> io::Result<()> {
    Ok(())
}

/// # Safety
///
/// None is needed.
pub(crate) unsafe fn put_zero_pages(_pages: Range<usize>) -> bool {
    false
}

/// Gives advice about `range`, offsets into `map`.
pub(crate) fn advise(_map: &MmapRaw, _range: Range<usize>, _advice: Advice) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
