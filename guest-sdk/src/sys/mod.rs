//! The way to the pages: one set of names, and one implementation for each
//! target. Guests ask their host, other programs the operating system.

mod sizes;

pub(crate) use self::sizes::{MOST_RANGES, U64X8_LEN};

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
