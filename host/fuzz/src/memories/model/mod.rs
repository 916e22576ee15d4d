//! Who may have a window on a file or write it, what each byte is, and what has
//! been lost.

mod access;
mod mapping;
mod memory;
mod state;
mod touch;
mod window;
mod windows;

pub use self::mapping::Options;
pub use self::memory::{Memory, STORES, store_of};
pub use self::state::{MAX_MAPPINGS, MAX_WINDOWS, Model, Windows};
