//! What an error of wasi:filesystem is to the guest.

use super::ErrorCode;
use super::wit::wasi::filesystem::types;

impl From<types::ErrorCode> for ErrorCode {
    fn from(code: types::ErrorCode) -> Self {
        use types::ErrorCode as Wasi;
        match code {
            Wasi::Access | Wasi::NotPermitted | Wasi::ReadOnly | Wasi::Loop => Self::AccessDenied,
            Wasi::NoEntry | Wasi::NotDirectory => Self::NotFound,
            Wasi::IsDirectory | Wasi::NoDevice | Wasi::NoSuchDevice => Self::NotAFile,
            Wasi::Invalid | Wasi::NameTooLong | Wasi::IllegalByteSequence => Self::InvalidArgument,
            Wasi::InsufficientSpace | Wasi::Quota | Wasi::FileTooLarge | Wasi::Overflow => {
                Self::NoSpace
            }
            Wasi::InsufficientMemory => Self::QuotaExceeded,
            Wasi::Busy | Wasi::TextFileBusy | Wasi::WouldBlock => Self::Busy,
            Wasi::Unsupported => Self::Unsupported,
            _ => Self::Io,
        }
    }
}
