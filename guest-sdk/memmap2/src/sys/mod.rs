//! The way to the pages: one set of names, and one implementation for each
//! platform.

mod common;

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
