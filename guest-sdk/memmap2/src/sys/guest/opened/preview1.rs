//! WASI 0.1, where the descriptors of libc are the host's numbers.

use std::io::Result;
use std::os::fd::RawFd;
use std::slice;

use super::paths::{Paths, opened, paths};

#[link(wasm_import_module = "wasi_snapshot_preview1")]
unsafe extern "C" {
    #[link_name = "path_open"]
    fn import_path_open(
        directory: u32,
        lookup: u32,
        path: *const u8,
        length: usize,
        how: u32,
        rights: u64,
        rights_inheriting: u64,
        flags: u32,
        returned: *mut u32,
    ) -> i32;

    #[link_name = "fd_prestat_get"]
    fn import_prestat_get(directory: u32, returned: *mut Prestat) -> i32;

    #[link_name = "fd_prestat_dir_name"]
    fn import_prestat_dir_name(directory: u32, name: *mut u8, length: usize) -> i32;
}

/// What the host says of a directory that it granted: the kind, and the length of
/// the directory's name. There is only one kind.
#[repr(C)]
#[derive(Default)]
struct Prestat {
    kind: u8,
    name_length: usize,
}

/// Stands in for the import `path_open` of wasi-libc.
#[unsafe(export_name = "__imported_wasi_snapshot_preview1_path_open")]
unsafe extern "C" fn path_open(
    directory: u32,
    lookup: u32,
    path: *const u8,
    length: usize,
    how: u32,
    rights: u64,
    rights_inheriting: u64,
    flags: u32,
    returned: *mut u32,
) -> i32 {
    // SAFETY: wasi-libc passes these arguments for the same function.
    let error = unsafe {
        import_path_open(
            directory,
            lookup,
            path,
            length,
            how,
            rights,
            rights_inheriting,
            flags,
            returned,
        )
    };
    if error == 0 {
        // SAFETY: the host has read the path, and has written the number.
        let (path, number) = unsafe { (slice::from_raw_parts(path, length), *returned) };
        let mut paths = paths();
        granted(&mut paths, directory);
        opened(&mut paths, directory, path, number);
    }
    error
}

/// Notes the name of a directory, if the host granted it.
fn granted(paths: &mut Paths, directory: u32) {
    if paths.contains_key(&directory) {
        return;
    }
    let mut prestat = Prestat::default();
    // SAFETY: there is room for the result.
    if unsafe { import_prestat_get(directory, &mut prestat) } != 0 {
        return;
    }
    let mut name = vec![0; prestat.name_length];
    // SAFETY: there is room for the name.
    let error = unsafe { import_prestat_dir_name(directory, name.as_mut_ptr(), name.len()) };
    if error == 0
        && let Ok(name) = String::from_utf8(name)
    {
        paths.insert(directory, name);
    }
}

/// The path by which a file was opened, if it is known, and the file's `stat`.
pub fn path_of<S>(file: RawFd, stat: impl FnOnce() -> Result<S>) -> Result<(Option<String>, S)> {
    let path = paths().get(&file.cast_unsigned()).cloned();
    Ok((path, stat()?))
}

/// Calls `stat`, which calls libc's, and returns its result.
pub fn following_links<R>(stat: impl FnOnce() -> R) -> R {
    stat()
}
