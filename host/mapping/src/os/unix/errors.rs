//! Errors that `std` has no kind for, and what is known of them.

use super::limits::max_descriptors;
use crate::explanation::Explanation;
use mem_contract::ErrorCode;
use std::io;

/// The code of an error that has no kind of its own in `std`.
pub(crate) fn classify(error: &io::Error) -> Option<ErrorCode> {
    match error.raw_os_error()? {
        // Too many symbolic links.
        libc::ELOOP => Some(ErrorCode::AccessDenied),
        // A socket, or a FIFO that nobody reads.
        libc::ENXIO => Some(ErrorCode::NotAFile),
        // A file system whose files cannot be mapped.
        libc::ENODEV => Some(ErrorCode::Unsupported),
        libc::EMFILE | libc::ENFILE => Some(ErrorCode::QuotaExceeded),
        libc::EOVERFLOW => Some(ErrorCode::InvalidArgument),
        _ => None,
    }
}

/// Whether permission was denied by the mode of a file or a directory.
pub(crate) fn is_by_mode(error: &io::Error) -> bool {
    error.raw_os_error() == Some(libc::EACCES)
}

/// What is known of such an error, and of some that have a kind.
pub(crate) fn explain(error: &io::Error) -> Option<Explanation> {
    Some(match error.raw_os_error()? {
        libc::ELOOP => {
            "the path has too many symbolic links, or one of /proc that leads to an open \
                        file or a directory; use the path that the links lead to"
                .into()
        }
        libc::ENODEV => {
            "the files of this file system cannot be mapped; copy the file to another".into()
        }
        libc::EMFILE | libc::ENFILE => format!(
            "the process has as many open files as it may have (RLIMIT_NOFILE is {}); unmap \
             something, or have that limit raised",
            max_descriptors()
        )
        .into(),
        _ => return None,
    })
}
