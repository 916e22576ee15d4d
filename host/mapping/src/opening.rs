//! Opening files to map them.

use crate::explanation::Explain;
use crate::os;
use crate::system_error::system_error;
use mem_contract::ErrorCode;
use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

/// What to open a file for, besides reading.
#[derive(Clone, Copy, Debug)]
pub struct Opening {
    /// Whether the file is going to be written.
    pub write: bool,
    /// Whether to make it if nothing is there.
    pub create: bool,
}

impl Opening {
    /// Opens the file at `path`, a path of the process: it finds the file that
    /// [`File::open`] finds.
    ///
    /// # Errors
    ///
    /// `InvalidArgument` for an empty path; `NotAFile`; those of `open(2)`.
    pub fn open(self, path: &Path) -> Result<File, ErrorCode> {
        if path.as_os_str().is_empty() {
            return Err(ErrorCode::InvalidArgument.because("the path is empty"));
        }
        // Opening a device can have an effect. If the look fails, `open` reports
        // why.
        if path.metadata().is_ok_and(|seen| !seen.is_file()) {
            return Err(ErrorCode::NotAFile);
        }
        let mut options = OpenOptions::new();
        let create = self.creates(path);
        options.read(true).write(self.write).create(create);
        os::open_without_side_effects(&mut options);
        let opened = options.open(path);
        opened.map_err(|error| self.failed(error, path, |path| path.metadata().map(|_| ())))
    }

    /// Whether to make a file at `path` if nothing is there: no file's path ends
    /// with `/`. Asked to make one there, `open(2)` says that it is a directory.
    pub fn creates(self, path: &Path) -> bool {
        self.create && !ends_with_slash(path)
    }

    /// The error of an `open(2)` of `path` that failed with `error`. It finds out
    /// why by `look`, which is `stat(2)`.
    pub fn failed(
        self,
        error: io::Error,
        path: &Path,
        look: impl Fn(&Path) -> io::Result<()>,
    ) -> ErrorCode {
        let why = match error.kind() {
            io::ErrorKind::NotFound => self.not_found(path, look),
            io::ErrorKind::NotADirectory
                if ends_with_slash(path) && look(path.components().as_path()).is_ok() =>
            {
                NOT_A_DIRECTORY.to_owned()
            }
            io::ErrorKind::NotADirectory => "a part of the path is not a directory".to_owned(),
            // An error that the system did not report is the sandbox's.
            io::ErrorKind::PermissionDenied if error.raw_os_error().is_none() => {
                "the path leaves the granted directory, by `..` or by a symbolic link; use one \
                 inside of it"
                    .to_owned()
            }
            io::ErrorKind::PermissionDenied if os::is_by_mode(&error) => {
                self.denied_by_mode(path, look)
            }
            _ => return system_error(error),
        };
        system_error(error).because(why)
    }

    fn not_found(self, path: &Path, look: impl Fn(&Path) -> io::Result<()>) -> String {
        let mut directories: Vec<_> = path.ancestors().skip(1).collect();
        directories.retain(|directory| !directory.as_os_str().is_empty());
        let is_missing = |directory: &&&Path| {
            look(directory).is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
        };
        match directories.iter().rev().find(is_missing) {
            Some(directory) => format!("the directory {directory:?} is missing; create it first"),
            None if ends_with_slash(path) => NOT_A_DIRECTORY.to_owned(),
            None => "nothing is at this path; create the file first".to_owned(),
        }
    }

    fn denied_by_mode(self, path: &Path, look: impl Fn(&Path) -> io::Result<()>) -> String {
        let uses = if self.write { "read and write" } else { "read" };
        match look(path) {
            Ok(()) => format!(
                "permission denied by the file's mode; have its owner let the process {uses} it"
            ),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                "permission denied by the directory's mode; have its owner let the process create \
                 files in it"
                    .to_owned()
            }
            Err(_) => "permission denied by the mode of a directory on the path; have its owner \
                       let the process search it"
                .to_owned(),
        }
    }
}

const NOT_A_DIRECTORY: &str = "the path ends with `/`, as no file's does; leave that out";

fn ends_with_slash(path: &Path) -> bool {
    path.as_os_str().as_encoded_bytes().ends_with(b"/")
}
