//! The process itself, on targets where it has no host: files are mapped by
//! what hosts map them with, and without quotas.

use std::borrow::Cow;
use std::convert::Infallible;
use std::ops;
use std::path::Path;
use std::sync::{LazyLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use mem_mapping::{ByteRange, Error, MapOptions, Mapping, Policy, Quota, Quotas, StoreId};

#[cfg(feature = "wasi")]
use wasip2::filesystem::types::Descriptor;

use super::{FlushMode, LINE, Line, Request};
use crate::error::Cause;
use crate::range::Range;
use crate::window::Placement;
use crate::{Access, Advice, ErrorCode, Protection};

/// All that the operating system allows, but for windows: their bytes would
/// be slices, which must not change, of files that anyone can write.
static POLICY: LazyLock<Policy> = LazyLock::new(|| Policy {
    allow_exec: true,
    allow_windows: false,
    handle_bus_errors: true,
    quotas: Quotas {
        mapped: Quota::new(u64::MAX),
        private: Quota::new(u64::MAX),
        pieces: Quota::new(u64::MAX),
        locked: Quota::new(u64::MAX),
        windows: Quota::new(0),
    },
});

/// The process is its only user of mappings.
const PROCESS: StoreId = StoreId::new(0);

/// A mapping of the process. Dropping it unmaps.
pub struct Handle {
    mapping: Mapping,
    /// A guest has one thread at a time in its host. Here, threads that read
    /// bytes keep out those that write them or take away the right to.
    users: RwLock<()>,
}

type Result<T> = std::result::Result<T, Cause>;

impl Handle {
    /// A process that is no guest holds no descriptors.
    #[cfg(feature = "wasi")]
    pub fn map_at(_: &Descriptor, _: &str, _: &Request) -> Result<Self> {
        Err(ErrorCode::Unsupported.into())
    }

    #[cfg(feature = "wasi")]
    pub fn map_of(_: &Descriptor, _: &Request) -> Result<Self> {
        Err(ErrorCode::Unsupported.into())
    }

    pub fn map(path: Option<&str>, request: &Request) -> Result<Self> {
        let options = MapOptions {
            access: access(request.access),
            anonymous: path.is_none(),
            execute: request.exec,
            create: request.create,
            populate: request.populate,
            offset: request.offset,
            length: request.length,
        };
        let mapped = match path {
            Some(path) => {
                POLICY.map_file(PROCESS, options, |opening| opening.open(Path::new(path)))
            }
            None => POLICY.map_anonymous(options),
        };
        Ok(Self {
            mapping: mapped.map_err(code)?,
            users: RwLock::default(),
        })
    }

    pub fn size(&self) -> u64 {
        self.mapping.size()
    }

    pub fn read(&self, offset: u64, buf: &mut [u8]) -> Result<()> {
        let _shared = self.shared();
        self.copy_out(offset, buf)
    }

    pub fn read_many(&self, ranges: &[ops::Range<u64>], mut buf: &mut [u8]) -> Result<()> {
        let _shared = self.shared();
        for range in ranges {
            // The lengths add up to that of the buffer.
            let (these, rest) = buf.split_at_mut((range.end - range.start) as usize);
            self.copy_out(range.start, these)?;
            buf = rest;
        }
        Ok(())
    }

    pub fn write(&self, offset: u64, bytes: &[u8]) -> Result<()> {
        let _alone = self.alone();
        self.mapping.write(PROCESS, offset, bytes).map_err(code)
    }

    pub fn load_u8(&self, offset: u64) -> Result<u8> {
        self.load(offset).map(u8::from_le_bytes)
    }

    pub fn load_u16(&self, offset: u64) -> Result<u16> {
        self.load(offset).map(u16::from_le_bytes)
    }

    pub fn load_u32(&self, offset: u64) -> Result<u32> {
        self.load(offset).map(u32::from_le_bytes)
    }

    pub fn load_u64(&self, offset: u64) -> Result<u64> {
        self.load(offset).map(u64::from_le_bytes)
    }

    pub fn load_line(&self, offset: u64) -> Result<Line> {
        let bytes: [u8; LINE] = self.load(offset)?;
        let mut line = Line::default();
        line.as_flattened_mut().copy_from_slice(&bytes);
        Ok(line)
    }

    pub fn store_u8(&self, offset: u64, value: u8) -> Result<()> {
        self.store(offset, value.to_le_bytes())
    }

    pub fn store_u16(&self, offset: u64, value: u16) -> Result<()> {
        self.store(offset, value.to_le_bytes())
    }

    pub fn store_u32(&self, offset: u64, value: u32) -> Result<()> {
        self.store(offset, value.to_le_bytes())
    }

    pub fn store_u64(&self, offset: u64, value: u64) -> Result<()> {
        self.store(offset, value.to_le_bytes())
    }

    pub fn flush(&self, range: Option<Range>, mode: FlushMode) -> Result<()> {
        let mode = match mode {
            FlushMode::Synchronous => mem_mapping::FlushMode::Synchronous,
            FlushMode::Asynchronous => mem_mapping::FlushMode::Asynchronous,
        };
        self.mapping.flush(range.map(bytes), mode).map_err(code)
    }

    pub fn lock(&self, range: Option<Range>) -> Result<()> {
        self.mapping.lock(range.map(bytes)).map_err(code)
    }

    pub fn unlock(&self, range: Option<Range>) -> Result<()> {
        self.mapping.unlock(range.map(bytes)).map_err(code)
    }

    pub fn advise(&self, range: Option<Range>, advice: Advice) -> Result<()> {
        let advice = match advice {
            Advice::Normal => mem_mapping::Advice::Normal,
            Advice::Random => mem_mapping::Advice::Random,
            Advice::Sequential => mem_mapping::Advice::Sequential,
            Advice::WillNeed => mem_mapping::Advice::WillNeed,
            Advice::Cold => mem_mapping::Advice::Cold,
            Advice::PageOut => mem_mapping::Advice::PageOut,
            Advice::PopulateRead => mem_mapping::Advice::PopulateRead,
            Advice::PopulateWrite => mem_mapping::Advice::PopulateWrite,
            Advice::HugePage => mem_mapping::Advice::HugePage,
            Advice::NoHugePage => mem_mapping::Advice::NoHugePage,
        };
        self.mapping.advise(range.map(bytes), advice).map_err(code)
    }

    pub fn protect(&self, range: Option<Range>, protection: Protection) -> Result<()> {
        use Protection::*;
        let protection = mem_mapping::Protection {
            write: matches!(protection, ReadWrite | ReadWriteExecute),
            execute: matches!(protection, ReadExecute | ReadWriteExecute),
        };
        let _alone = self.alone();
        let range = range.map(bytes);
        self.mapping.protect(range, protection).map_err(code)
    }

    pub fn page_size(&self) -> u32 {
        // No system has pages of 4 GiB.
        mem_mapping::page_size() as u32
    }

    /// Windows are copies here.
    pub fn attach(&self, _placement: Placement) -> Result<Attached> {
        Err(ErrorCode::Unsupported.into())
    }

    pub fn unmap(self) -> Result<()> {
        self.flush(None, FlushMode::Synchronous)
    }

    fn copy_out(&self, offset: u64, buf: &mut [u8]) -> Result<()> {
        let range = self.mapping.readable(offset, buf.len() as u64);
        range
            .and_then(|range| self.mapping.copy_out(&range, buf))
            .map_err(code)
    }

    fn load<const N: usize>(&self, offset: u64) -> Result<[u8; N]> {
        let _shared = self.shared();
        self.mapping.load(offset).map_err(code)
    }

    fn store<const N: usize>(&self, offset: u64, value: [u8; N]) -> Result<()> {
        let _alone = self.alone();
        self.mapping.store(PROCESS, offset, value).map_err(code)
    }

    // Bytes are as good as any whatever panicked.
    fn shared(&self) -> RwLockReadGuard<'_, ()> {
        self.users.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn alone(&self) -> RwLockWriteGuard<'_, ()> {
        self.users.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Cannot be made.
pub struct Attached(Infallible);

impl Attached {
    pub fn bytes(&self) -> &[u8] {
        match self.0 {}
    }

    pub fn bytes_mut(&mut self) -> &mut [u8] {
        match self.0 {}
    }

    pub fn check(&self) -> Result<()> {
        match self.0 {}
    }

    pub fn detach(self) -> Result<()> {
        match self.0 {}
    }
}

/// The path, which the operating system takes to start at the current directory
/// of the process.
pub fn path_from_root(path: &str) -> Result<Cow<'_, str>> {
    Ok(Cow::Borrowed(path))
}

fn access(access: Access) -> mem_mapping::Access {
    match access {
        Access::ReadOnly => mem_mapping::Access::ReadOnly,
        Access::ReadWrite => mem_mapping::Access::ReadWrite,
        Access::CopyOnWrite => mem_mapping::Access::CopyOnWrite,
    }
}

fn bytes(Range { offset, length }: Range) -> ByteRange {
    ByteRange { offset, length }
}

macro_rules! errors {
    ($($case:ident)*) => {
        fn code(error: Error) -> Cause {
            let code = match error {
                $(Error::$case => ErrorCode::$case,)*
            };
            let is_hosts = true;
            Cause { code, is_hosts }
        }

        /// What is known about the operation that has just failed with `code` on
        /// this thread.
        pub fn explain(code: ErrorCode) -> Option<Box<str>> {
            let error = match code {
                $(ErrorCode::$case => Error::$case,)*
            };
            error.take_explanation().map(|why| why.into_owned().into())
        }
    };
}

errors! {
    AccessDenied NotFound NotAFile InvalidArgument OutOfBounds ReadOnly Truncated NotLocked
    LockLimit QuotaExceeded Busy NoSpace Unsupported Io
}
