//! An open file, and the path that leads to it.

use std::ffi::CString;
use std::io::{Error, ErrorKind, Result};
use std::mem::MaybeUninit;
use std::os::fd::RawFd;

use super::opened;
use crate::request::{Request, Sharing};

/// What is known of an open file. It need not stay open.
pub struct OpenFile {
    path: String,
    status: Status,
    flags: libc::c_int,
}

/// What no two files have in common.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Status {
    device: libc::dev_t,
    inode: libc::ino_t,
}

impl OpenFile {
    pub fn new(file: RawFd) -> Result<Self> {
        let (path, stat) = opened::path_of(file, || stat_of(file))?;
        // SAFETY: the call takes any number, and no further argument.
        let flags = unsafe { libc::fcntl(file, libc::F_GETFL) };
        if flags < 0 {
            return Err(Error::last_os_error());
        }
        let path = path.ok_or_else(|| {
            let why = "memmap2: the path of this file is not known, \
                       because it was not opened by wasi-libc, as by std::fs";
            Error::new(ErrorKind::Unsupported, why)
        })?;
        let status = Status::of(&stat);
        Ok(Self {
            path,
            status,
            flags,
        })
    }

    pub fn length(file: RawFd) -> Result<u64> {
        Ok(stat_of(file)?.st_size.cast_unsigned())
    }

    pub fn path(&self) -> &str {
        &self.path
    }

    /// Checks what mmap(2) checks: the file was opened for reading, and also for
    /// writing if writes are to reach it.
    pub fn check_open_for(&self, request: &Request) -> Result<()> {
        let writes = request.sharing == Sharing::Shared && request.writable;
        let needed = if writes { libc::O_RDWR } else { libc::O_RDONLY };
        if self.flags & needed == needed {
            return Ok(());
        }
        let what = if writes {
            "reading and writing"
        } else {
            "reading"
        };
        let path = &self.path;
        Err(Error::new(
            ErrorKind::PermissionDenied,
            format!("memmap2: {path:?} was not opened for {what}"),
        ))
    }

    /// An error if the path leads to another file by now, or to none.
    pub fn check_still_at_path(&self) -> Result<()> {
        let there = stat_at(&self.path);
        if there.is_ok_and(|stat| Status::of(&stat) == self.status) {
            return Ok(());
        }
        let path = &self.path;
        Err(Error::new(
            ErrorKind::NotFound,
            format!("memmap2: the file that was opened at {path:?} is no longer there"),
        ))
    }
}

impl Status {
    fn of(stat: &libc::stat) -> Self {
        Self {
            device: stat.st_dev,
            inode: stat.st_ino,
        }
    }
}

fn stat_of(file: RawFd) -> Result<libc::stat> {
    let mut stat = MaybeUninit::uninit();
    // SAFETY: there is room for the result.
    let result = unsafe { libc::fstat(file, stat.as_mut_ptr()) };
    // SAFETY: it was written by the call if that succeeded.
    filled(result, || unsafe { stat.assume_init() })
}

/// The status of the file at a path of the host's grants, whatever the current
/// directory is. For wasi-libc the directory granted as `.` is the root.
fn stat_at(path: &str) -> Result<libc::stat> {
    let path = CString::new(format!("/{}", path.trim_start_matches('/')))?;
    let mut stat = MaybeUninit::uninit();
    let result = opened::following_links(|| {
        // SAFETY: the path ends with a NUL, and there is room for the result.
        unsafe { libc::stat(path.as_ptr(), stat.as_mut_ptr()) }
    });
    // SAFETY: it was written by the call if that succeeded.
    filled(result, || unsafe { stat.assume_init() })
}

fn filled<T>(result: libc::c_int, value: impl FnOnce() -> T) -> Result<T> {
    match result {
        0 => Ok(value()),
        _ => Err(Error::last_os_error()),
    }
}
