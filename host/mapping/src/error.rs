use crate::explanation;
use std::io;

/// Why an operation on a mapping, or the making of one, failed.
///
/// Each case is the `error-code` of the same name, where the WIT documents it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Not granted by the embedder, or forbidden by the file's permissions.
    #[error("access denied")]
    AccessDenied,
    /// Nothing is there.
    #[error("not found")]
    NotFound,
    /// Not a regular file.
    #[error("not a regular file")]
    NotAFile,
    /// Arguments that contradict each other or the documentation.
    #[error("invalid argument")]
    InvalidArgument,
    /// A range that is not wholly inside.
    #[error("out of bounds")]
    OutOfBounds,
    /// A write to bytes that are not writable.
    #[error("read-only")]
    ReadOnly,
    /// The bytes are gone from the file.
    #[error("truncated")]
    Truncated,
    /// A page that should be unlocked is not locked.
    #[error("not locked")]
    NotLocked,
    /// More locked bytes than the embedder or the operating system allows.
    #[error("lock limit")]
    LockLimit,
    /// A quota of the embedder, or the process's address space, is exhausted.
    #[error("quota exceeded")]
    QuotaExceeded,
    /// In use in a way that excludes this one.
    #[error("busy")]
    Busy,
    /// The disk is full or the file would be too large.
    #[error("no space")]
    NoSpace,
    /// The platform cannot do this.
    #[error("unsupported")]
    Unsupported,
    /// Any other error of the operating system.
    #[error("input/output error")]
    Io,
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        use io::ErrorKind::*;
        let converted = match error.kind() {
            PermissionDenied | ReadOnlyFilesystem => Self::AccessDenied,
            NotFound | NotADirectory => Self::NotFound,
            IsADirectory => Self::NotAFile,
            InvalidInput | InvalidFilename => Self::InvalidArgument,
            // A mapping fails for want of memory when the process has used up
            // its address space or its number of mappings.
            OutOfMemory => Self::QuotaExceeded,
            StorageFull | QuotaExceeded | FileTooLarge => Self::NoSpace,
            ResourceBusy | ExecutableFileBusy | WouldBlock => Self::Busy,
            Unsupported => Self::Unsupported,
            _ => crate::os::classify(&error).unwrap_or(Self::Io),
        };
        tracing::debug!(%error, ?converted, "operating system error");
        converted.because(explanation::of_system(&error))
    }
}

impl From<region::Error> for Error {
    fn from(error: region::Error) -> Self {
        io::Error::from(error).into()
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::Error;
    use std::io;

    #[test]
    fn what_the_operating_system_says_is_told_by_case() {
        for (number, expected) in [
            (libc::EACCES, Error::AccessDenied),
            (libc::EPERM, Error::AccessDenied),
            (libc::EROFS, Error::AccessDenied),
            (libc::ELOOP, Error::AccessDenied),
            (libc::ENOENT, Error::NotFound),
            (libc::ENOTDIR, Error::NotFound),
            (libc::EISDIR, Error::NotAFile),
            (libc::ENXIO, Error::NotAFile),
            (libc::EINVAL, Error::InvalidArgument),
            (libc::ENAMETOOLONG, Error::InvalidArgument),
            (libc::ENOMEM, Error::QuotaExceeded),
            (libc::EMFILE, Error::QuotaExceeded),
            (libc::ENOSPC, Error::NoSpace),
            (libc::EDQUOT, Error::NoSpace),
            (libc::EFBIG, Error::NoSpace),
            (libc::ETXTBSY, Error::Busy),
            (libc::EBUSY, Error::Busy),
            (libc::ENODEV, Error::Unsupported),
            (libc::ENOTSUP, Error::Unsupported),
            (libc::EIO, Error::Io),
        ] {
            let error = io::Error::from_raw_os_error(number);
            let text = error.to_string();
            assert_eq!(Error::from(error), expected, "{text}");
        }
    }
}
