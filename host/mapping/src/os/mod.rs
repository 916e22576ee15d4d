//! What differs between operating systems and processors, under the same
//! names.

mod common;
#[cfg(not(unix))]
mod other;
#[cfg(unix)]
mod unix;

pub use self::common::page_size;
pub(crate) use self::common::prefetch;
#[cfg(not(unix))]
pub use self::other::*;
#[cfg(unix)]
pub use self::unix::*;
