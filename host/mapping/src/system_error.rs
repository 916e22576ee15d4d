//! Errors of the operating system as error codes.

use crate::explanation::{DISK_FULL, Explain, Explanation};
use crate::os;
use mem_contract::ErrorCode;
use std::io;

/// The code of an error that the operating system reported. It explains the
/// error.
pub fn system_error(error: impl Into<io::Error>) -> ErrorCode {
    let error = error.into();
    let code = code(&error);
    tracing::debug!(%error, ?code, "operating system error");
    code.because(explanation(&error))
}

fn code(error: &io::Error) -> ErrorCode {
    use io::ErrorKind::*;
    match error.kind() {
        PermissionDenied | ReadOnlyFilesystem => ErrorCode::AccessDenied,
        NotFound | NotADirectory => ErrorCode::NotFound,
        IsADirectory => ErrorCode::NotAFile,
        InvalidInput | InvalidFilename => ErrorCode::InvalidArgument,
        // The system reports a lack of memory for a mapping when the process has
        // used up its address space or its number of mappings.
        OutOfMemory => ErrorCode::QuotaExceeded,
        StorageFull | QuotaExceeded | FileTooLarge => ErrorCode::NoSpace,
        ResourceBusy | ExecutableFileBusy | WouldBlock => ErrorCode::Busy,
        Unsupported => ErrorCode::Unsupported,
        _ => os::classify(error).unwrap_or(ErrorCode::Io),
    }
}

fn explanation(error: &io::Error) -> Explanation {
    use io::ErrorKind::*;
    match error.kind() {
        StorageFull => DISK_FULL.into(),
        QuotaExceeded => "the user's quota on the disk is exhausted; make room on it, and map \
                          the file anew"
            .into(),
        FileTooLarge => "the file would be larger than its file system or the process's limit \
                         (RLIMIT_FSIZE) allows; ask for less"
            .into(),
        ReadOnlyFilesystem => "the file system is read-only; map the file read-only or \
                               copy-on-write"
            .into(),
        OutOfMemory => out_of_mappings().into(),
        ExecutableFileBusy => "the file is a program that runs; map it read-only or \
                               copy-on-write, or end the program"
            .into(),
        _ => os::explain(error)
            .unwrap_or_else(|| format!("the operating system says: {error}").into()),
    }
}

/// The explanation where the system has no room for a mapping, or for a part of
/// one that it has to split.
pub(crate) fn out_of_mappings() -> String {
    format!(
        "the process has as many mappings as it may have (vm.max_map_count is {}), or no address \
         space or memory for more; unmap something, or have the system allow more",
        os::max_kernel_mappings()
    )
}

/// The explanation of a lock past what the system lets a process lock.
pub(crate) fn lock_limit() -> Explanation {
    match os::max_locked_bytes() {
        Some(limit) => format!(
            "the process may lock {limit} bytes (RLIMIT_MEMLOCK), and this would be more; lock \
             less, unlock something, or have that limit raised"
        )
        .into(),
        None => "the operating system refuses to lock as many bytes; lock less, or unlock \
                 something"
            .into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_of_the_system_explains_itself() {
        let full = system_error(io::ErrorKind::StorageFull);
        assert_eq!(full.take_explanation().as_deref(), Some(DISK_FULL));
    }

    #[cfg(unix)]
    #[test]
    fn an_error_of_the_system_has_a_code() {
        for (number, expected) in [
            (libc::EACCES, ErrorCode::AccessDenied),
            (libc::EPERM, ErrorCode::AccessDenied),
            (libc::EROFS, ErrorCode::AccessDenied),
            (libc::ELOOP, ErrorCode::AccessDenied),
            (libc::ENOENT, ErrorCode::NotFound),
            (libc::ENOTDIR, ErrorCode::NotFound),
            (libc::EISDIR, ErrorCode::NotAFile),
            (libc::ENXIO, ErrorCode::NotAFile),
            (libc::EINVAL, ErrorCode::InvalidArgument),
            (libc::ENAMETOOLONG, ErrorCode::InvalidArgument),
            (libc::ENOMEM, ErrorCode::QuotaExceeded),
            (libc::EMFILE, ErrorCode::QuotaExceeded),
            (libc::ENOSPC, ErrorCode::NoSpace),
            (libc::EDQUOT, ErrorCode::NoSpace),
            (libc::EFBIG, ErrorCode::NoSpace),
            (libc::ETXTBSY, ErrorCode::Busy),
            (libc::EBUSY, ErrorCode::Busy),
            (libc::ENODEV, ErrorCode::Unsupported),
            (libc::ENOTSUP, ErrorCode::Unsupported),
            (libc::EIO, ErrorCode::Io),
        ] {
            let error = io::Error::from_raw_os_error(number);
            let text = error.to_string();
            assert_eq!(system_error(error), expected, "{text}");
        }
    }
}
