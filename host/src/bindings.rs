//! The types of the WIT, and how they correspond to those of the mapping.

use crate::Error;
use mem_mapping::{self as mapping, MapOptions};

mod generated {
    wasmtime::component::bindgen!({
        path: "wit",
        world: "mem:mmap/imports",
    });
}

pub(crate) use self::generated::mem::mmap::mapping as wit;

macro_rules! errors {
    ($($case:ident)*) => {
        impl From<Error> for wit::ErrorCode {
            fn from(error: Error) -> Self {
                match error {
                    $(Error::$case => Self::$case,)*
                }
            }
        }

        impl From<wit::ErrorCode> for Error {
            fn from(code: wit::ErrorCode) -> Self {
                match code {
                    $(wit::ErrorCode::$case => Self::$case,)*
                }
            }
        }
    };
}

errors! {
    AccessDenied NotFound NotAFile InvalidArgument OutOfBounds ReadOnly Truncated NotLocked
    LockLimit QuotaExceeded Busy NoSpace Unsupported Io
}

impl From<wit::MapOptions> for MapOptions {
    fn from(options: wit::MapOptions) -> Self {
        let flag = |flag| options.flags.contains(flag);
        Self {
            access: match options.access {
                wit::Access::ReadOnly => mapping::Access::ReadOnly,
                wit::Access::ReadWrite => mapping::Access::ReadWrite,
                wit::Access::CopyOnWrite => mapping::Access::CopyOnWrite,
            },
            anonymous: flag(wit::MapFlags::ANONYMOUS),
            execute: flag(wit::MapFlags::EXEC),
            create: flag(wit::MapFlags::CREATE),
            populate: flag(wit::MapFlags::POPULATE),
            offset: options.offset,
            length: options.length,
        }
    }
}

impl From<wit::Range> for mapping::ByteRange {
    fn from(range: wit::Range) -> Self {
        Self {
            offset: range.offset,
            length: range.length,
        }
    }
}

impl From<wit::FlushMode> for mapping::FlushMode {
    fn from(mode: wit::FlushMode) -> Self {
        match mode {
            wit::FlushMode::Synchronous => Self::Synchronous,
            wit::FlushMode::Asynchronous => Self::Asynchronous,
        }
    }
}

impl From<wit::Protection> for mapping::Protection {
    fn from(protection: wit::Protection) -> Self {
        use wit::Protection::*;
        Self {
            write: matches!(protection, ReadWrite | ReadWriteExecute),
            execute: matches!(protection, ReadExecute | ReadWriteExecute),
        }
    }
}

impl From<wit::Advice> for mapping::Advice {
    fn from(advice: wit::Advice) -> Self {
        match advice {
            wit::Advice::Normal => Self::Normal,
            wit::Advice::Random => Self::Random,
            wit::Advice::Sequential => Self::Sequential,
            wit::Advice::WillNeed => Self::WillNeed,
            wit::Advice::Cold => Self::Cold,
            wit::Advice::PageOut => Self::PageOut,
            wit::Advice::PopulateRead => Self::PopulateRead,
            wit::Advice::PopulateWrite => Self::PopulateWrite,
            wit::Advice::HugePage => Self::HugePage,
            wit::Advice::NoHugePage => Self::NoHugePage,
        }
    }
}
