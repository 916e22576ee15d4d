//! The directories a guest may map files of, and how its paths find them.

use cap_std::ambient_authority;
use cap_std::fs::{Dir, OpenOptions, OpenOptionsExt};
use mem_contract::{ErrorCode, path};
use mem_mapping::{Explain, Opening};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What a guest may do with the files of a granted directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FsPerms {
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
    pub(crate) fn new(host: &Path, guest: &str, perms: FsPerms) -> Result<Self, GrantError> {
        let dir =
            Dir::open_ambient_dir(host, ambient_authority()).map_err(|source| GrantError {
                path: host.to_owned(),
                source,
            })?;
        Ok(Self {
            directory: Directory::new(dir, perms),
            prefix: guest.to_owned(),
        })
    }
}

/// A directory whose files a guest may map.
#[derive(Clone, Debug)]
pub(crate) struct Directory {
    dir: Arc<Dir>,
    perms: FsPerms,
}

impl Directory {
    pub(crate) fn new(dir: Dir, perms: FsPerms) -> Self {
        Self {
            dir: Arc::new(dir),
            perms,
        }
    }

    /// Opens the file at `path`, which is relative to the directory.
    ///
    /// # Errors
    ///
    /// `AccessDenied` if the path leaves the directory, or if writing is asked
    /// for and not granted; `NotAFile`; the errors of `open(2)`.
    pub(crate) fn open(&self, path: &str, opening: Opening) -> Result<File, ErrorCode> {
        if opening.write && self.perms == FsPerms::ReadOnly {
            return Err(read_only());
        }
        let path = if path.is_empty() { "." } else { path };
        // Opening a device can have an effect. If this fails, `open` reports why,
        // or creates the file.
        let seen = self.dir.metadata(path);
        if seen.is_ok_and(|metadata| !metadata.is_file()) {
            return Err(ErrorCode::NotAFile);
        }
        let mut options = OpenOptions::new();
        options
            .read(true)
            .write(opening.write)
            .create(opening.creates(path.as_ref()))
            .custom_flags(mem_mapping::OPEN_FLAGS);
        // Something else may have taken its place meanwhile. The caller checks.
        let opened = self.dir.open_with(path, &options);
        opened.map(cap_std::fs::File::into_std).map_err(|error| {
            opening.failed(error, path.as_ref(), |path| {
                self.dir.metadata(path).map(|_| ())
            })
        })
    }
}

/// The error of writing where only reading is granted.
pub(crate) fn read_only() -> ErrorCode {
    ErrorCode::AccessDenied.because(
        "the directory or the file is granted for reading only; map it read-only or \
         copy-on-write, or have the embedder grant it with `FsPerms::ReadWrite` (without \
         `--mem-read-only`)",
    )
}

/// The directories that a context grants.
#[derive(Debug)]
pub(crate) struct Grants(Vec<Grant>);

impl Grants {
    pub(crate) fn new(grants: Vec<Grant>) -> Self {
        Self(grants)
    }

    /// The directory that `path` belongs to, and what is left of the path.
    ///
    /// # Errors
    ///
    /// `InvalidArgument` for an empty path or one with a NUL; `AccessDenied` if the
    /// path is in no granted directory.
    pub(crate) fn resolve<'p>(&self, path: &'p str) -> Result<(&Directory, &'p str), ErrorCode> {
        check_path(path)?;
        let directories = self
            .0
            .iter()
            .map(|grant| (grant.prefix.as_str(), &grant.directory));
        path::find(directories, path).map_err(|_| outside(&self.0))
    }
}

/// The error of a path that is in no granted directory.
#[cold]
fn outside(grants: &[Grant]) -> ErrorCode {
    let names: Vec<_> = grants
        .iter()
        .map(|grant| format!("{:?}", grant.prefix))
        .collect();
    let granted = if names.is_empty() {
        "there are none".to_owned()
    } else {
        format!("those are {}", names.join(", "))
    };
    ErrorCode::AccessDenied.because(format!(
        "the path is in none of the granted directories: {granted}; use a path in one, or have the \
         embedder grant another by `MemCtxBuilder::preopened_dir` (`--dir`)"
    ))
}

/// # Errors
///
/// `InvalidArgument` for an empty path or one with a NUL.
pub(crate) fn check_path(path: &str) -> Result<(), ErrorCode> {
    path::check(path).map_err(|error| error.because("the path is empty or holds a NUL"))
}
