//! The directories a guest may map files of, and how its paths find them.

use crate::Error;
use cap_std::ambient_authority;
use cap_std::fs::{Dir, OpenOptions, OpenOptionsExt};
use mem_mapping::{Explain, Opening};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What a guest may do with the files of a granted directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Map them read-only or copy-on-write. The files never change.
    ReadOnly,
    /// Map them in any way, and create files.
    ReadWrite,
}

/// A directory that could not be granted.
#[derive(Debug, thiserror::Error)]
#[error("cannot grant the directory {}", path.display())]
pub struct GrantError {
    path: PathBuf,
    source: io::Error,
}

/// A granted directory, and the guest's name for it.
#[derive(Clone, Debug)]
pub(crate) struct Grant {
    pub(crate) directory: Directory,
    prefix: String,
}

impl Grant {
    pub(crate) fn new(host: &Path, guest: &str, access: Access) -> Result<Self, GrantError> {
        let dir =
            Dir::open_ambient_dir(host, ambient_authority()).map_err(|source| GrantError {
                path: host.to_owned(),
                source,
            })?;
        Ok(Self {
            directory: Directory::new(dir, access),
            prefix: guest.to_owned(),
        })
    }
}

/// A directory whose files a guest may map.
#[derive(Clone, Debug)]
pub(crate) struct Directory {
    dir: Arc<Dir>,
    access: Access,
}

impl Directory {
    pub(crate) fn new(dir: Dir, access: Access) -> Self {
        Self {
            dir: Arc::new(dir),
            access,
        }
    }

    /// Opens the file at `path`, which is relative to the directory.
    ///
    /// # Errors
    ///
    /// `AccessDenied` if the path leaves the directory, or if writing is asked
    /// for and not granted; `NotAFile`; those of `open(2)`.
    pub(crate) fn open(&self, path: &str, opening: Opening) -> Result<File, Error> {
        if opening.write && self.access == Access::ReadOnly {
            return Err(read_only());
        }
        let path = if path.is_empty() { "." } else { path };
        // Opening a device can have an effect. What cannot be looked at cannot
        // be opened either, or is to be created; `open` tells.
        let seen = self.dir.metadata(path);
        if seen.is_ok_and(|metadata| !metadata.is_file()) {
            return Err(Error::NotAFile);
        }
        let mut options = OpenOptions::new();
        options
            .read(true)
            .write(opening.write)
            .create(opening.creates(path.as_ref()))
            .custom_flags(mem_mapping::OPEN_FLAGS);
        // Something else may have taken its place meanwhile, which is for the
        // caller to find out.
        let opened = self.dir.open_with(path, &options);
        opened.map(cap_std::fs::File::into_std).map_err(|error| {
            opening.failed(error, path.as_ref(), |path| {
                self.dir.metadata(path).map(|_| ())
            })
        })
    }
}

/// The error of writing where only reading is granted.
pub(crate) fn read_only() -> Error {
    Error::AccessDenied.because(
        "the directory or the file is granted for reading only; map it read-only or \
         copy-on-write, or have the embedder grant it with `Access::ReadWrite` (without \
         `--mem-read-only`)",
    )
}

/// Finds the grant with the longest name that `path` starts with, the latest
/// of equals, and what is left of the path.
///
/// As in WASI, a relative path starts at the root, so `data/x` and `/data/x`
/// are the same; but a directory granted as `.` has relative paths only.
///
/// # Errors
///
/// `InvalidArgument` for an empty path or one with a NUL; `AccessDenied` if the
/// path is in no granted directory.
pub(crate) fn find<'a, 'p>(
    grants: &'a [Grant],
    path: &'p str,
) -> Result<(&'a Grant, &'p str), Error> {
    check_path(path)?;
    grants
        .iter()
        .filter_map(|grant| {
            let rest = relative_to(path, &grant.prefix)?;
            Some((grant, rest))
        })
        // The shorter the rest, the longer the prefix; the last maximum wins.
        .max_by_key(|(_, rest)| std::cmp::Reverse(rest.len()))
        .ok_or_else(|| outside(grants))
}

/// The error of a path that is in no granted directory.
#[cold]
fn outside(grants: &[Grant]) -> Error {
    let names: Vec<_> = grants
        .iter()
        .map(|grant| format!("{:?}", grant.prefix))
        .collect();
    let granted = if names.is_empty() {
        "there are none".to_owned()
    } else {
        format!("those are {}", names.join(", "))
    };
    Error::AccessDenied.because(format!(
        "the path is in none of the granted directories: {granted}; use a path in one, or have the \
         embedder grant another by `MemCtxBuilder::preopened_dir` (`--dir`)"
    ))
}

/// # Errors
///
/// `InvalidArgument` for an empty path or one with a NUL.
pub(crate) fn check_path(path: &str) -> Result<(), Error> {
    if path.is_empty() || path.contains('\0') {
        return Err(Error::InvalidArgument.because("the path is empty or holds a NUL"));
    }
    Ok(())
}

/// What is left of `path` behind `prefix`, if it starts with it.
fn relative_to<'p>(path: &'p str, prefix: &str) -> Option<&'p str> {
    let prefix_is_absolute = prefix.starts_with('/');
    let prefix = without_root(prefix).trim_end_matches('/');
    if prefix.is_empty() && !prefix_is_absolute && path.starts_with('/') {
        return None;
    }
    let path = without_root(path);
    let rest = path.strip_prefix(prefix)?;
    if prefix.is_empty() || rest.is_empty() || rest.starts_with('/') {
        Some(rest.trim_start_matches('/'))
    } else {
        None
    }
}

/// The path without leading `/`, `./` and a lone `.`.
fn without_root(mut path: &str) -> &str {
    loop {
        path = match path.strip_prefix('/').or_else(|| path.strip_prefix("./")) {
            Some(rest) => rest,
            None if path == "." => "",
            None => return path,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_name_wins_and_of_equals_the_latest() {
        let dir = std::env::temp_dir();
        let grant = |name| Grant::new(&dir, name, Access::ReadOnly).unwrap();
        let mut grants: Vec<Grant> = ["/data/sub", "/data", "."].map(grant).into();
        let found = |grants: &[Grant], path| {
            let (grant, rest) = find(grants, path).unwrap();
            (grant.prefix.clone(), rest.to_owned())
        };
        let pair = |name: &str, rest: &str| (name.to_owned(), rest.to_owned());
        assert_eq!(found(&grants, "/data/sub/x"), pair("/data/sub", "x"));
        assert_eq!(found(&grants, "/data/subs"), pair("/data", "subs"));
        assert_eq!(found(&grants, "data/x"), pair("/data", "x"));
        assert_eq!(found(&grants, "x"), pair(".", "x"));
        assert_eq!(find(&grants, "/x").unwrap_err(), Error::AccessDenied);

        grants.push(Grant::new(&dir, "data", Access::ReadWrite).unwrap());
        let (latest, _) = find(&grants, "/data/x").unwrap();
        assert_eq!(latest.directory.access, Access::ReadWrite);
    }

    #[test]
    fn paths_match_whole_components_of_the_prefix() {
        assert_eq!(relative_to("/data/x", "/data"), Some("x"));
        assert_eq!(relative_to("/data", "/data"), Some(""));
        assert_eq!(relative_to("/data//x/", "/data/"), Some("x/"));
        assert_eq!(relative_to("/database/x", "/data"), None);
        assert_eq!(relative_to("/other/x", "/data"), None);
    }

    #[test]
    fn relative_paths_start_at_the_root() {
        assert_eq!(relative_to("data/x", "/data"), Some("x"));
        assert_eq!(relative_to("./data/x", "/data"), Some("x"));
        assert_eq!(relative_to("/data/x", "data"), Some("x"));
        assert_eq!(relative_to("/x", "/"), Some("x"));
        assert_eq!(relative_to("x", "/"), Some("x"));
    }

    #[test]
    fn the_current_directory_has_relative_paths_only() {
        assert_eq!(relative_to("x/y", "."), Some("x/y"));
        assert_eq!(relative_to("./x", "./"), Some("x"));
        assert_eq!(relative_to(".", "."), Some(""));
        assert_eq!(relative_to("/x", "."), None);
        assert_eq!(relative_to("/etc/passwd", ""), None);
    }

    #[test]
    fn dots_are_left_to_the_directory() {
        assert_eq!(relative_to("/data/../x", "/data"), Some("../x"));
        assert_eq!(relative_to("../x", "."), Some("../x"));
        assert_eq!(relative_to("..", "."), Some(".."));
        assert_eq!(relative_to(".x", "."), Some(".x"));
    }
}
