//! Errors of wasi:filesystem as error codes for the guest.

use super::ErrorCode;
use super::explanations::DISK_FULL;
use super::wit::wasi::filesystem::types;

impl From<types::ErrorCode> for ErrorCode {
    fn from(code: types::ErrorCode) -> Self {
        use types::ErrorCode as Wasi;
        match code {
            Wasi::Access => Self::AccessDenied.because("permission denied by the file's mode"),
            Wasi::NotPermitted => Self::AccessDenied.because(
                "the path leaves the granted directory, or that is granted for reading only",
            ),
            Wasi::ReadOnly => Self::AccessDenied
                .because("the file system is read-only; map the file read-only or copy-on-write"),
            Wasi::Loop => Self::AccessDenied.because("the path has too many symbolic links"),
            Wasi::NoEntry => {
                Self::NotFound.because("nothing is at this path; create the file first")
            }
            Wasi::NotDirectory => Self::NotFound.because("a part of the path is not a directory"),
            Wasi::IsDirectory | Wasi::NoDevice | Wasi::NoSuchDevice => Self::NotAFile,
            Wasi::Invalid | Wasi::NameTooLong | Wasi::IllegalByteSequence => Self::InvalidArgument,
            Wasi::InsufficientSpace => Self::NoSpace.because(DISK_FULL),
            Wasi::Quota => Self::NoSpace.because(
                "the user's quota on the disk is exhausted; make room on it, and map the file anew",
            ),
            Wasi::FileTooLarge | Wasi::Overflow => Self::NoSpace.because(
                "the file would be larger than its file system or the process's limit \
                 (RLIMIT_FSIZE) allows; ask for less",
            ),
            Wasi::InsufficientMemory => Self::QuotaExceeded,
            Wasi::Busy | Wasi::TextFileBusy | Wasi::WouldBlock => Self::Busy,
            Wasi::Unsupported => Self::Unsupported,
            _ => Self::Io,
        }
    }
}
