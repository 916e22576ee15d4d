//! The process itself, on targets where it has no host: it maps files by the same
//! crate as hosts do, without quotas.

use std::borrow::Cow;
use std::convert::Infallible;
use std::ops;
use std::path::Path;
use std::sync::{LazyLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use mem_contract::{Advice, ByteRange, ErrorCode, FlushMode, MapFlags, MapOptions, Protection};
use mem_mapping::{Explain, Mapping, Policy, Quota, Quotas, StoreId};

#[cfg(feature = "wasi")]
use wasip2::filesystem::types::Descriptor;

use super::sizes::{U64X8_LEN, U64x8};
use crate::cause::Cause;
use crate::placement::Placement;

/// Everything that the operating system allows, except windows: their bytes would
/// be slices of files that anyone can write, and a slice must not change.
static POLICY: LazyLock<Policy> = LazyLock::new(|| Policy {
    allow_exec: true,
    allow_windows: false,
    handle_bus_errors: true,
    quotas: Quotas {
        mapped: Quota::new(u64::MAX),
        private: Quota::new(u64::MAX),
        mappings: Quota::new(u64::MAX),
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
    /// bytes keep out threads that write them or take away the right to write.
    users: RwLock<()>,
}

type Result<T> = std::result::Result<T, Cause>;

impl Handle {
    /// Only guests hold descriptors.
    #[cfg(feature = "wasi")]
    pub fn map_at(_: &Descriptor, _: &str, _: MapOptions) -> Result<Self> {
        Err(ErrorCode::Unsupported.into())
    }

    #[cfg(feature = "wasi")]
    pub fn map_of(_: &Descriptor, _: MapOptions) -> Result<Self> {
        Err(ErrorCode::Unsupported.into())
    }

    /// Maps the file at `path`, or anonymous memory if the options say so.
    pub fn map(path: &str, options: MapOptions) -> Result<Self> {
        let mapped = if options.flags.contains(MapFlags::ANONYMOUS) {
            POLICY.map_anonymous(options)
        } else {
            POLICY.map_file(PROCESS, options, |opening| opening.open(Path::new(path)))
        };
        Ok(Self {
            mapping: mapped.map_err(Cause::of_host)?,
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
        self.mapping
            .write(PROCESS, offset, bytes)
            .map_err(Cause::of_host)
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

    pub fn load_u64x8(&self, offset: u64) -> Result<U64x8> {
        let bytes: [u8; U64X8_LEN] = self.load(offset)?;
        let mut words = U64x8::default();
        words.as_flattened_mut().copy_from_slice(&bytes);
        Ok(words)
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

    pub fn flush(&self, range: Option<ByteRange>, mode: FlushMode) -> Result<()> {
        self.mapping.flush(range, mode).map_err(Cause::of_host)
    }

    pub fn lock(&self, range: Option<ByteRange>) -> Result<()> {
        self.mapping.lock(range).map_err(Cause::of_host)
    }

    pub fn unlock(&self, range: Option<ByteRange>) -> Result<()> {
        self.mapping.unlock(range).map_err(Cause::of_host)
    }

    pub fn advise(&self, range: Option<ByteRange>, advice: Advice) -> Result<()> {
        self.mapping.advise(range, advice).map_err(Cause::of_host)
    }

    pub fn advise_many(&self, ranges: &[ByteRange], advice: Advice) -> Result<()> {
        let advised = self.mapping.advise_many(ranges, advice);
        advised.map_err(Cause::of_host)
    }

    pub fn protect(&self, range: Option<ByteRange>, protection: Protection) -> Result<()> {
        let _alone = self.alone();
        self.mapping
            .protect(range, protection)
            .map_err(Cause::of_host)
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
            .map_err(Cause::of_host)
    }

    fn load<const N: usize>(&self, offset: u64) -> Result<[u8; N]> {
        let _shared = self.shared();
        self.mapping.load(offset).map_err(Cause::of_host)
    }

    fn store<const N: usize>(&self, offset: u64, value: [u8; N]) -> Result<()> {
        let _alone = self.alone();
        self.mapping
            .store(PROCESS, offset, value)
            .map_err(Cause::of_host)
    }

    // The bytes are usable whatever panicked.
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

/// The path itself: for the operating system a relative path starts at the
/// current directory of the process.
pub fn path_from_root(path: &str) -> Result<Cow<'_, str>> {
    Ok(Cow::Borrowed(path))
}

/// What is known about the operation that has just failed with `code` on this
/// thread.
pub fn explain(code: ErrorCode) -> Option<Box<str>> {
    code.take_explanation().map(|why| why.into_owned().into())
}
