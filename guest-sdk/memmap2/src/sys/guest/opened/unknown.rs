//! Another WASI, whose libc is not known here.

use std::io::Result;
use std::os::fd::RawFd;

/// No path, and the file's `stat`.
pub fn path_of<S>(_file: RawFd, stat: impl FnOnce() -> Result<S>) -> Result<(Option<String>, S)> {
    Ok((None, stat()?))
}

/// Calls `stat`, which calls libc's, and returns its result.
pub fn following_links<R>(stat: impl FnOnce() -> R) -> R {
    stat()
}
