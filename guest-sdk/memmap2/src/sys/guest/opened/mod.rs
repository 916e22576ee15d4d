//! By which path each file was opened.
//!
//! WASI tells no path of an open file, and `std::fs::File` gives its descriptor
//! away, not its path. But every `open` of std and of C goes through wasi-libc,
//! which calls the host by an import that is a symbol of its own in `libc.a`:
//! an object that defines a symbol of that name takes the import's place, with
//! no argument to the linker. The functions here do so: they call the host as
//! wasi-libc would, and write down what was opened. If another wasi-libc calls
//! that symbol by another name, they are not called, and no path is known.

#[cfg_attr(target_env = "p1", path = "preview1.rs")]
#[cfg_attr(target_env = "p2", path = "preview2.rs")]
#[cfg_attr(not(any(target_env = "p1", target_env = "p2")), path = "unknown.rs")]
mod wasi;

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

pub use self::wasi::{following_links, path_of};

/// The path of each open file and directory by the number that the host has
/// given it. One that was closed stays until the number is given again, so
/// there are no more than were open at once.
type Paths = HashMap<u32, String>;

fn paths() -> MutexGuard<'static, Paths> {
    static PATHS: LazyLock<Mutex<Paths>> = LazyLock::new(Mutex::default);
    PATHS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Writes down what was opened as `path` in a directory, or that its path is
/// not known.
fn opened(paths: &mut Paths, directory: u32, path: &[u8], number: u32) {
    let directory = paths.get(&directory).map(String::as_str);
    let path = directory.zip(str::from_utf8(path).ok());
    match path.map(|(directory, path)| join(directory, path)) {
        Some(path) => paths.insert(number, path),
        None => paths.remove(&number),
    };
}

/// The path of what is at `path` in a directory, which WASI takes to be
/// relative.
fn join(directory: &str, path: &str) -> String {
    match directory {
        "." | "" => path.to_owned(),
        _ => format!("{}/{path}", directory.trim_end_matches('/')),
    }
}
