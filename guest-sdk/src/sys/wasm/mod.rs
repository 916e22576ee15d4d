//! Guests: calls into the host by the contract in `wit/`.

mod attach;
mod bindings;
#[cfg(feature = "wasi")]
mod directory;
mod handle;
mod load;
mod memory;
mod path;
mod read;

pub use self::attach::Attached;
pub use self::bindings::explain;
pub use self::handle::Handle;
pub use self::path::path_from_root;
