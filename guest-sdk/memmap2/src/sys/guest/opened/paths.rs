//! The paths that are known.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

/// The path of each open file and directory by the number that the host has
/// given it. A closed one stays until the host gives its number again, so there
/// are no more than were open at once.
pub(super) type Paths = HashMap<u32, String>;

pub(super) fn paths() -> MutexGuard<'static, Paths> {
    static PATHS: LazyLock<Mutex<Paths>> = LazyLock::new(Mutex::default);
    PATHS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Notes that `path` in a directory was opened, or that the path is not known.
pub(super) fn opened(paths: &mut Paths, directory: u32, path: &[u8], number: u32) {
    let directory = paths.get(&directory).map(String::as_str);
    let path = directory.zip(str::from_utf8(path).ok());
    match path.map(|(directory, path)| join(directory, path)) {
        Some(path) => paths.insert(number, path),
        None => paths.remove(&number),
    };
}

/// The path of the file at `path` in a directory. For WASI `path` is relative.
fn join(directory: &str, path: &str) -> String {
    match directory {
        "." | "" => path.to_owned(),
        _ => format!("{}/{path}", directory.trim_end_matches('/')),
    }
}
