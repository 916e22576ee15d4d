//! By which path each file was opened.
//!
//! WASI has no function for the path of an open file, and `std::fs::File` gives
//! its descriptor, not its path. But every `open` of std and of C goes through
//! wasi-libc. That calls the host by an import that is a symbol of its own in
//! `libc.a`: an object that defines a symbol of that name takes the import's
//! place, without an argument to the linker. The functions here do so: they call
//! the host as wasi-libc would, and write down what was opened. If another
//! wasi-libc calls that symbol by another name, nobody calls these functions, and
//! no path is known.

mod paths;
#[cfg_attr(target_env = "p1", path = "preview1.rs")]
#[cfg_attr(target_env = "p2", path = "preview2.rs")]
#[cfg_attr(not(any(target_env = "p1", target_env = "p2")), path = "unknown.rs")]
mod wasi;

pub use self::wasi::{following_links, path_of};
