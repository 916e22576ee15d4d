//! The way to the pages: one set of names, one implementation a platform.

use crate::options::Sharing;

#[cfg(target_os = "wasi")]
mod guest;
#[cfg(target_os = "wasi")]
pub(crate) use guest::{Pages, file_len};

#[cfg(unix)]
mod unix;
#[cfg(unix)]
pub(crate) use unix::{Pages, file_len};

#[cfg(not(any(unix, target_os = "wasi")))]
mod unsupported;
#[cfg(not(any(unix, target_os = "wasi")))]
pub(crate) use unsupported::{Pages, file_len};

#[cfg(not(unix))]
mod heap;

/// What of a file is mapped, and for what.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(
    not(any(unix, target_os = "wasi")),
    expect(dead_code, reason = "no file is mapped")
)]
pub(crate) struct Request {
    pub sharing: Sharing,
    pub writable: bool,
    pub offset: u64,
    pub len: usize,
    pub populate: bool,
}

/// An error if the range is not wholly inside `whole` bytes.
pub(crate) fn check_range(offset: usize, len: usize, whole: usize) -> std::io::Result<()> {
    if offset.checked_add(len).is_some_and(|end| end <= whole) {
        return Ok(());
    }
    Err(std::io::Error::new(
        std::io::ErrorKind::InvalidInput,
        format!("{len} bytes at offset {offset} are not inside a map of {whole} bytes"),
    ))
}

/// The error of what the platform cannot do.
#[cfg(not(unix))]
pub(crate) fn unsupported(why: &'static str) -> std::io::Error {
    std::io::Error::new(std::io::ErrorKind::Unsupported, why)
}
