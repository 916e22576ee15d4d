//! WASI 0.2, where libc keeps a table from its descriptors to the host's
//! handles. Which handle a descriptor has shows in the call that libc makes for
//! `fstat`.

use std::cell::Cell;
use std::io::Result;
use std::os::fd::RawFd;
use std::slice;

use super::paths::{opened, paths};

#[link(wasm_import_module = "wasi:filesystem/types@0.2.0")]
unsafe extern "C" {
    #[link_name = "[method]descriptor.open-at"]
    fn import_open_at(
        directory: u32,
        lookup: u32,
        path: *const u8,
        length: usize,
        how: u32,
        flags: u32,
        returned: *mut Opened,
    );

    #[link_name = "[method]descriptor.stat"]
    fn import_stat(file: u32, returned: *mut u8);

    #[link_name = "[method]descriptor.metadata-hash-at"]
    fn import_metadata_hash_at(
        directory: u32,
        lookup: u32,
        path: *const u8,
        length: usize,
        returned: *mut u8,
    );
}

/// `symlink-follow` of `path-flags`.
const FOLLOW_LINKS: u32 = 1;

#[link(wasm_import_module = "wasi:filesystem/preopens@0.2.0")]
unsafe extern "C" {
    #[link_name = "get-directories"]
    fn import_get_directories(returned: *mut Directories);
}

/// `result<descriptor, error-code>` in memory.
#[repr(C)]
struct Opened {
    is_err: u8,
    handle: u32,
}

/// `list<tuple<descriptor, string>>` in memory.
#[repr(C)]
struct Directories {
    start: *const Directory,
    length: usize,
}

#[repr(C)]
struct Directory {
    handle: u32,
    name: *const u8,
    length: usize,
}

/// Stands in for the import `open-at` of wasi-libc.
#[unsafe(export_name = "__wasm_import_filesystem_method_descriptor_open_at")]
unsafe extern "C" fn open_at(
    directory: u32,
    lookup: u32,
    path: *const u8,
    length: usize,
    how: u32,
    flags: u32,
    returned: *mut Opened,
) {
    // SAFETY: wasi-libc passes these arguments for the same function.
    unsafe { import_open_at(directory, lookup, path, length, how, flags, returned) };
    // SAFETY: the host has written the result.
    let (is_err, handle) = unsafe { ((*returned).is_err, (*returned).handle) };
    if is_err == 0 {
        // SAFETY: the host has read the path.
        let path = unsafe { slice::from_raw_parts(path, length) };
        opened(&mut paths(), directory, path, handle);
    }
}

/// Stands in for the import `get-directories` of wasi-libc.
#[unsafe(export_name = "__wasm_import_filesystem_preopens_get_directories")]
unsafe extern "C" fn get_directories(returned: *mut Directories) {
    // SAFETY: wasi-libc passes this argument for the same function.
    unsafe { import_get_directories(returned) };
    let mut paths = paths();
    // SAFETY: the host has written the result.
    let Directories { start, length } = unsafe { returned.read() };
    for index in 0..length {
        // SAFETY: the host has written as many, and each with its name.
        let (handle, name) = unsafe {
            let Directory {
                handle,
                name,
                length,
            } = start.add(index).read();
            (handle, slice::from_raw_parts(name, length))
        };
        if let Ok(name) = str::from_utf8(name) {
            paths.insert(handle, name.to_owned());
        }
    }
}

thread_local! {
    /// The handle of the last `stat` that libc made.
    static ASKED: Cell<Option<u32>> = const { Cell::new(None) };

    /// Whether the next `stat` follows links in every call of the host.
    static FOLLOWS: Cell<bool> = const { Cell::new(false) };
}

/// Stands in for the import `stat` of wasi-libc.
#[unsafe(export_name = "__wasm_import_filesystem_method_descriptor_stat")]
unsafe extern "C" fn stat(file: u32, returned: *mut u8) {
    ASKED.set(Some(file));
    // SAFETY: wasi-libc passes these arguments for the same function.
    unsafe { import_stat(file, returned) };
}

/// Stands in for the import `metadata-hash-at` of wasi-libc. Its `stat` makes the
/// device and the inode from the hash. Some versions ask for the hash of a link
/// even where they are to follow links.
#[unsafe(export_name = "__wasm_import_filesystem_method_descriptor_metadata_hash_at")]
unsafe extern "C" fn metadata_hash_at(
    directory: u32,
    lookup: u32,
    path: *const u8,
    length: usize,
    returned: *mut u8,
) {
    let lookup = match FOLLOWS.get() {
        true => lookup | FOLLOW_LINKS,
        false => lookup,
    };
    // SAFETY: wasi-libc passes these arguments for the same function, and the
    // flag is valid for it.
    unsafe { import_metadata_hash_at(directory, lookup, path, length, returned) };
}

/// Calls `stat`, which calls libc's and follows links, and returns its result.
pub fn following_links<R>(stat: impl FnOnce() -> R) -> R {
    FOLLOWS.set(true);
    let result = stat();
    FOLLOWS.set(false);
    result
}

/// The path by which a file was opened, if it is known, and the file's `stat`.
pub fn path_of<S>(_file: RawFd, stat: impl FnOnce() -> Result<S>) -> Result<(Option<String>, S)> {
    ASKED.set(None);
    let stat = stat()?;
    let handle = ASKED.take();
    let path = handle.and_then(|handle| paths().get(&handle).cloned());
    Ok((path, stat))
}
