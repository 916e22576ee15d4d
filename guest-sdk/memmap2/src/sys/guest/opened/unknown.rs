//! Another WASI, of whose libc nothing is known here.

use std::io::Result;
use std::os::fd::RawFd;

/// No path, and the file's `stat`.
pub fn path_of<S>(_file: RawFd, stat: impl FnOnce() -> Result<S>) -> Result<(Option<String>, S)> {
    Ok((None, stat()?))
}

/// What `stat` returns, which calls libc's.
pub fn following_links<R>(stat: impl FnOnce() -> R) -> R {
    stat()
}
