//! The way to the pages: one set of names, one implementation a target. Guests
//! ask their host, other programs the operating system.

use crate::Access;

#[cfg(target_family = "wasm")]
#[expect(unsafe_code, reason = "the host is called by raw imports")]
mod wasm;
#[cfg(target_family = "wasm")]
pub(crate) use wasm::{Attached, Handle, explain, path_from_root};

#[cfg(all(not(target_family = "wasm"), feature = "native"))]
mod native;
#[cfg(all(not(target_family = "wasm"), feature = "native"))]
pub(crate) use native::{Attached, Handle, explain, path_from_root};
#[cfg(all(not(target_family = "wasm"), not(feature = "native")))]
compile_error!("on targets other than WebAssembly the crate needs its feature `native`");

/// The most ranges that go to the host in one call. Their list is made on the
/// stack.
pub const MOST_RANGES: usize = 256;

/// How many bytes the largest load has, which needs no list.
pub const LINE: usize = 64;

/// What such a load has, in words.
pub type Line = [[u8; 8]; LINE / 8];

/// The contract's `map-options`. That a mapping is anonymous is said by the
/// lack of a path.
#[derive(Clone, Copy, Debug, Default)]
pub struct Request {
    pub access: Access,
    pub offset: u64,
    pub length: Option<u64>,
    pub create: bool,
    pub exec: bool,
    pub populate: bool,
}

/// When a flush returns: with the bytes on the disk, or at once.
#[derive(Clone, Copy, Debug)]
pub enum FlushMode {
    Synchronous,
    Asynchronous,
}
