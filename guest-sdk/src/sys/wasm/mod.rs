//! Guests: calls into the host by the contract in `wit/`.

mod attach;
#[cfg(feature = "wasi")]
mod directory;
mod error_case;
mod load;
mod memory;
mod path;
mod read;

use std::ops;

pub use self::attach::Attached;
pub use self::path::path_from_root;
use self::wit::mem::mmap::mapping as contract;
use super::{FlushMode, Line, Request};
use crate::error::Cause;
use crate::range::Range;
use crate::window::Placement;
use crate::{Access, Advice, ErrorCode, Protection};

mod wit {
    wit_bindgen::generate!({
        path: "wit",
        world: "mem:mmap/imports",
    });
}

/// A handle of the host's. Dropping it unmaps.
pub struct Handle(contract::Mapping);

type Result<T> = std::result::Result<T, Cause>;

impl Handle {
    pub fn map(path: Option<&str>, request: &Request) -> Result<Self> {
        contract::file_map(path.unwrap_or(""), options(request, path.is_none()))
            .map(Self)
            .map_err(code)
    }

    pub fn size(&self) -> u64 {
        self.0.size()
    }

    pub fn read(&self, offset: u64, buf: &mut [u8]) -> Result<()> {
        read::read(&self.0, offset, buf).map_err(code)
    }

    pub fn read_many(&self, ranges: &[ops::Range<u64>], buf: &mut [u8]) -> Result<()> {
        read::read_many(&self.0, ranges, buf).map_err(code)
    }

    pub fn write(&self, offset: u64, bytes: &[u8]) -> Result<()> {
        self.0.write(offset, bytes).map_err(code)
    }

    #[inline]
    pub fn load_u8(&self, offset: u64) -> Result<u8> {
        load::load_u8(&self.0, offset).map_err(code)
    }

    #[inline]
    pub fn load_u16(&self, offset: u64) -> Result<u16> {
        load::load_u16(&self.0, offset).map_err(code)
    }

    #[inline]
    pub fn load_u32(&self, offset: u64) -> Result<u32> {
        load::load_u32(&self.0, offset).map_err(code)
    }

    #[inline]
    pub fn load_u64(&self, offset: u64) -> Result<u64> {
        load::load_u64(&self.0, offset).map_err(code)
    }

    /// Loads the bytes of eight words.
    #[inline]
    pub fn load_line(&self, offset: u64) -> Result<Line> {
        let words = self.0.load_u64x8(offset).map_err(code)?;
        let contract::U64x8 {
            w0,
            w1,
            w2,
            w3,
            w4,
            w5,
            w6,
            w7,
        } = words;
        Ok([w0, w1, w2, w3, w4, w5, w6, w7].map(u64::to_le_bytes))
    }

    #[inline]
    pub fn store_u8(&self, offset: u64, value: u8) -> Result<()> {
        self.0.store_u8(offset, value).map_err(code)
    }

    #[inline]
    pub fn store_u16(&self, offset: u64, value: u16) -> Result<()> {
        self.0.store_u16(offset, value).map_err(code)
    }

    #[inline]
    pub fn store_u32(&self, offset: u64, value: u32) -> Result<()> {
        self.0.store_u32(offset, value).map_err(code)
    }

    #[inline]
    pub fn store_u64(&self, offset: u64, value: u64) -> Result<()> {
        self.0.store_u64(offset, value).map_err(code)
    }

    pub fn flush(&self, range: Option<Range>, mode: FlushMode) -> Result<()> {
        let mode = match mode {
            FlushMode::Synchronous => contract::FlushMode::Synchronous,
            FlushMode::Asynchronous => contract::FlushMode::Asynchronous,
        };
        self.0.flush(range.map(bytes), mode).map_err(code)
    }

    pub fn lock(&self, range: Option<Range>) -> Result<()> {
        self.0.lock(range.map(bytes)).map_err(code)
    }

    pub fn unlock(&self, range: Option<Range>) -> Result<()> {
        self.0.unlock(range.map(bytes)).map_err(code)
    }

    pub fn advise(&self, range: Option<Range>, advice: Advice) -> Result<()> {
        let advice = match advice {
            Advice::Normal => contract::Advice::Normal,
            Advice::Random => contract::Advice::Random,
            Advice::Sequential => contract::Advice::Sequential,
            Advice::WillNeed => contract::Advice::WillNeed,
            Advice::Cold => contract::Advice::Cold,
            Advice::PageOut => contract::Advice::PageOut,
            Advice::PopulateRead => contract::Advice::PopulateRead,
            Advice::PopulateWrite => contract::Advice::PopulateWrite,
            Advice::HugePage => contract::Advice::HugePage,
            Advice::NoHugePage => contract::Advice::NoHugePage,
        };
        self.0.advise(range.map(bytes), advice).map_err(code)
    }

    pub fn protect(&self, range: Option<Range>, protection: Protection) -> Result<()> {
        let protection = match protection {
            Protection::Read => contract::Protection::Read,
            Protection::ReadWrite => contract::Protection::ReadWrite,
            Protection::ReadExecute => contract::Protection::ReadExecute,
            Protection::ReadWriteExecute => contract::Protection::ReadWriteExecute,
        };
        self.0.protect(range.map(bytes), protection).map_err(code)
    }

    pub fn page_size(&self) -> u32 {
        attach::page_size()
    }

    pub fn attach(&self, placement: Placement) -> Result<Attached> {
        Attached::new(&self.0, placement)
    }

    pub fn unmap(self) -> Result<()> {
        contract::Mapping::unmap(self.0).map_err(code)
    }
}

fn access(access: Access) -> contract::Access {
    match access {
        Access::ReadOnly => contract::Access::ReadOnly,
        Access::ReadWrite => contract::Access::ReadWrite,
        Access::CopyOnWrite => contract::Access::CopyOnWrite,
    }
}

fn options(request: &Request, anonymous: bool) -> contract::MapOptions {
    use contract::MapFlags;
    let when = |set, flag| if set { flag } else { MapFlags::empty() };
    contract::MapOptions {
        access: access(request.access),
        flags: when(anonymous, MapFlags::ANONYMOUS)
            | when(request.exec, MapFlags::EXEC)
            | when(request.create, MapFlags::CREATE)
            | when(request.populate, MapFlags::POPULATE),
        offset: request.offset,
        length: request.length,
    }
}

fn bytes(Range { offset, length }: Range) -> contract::Range {
    contract::Range { offset, length }
}

macro_rules! errors {
    ($($case:ident)*) => {
        #[inline]
        fn code(code: contract::ErrorCode) -> Cause {
            let code = match code {
                $(contract::ErrorCode::$case => ErrorCode::$case,)*
            };
            let is_hosts = true;
            Cause { code, is_hosts }
        }

        /// What the host knows about its last call that failed with `code`.
        pub fn explain(code: ErrorCode) -> Option<Box<str>> {
            let code = match code {
                $(ErrorCode::$case => contract::ErrorCode::$case,)*
            };
            contract::explain(code).map(String::into_boxed_str)
        }
    };
}

errors! {
    AccessDenied NotFound NotAFile InvalidArgument OutOfBounds ReadOnly Truncated NotLocked
    LockLimit QuotaExceeded Busy NoSpace Unsupported Io
}
