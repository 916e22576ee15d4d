//! The directories that the runtime grants, and the files in them.

use super::wit::wasi::filesystem::preopens::get_directories;
use super::wit::wasi::filesystem::types::{
    Descriptor, DescriptorFlags, DescriptorType, ErrorCode as Wasi, OpenFlags, PathFlags,
};
use super::{ErrorCode, Result};
use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use mem_contract::path;
use spin::Once;

/// A granted directory, and the guest's name for it.
type Directory = (Descriptor, String);

/// Finds the directory that `path` belongs to, and what is left of the path.
///
/// # Errors
///
/// `invalid-argument` for an empty path or one with a NUL; `access-denied` if
/// the path is in no directory.
pub fn find(path: &str) -> Result<(&'static Descriptor, &str)> {
    static DIRECTORIES: Once<Vec<Directory>> = Once::new();

    let directories = DIRECTORIES.call_once(get_directories).iter();
    let named = directories.map(|(directory, name)| (name.as_str(), directory));
    path::find(named, path).map_err(|error| match error.into() {
        ErrorCode::AccessDenied => ErrorCode::AccessDenied.because(
            "the path is in none of the granted directories; use a path in one, or have the \
             runtime grant another (`--dir`)",
        ),
        error => error,
    })
}

/// Opens the regular file at `path` in the directory.
///
/// # Errors
///
/// `not-a-file`, and those of `open-at`.
pub fn open(directory: &Descriptor, path: &str, write: bool, create: bool) -> Result<Descriptor> {
    let path = if path.is_empty() { "." } else { path };
    // Opening a FIFO would wait for a process at its other end.
    let seen = directory.stat_at(PathFlags::SYMLINK_FOLLOW, path);
    if seen.is_ok_and(|stat| stat.type_ != DescriptorType::RegularFile) {
        return Err(ErrorCode::NotAFile);
    }
    let mut flags = DescriptorFlags::READ;
    if write {
        flags |= DescriptorFlags::WRITE;
    }
    // Asked to make a file there, `open-at` says that it is a directory.
    let open_flags = if create && !path.ends_with('/') {
        OpenFlags::CREATE
    } else {
        OpenFlags::empty()
    };
    let file = directory
        .open_at(PathFlags::SYMLINK_FOLLOW, path, open_flags, flags)
        .map_err(|error| failed(error, directory, path, write))?;
    // Something else may have taken its place.
    if file.get_type()? != DescriptorType::RegularFile {
        return Err(ErrorCode::NotAFile);
    }
    Ok(file)
}

/// The error of an `open-at` that failed with `error`.
fn failed(error: Wasi, directory: &Descriptor, path: &str, write: bool) -> ErrorCode {
    let look = |path| directory.stat_at(PathFlags::SYMLINK_FOLLOW, path);
    match error {
        Wasi::NoEntry => {
            let mut ends = path.match_indices('/').map(|(end, _)| &path[..end]);
            let missing = ends.find(|directory| matches!(look(directory), Err(Wasi::NoEntry)));
            ErrorCode::NotFound.because(match missing {
                Some(directory) if !path[directory.len()..].trim_matches('/').is_empty() => {
                    format!("the directory {directory:?} is missing; create it first").into()
                }
                _ if path.ends_with('/') => Cow::Borrowed(NOT_A_DIRECTORY),
                _ => "nothing is at this path; create the file first".into(),
            })
        }
        Wasi::NotDirectory if path.ends_with('/') && look(path.trim_end_matches('/')).is_ok() => {
            ErrorCode::NotFound.because(NOT_A_DIRECTORY)
        }
        Wasi::Access => {
            let uses = if write { "read and write" } else { "read" };
            ErrorCode::AccessDenied.because(match look(path) {
                Ok(_) => format!(
                    "permission denied by the file's mode; have its owner let the process {uses} it"
                )
                .into(),
                Err(Wasi::NoEntry) => Cow::Borrowed(
                    "permission denied by the directory's mode; have its owner let the process \
                     create files in it",
                ),
                Err(_) => "permission denied by the mode of a directory on the path; have its \
                           owner let the process search it"
                    .into(),
            })
        }
        Wasi::NotPermitted | Wasi::ReadOnly if write && is_read_only(directory) => {
            ErrorCode::AccessDenied.because(
                "the directory is granted for reading only; map the file read-only or \
                 copy-on-write, or have the runtime grant it for writing",
            )
        }
        Wasi::NotPermitted => ErrorCode::AccessDenied.because(
            "the path leaves the granted directory, by `..` or by a symbolic link; use one inside \
             of it",
        ),
        _ => error.into(),
    }
}

const NOT_A_DIRECTORY: &str = "the path ends with `/`, as no file's does; leave that out";

fn is_read_only(directory: &Descriptor) -> bool {
    let flags = directory.get_flags();
    flags.is_ok_and(|flags| !flags.contains(DescriptorFlags::MUTATE_DIRECTORY))
}
