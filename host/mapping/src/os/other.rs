//! Systems other than Unix: what they lack is `Unsupported`.

use super::common::lengthen_by_lock;
use crate::explanation::Explanation;
use mem_contract::{Advice, ErrorCode};
use memmap2::MmapRaw;
use std::fs::{File, OpenOptions};
use std::io;
use std::ops::Range;

/// The code of an error that has no kind of its own in `std`.
pub(crate) fn classify(_error: &io::Error) -> Option<ErrorCode> {
    None
}

/// Files here have no modes.
pub(crate) fn is_by_mode(_error: &io::Error) -> bool {
    false
}

/// Nothing beyond what `std` says.
pub(crate) fn explain(_error: &io::Error) -> Option<Explanation> {
    None
}

/// How many bytes this process can lock: no system here says.
pub(crate) fn max_locked_bytes() -> Option<u64> {
    None
}

/// The flags that make it harmless to open something that is not a file.
pub const OPEN_FLAGS: u32 = 0;

pub(crate) fn open_without_side_effects(_options: &mut OpenOptions) {}

/// A file cannot become shorter while it is mapped here, so no handler is
/// needed.
pub(crate) fn on_bus_error(_recover: fn(usize) -> bool) -> io::Result<()> {
    Ok(())
}

/// Only Unix has it.
///
/// # Errors
///
/// Always.
///
/// # Safety
///
/// None is needed.
pub unsafe fn put_zero_pages(_pages: Range<usize>) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// # Safety
///
/// None is needed.
pub(crate) unsafe fn put_shared_zero_pages(_pages: Range<usize>) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// There is no handler that could need one.
pub(crate) fn take_spare_mapping() -> io::Result<usize> {
    Ok(0)
}

/// # Safety
///
/// None is needed.
pub(crate) unsafe fn give_up_spare_mapping(_page: usize) {}

pub(crate) fn pause() {}

/// Does nothing.
///
/// # Safety
///
/// None is needed.
pub unsafe fn discard_pages(_pages: &Range<usize>) {}

/// # Safety
///
/// None is needed.
pub(crate) unsafe fn put_file_pages(
    _pages: &Range<usize>,
    _file: &File,
    _offset: u64,
    _shared: bool,
) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// How many of the `states.len()` pages from the address `start` on are in RAM:
/// no system here says.
///
/// # Errors
///
/// `Unsupported`.
pub fn resident_pages(_start: usize, _states: &mut [u8]) -> io::Result<usize> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Nothing counts mappings here.
pub(crate) fn max_kernel_mappings() -> u64 {
    u64::MAX
}

/// Handles have no limit of their own here.
pub(crate) fn max_descriptors() -> u64 {
    u64::MAX
}

/// No file system here has huge pages.
pub(crate) fn has_pages_of_the_system(_file: &File) -> io::Result<bool> {
    Ok(true)
}

/// Makes `file` at least `length` bytes long.
///
/// # Errors
///
/// Those of [`lengthen_by_lock`].
pub(crate) fn lengthen(file: &File, length: u64) -> io::Result<()> {
    lengthen_by_lock(file, length)
}

pub(crate) fn lacks_room(_file: &File, _offset: u64) -> bool {
    false
}

/// There are no signals here.
pub(crate) fn unblock_bus_errors() {}

/// Without windows there is no need to know which files are the same.
pub(crate) fn file_id(_file: &File) -> io::Result<FileId> {
    Ok(FileId)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct FileId;

/// Linear memories are left to wasmtime, so nothing is ever reserved.
#[derive(Debug)]
pub struct Reservation(std::convert::Infallible);

impl Reservation {
    /// # Errors
    ///
    /// Always.
    pub fn new(_before: usize, _length: usize, _behind: usize) -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Cannot be called.
    pub fn as_ptr(&self) -> *mut u8 {
        match self.0 {}
    }

    /// Cannot be called.
    ///
    /// # Errors
    ///
    /// None.
    pub fn allow(&self, _pages: Range<usize>) -> io::Result<()> {
        match self.0 {}
    }
}

/// Gives advice about `range`, offsets into `map`.
pub(crate) fn advise(_map: &MmapRaw, _ranges: &[Range<usize>], _advice: Advice) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
