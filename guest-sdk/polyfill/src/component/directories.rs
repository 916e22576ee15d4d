//! The directories that the runtime grants, and the files in them.

use super::wit::wasi::filesystem::preopens::get_directories;
use super::wit::wasi::filesystem::types::{
    Descriptor, DescriptorFlags, DescriptorType, OpenFlags, PathFlags,
};
use super::{ErrorCode, Result};
use alloc::string::String;
use alloc::vec::Vec;
use spin::Once;

/// A granted directory, and the guest's name for it.
type Directory = (Descriptor, String);

/// Finds the directory with the longest name that `path` starts with, the
/// latest of equals, and what is left of the path.
///
/// A relative path starts at the root, but a directory granted as `.` has
/// relative paths only.
///
/// # Errors
///
/// `invalid-argument` for an empty path or one with a NUL; `access-denied` if
/// the path is in no directory.
pub fn find(path: &str) -> Result<(&'static Descriptor, &str)> {
    static DIRECTORIES: Once<Vec<Directory>> = Once::new();

    if path.is_empty() || path.contains('\0') {
        return Err(ErrorCode::InvalidArgument);
    }
    let mut found: Option<(&Descriptor, &str)> = None;
    for (directory, name) in DIRECTORIES.call_once(get_directories) {
        if let Some(rest) = rest_behind(name, path)
            && found.is_none_or(|(_, shortest)| rest.len() <= shortest.len())
        {
            found = Some((directory, rest));
        }
    }
    found.ok_or(ErrorCode::AccessDenied)
}

/// What is left of `path` in the directory `name`, if it lies there.
fn rest_behind<'p>(name: &str, path: &'p str) -> Option<&'p str> {
    let components = relative(name).trim_end_matches('/');
    if components.is_empty() {
        let reaches = name.starts_with('/') || !path.starts_with('/');
        return reaches.then(|| relative(path));
    }
    let rest = relative(path).strip_prefix(components)?;
    let ends_there = rest.is_empty() || rest.starts_with('/');
    ends_there.then(|| rest.trim_start_matches('/'))
}

/// The path without what says where it starts.
fn relative(path: &str) -> &str {
    let mut path = path.trim_start_matches('/');
    while let Some(rest) = path.strip_prefix("./") {
        path = rest.trim_start_matches('/');
    }
    if path == "." { "" } else { path }
}

/// Opens the regular file at `path` in the directory.
///
/// # Errors
///
/// `not-a-file`, and those of `open-at`.
pub fn open(directory: &Descriptor, path: &str, write: bool, create: bool) -> Result<Descriptor> {
    let path = if path.is_empty() { "." } else { path };
    // Opening a FIFO would wait for who is at its other end.
    let seen = directory.stat_at(PathFlags::SYMLINK_FOLLOW, path);
    if seen.is_ok_and(|stat| stat.type_ != DescriptorType::RegularFile) {
        return Err(ErrorCode::NotAFile);
    }
    let mut flags = DescriptorFlags::READ;
    if write {
        flags |= DescriptorFlags::WRITE;
    }
    let open_flags = if create {
        OpenFlags::CREATE
    } else {
        OpenFlags::empty()
    };
    let file = directory.open_at(PathFlags::SYMLINK_FOLLOW, path, open_flags, flags)?;
    // Something else may have taken its place.
    if file.get_type()? != DescriptorType::RegularFile {
        return Err(ErrorCode::NotAFile);
    }
    Ok(file)
}
