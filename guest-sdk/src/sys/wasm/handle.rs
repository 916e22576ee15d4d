//! The functions of a mapping, as calls into the host.

use std::ops;

use mem_contract::{Advice, ByteRange, FlushMode, MapOptions, Protection};

use super::attach::{self, Attached};
use super::bindings::{Result, contract};
use super::{load, read};
use crate::cause::Cause;
use crate::placement::Placement;
use crate::sys::sizes::U64x8;

/// A handle that the host gave. Dropping it unmaps.
pub struct Handle(pub(super) contract::Mapping);

impl Handle {
    /// Maps the file at `path`, or anonymous memory if the options say so.
    pub fn map(path: &str, options: MapOptions) -> Result<Self> {
        contract::file_map(path, options.into())
            .map(Self)
            .map_err(Cause::of_host)
    }

    pub fn size(&self) -> u64 {
        self.0.size()
    }

    pub fn read(&self, offset: u64, buf: &mut [u8]) -> Result<()> {
        read::read(&self.0, offset, buf).map_err(Cause::of_host)
    }

    pub fn read_many(&self, ranges: &[ops::Range<u64>], buf: &mut [u8]) -> Result<()> {
        read::read_many(&self.0, ranges, buf).map_err(Cause::of_host)
    }

    pub fn write(&self, offset: u64, bytes: &[u8]) -> Result<()> {
        self.0.write(offset, bytes).map_err(Cause::of_host)
    }

    #[inline]
    pub fn load_u8(&self, offset: u64) -> Result<u8> {
        load::load_u8(&self.0, offset).map_err(Cause::of_host)
    }

    #[inline]
    pub fn load_u16(&self, offset: u64) -> Result<u16> {
        load::load_u16(&self.0, offset).map_err(Cause::of_host)
    }

    #[inline]
    pub fn load_u32(&self, offset: u64) -> Result<u32> {
        load::load_u32(&self.0, offset).map_err(Cause::of_host)
    }

    #[inline]
    pub fn load_u64(&self, offset: u64) -> Result<u64> {
        load::load_u64(&self.0, offset).map_err(Cause::of_host)
    }

    #[inline]
    pub fn load_u64x8(&self, offset: u64) -> Result<U64x8> {
        let words = self.0.load_u64x8(offset).map_err(Cause::of_host)?;
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
        self.0.store_u8(offset, value).map_err(Cause::of_host)
    }

    #[inline]
    pub fn store_u16(&self, offset: u64, value: u16) -> Result<()> {
        self.0.store_u16(offset, value).map_err(Cause::of_host)
    }

    #[inline]
    pub fn store_u32(&self, offset: u64, value: u32) -> Result<()> {
        self.0.store_u32(offset, value).map_err(Cause::of_host)
    }

    #[inline]
    pub fn store_u64(&self, offset: u64, value: u64) -> Result<()> {
        self.0.store_u64(offset, value).map_err(Cause::of_host)
    }

    pub fn flush(&self, range: Option<ByteRange>, mode: FlushMode) -> Result<()> {
        self.0
            .flush(range.map(Into::into), mode.into())
            .map_err(Cause::of_host)
    }

    pub fn lock(&self, range: Option<ByteRange>) -> Result<()> {
        self.0.lock(range.map(Into::into)).map_err(Cause::of_host)
    }

    pub fn unlock(&self, range: Option<ByteRange>) -> Result<()> {
        self.0.unlock(range.map(Into::into)).map_err(Cause::of_host)
    }

    pub fn advise(&self, range: Option<ByteRange>, advice: Advice) -> Result<()> {
        self.0
            .advise(range.map(Into::into), advice.into())
            .map_err(Cause::of_host)
    }

    pub fn advise_many(&self, ranges: &[ByteRange], advice: Advice) -> Result<()> {
        let ranges: Vec<_> = ranges.iter().map(|range| (*range).into()).collect();
        let advised = self.0.advise_many(&ranges, advice.into());
        advised.map_err(Cause::of_host)
    }

    pub fn protect(&self, range: Option<ByteRange>, protection: Protection) -> Result<()> {
        self.0
            .protect(range.map(Into::into), protection.into())
            .map_err(Cause::of_host)
    }

    pub fn page_size(&self) -> u32 {
        attach::page_size()
    }

    pub fn attach(&self, placement: Placement) -> Result<Attached> {
        Attached::new(&self.0, placement)
    }

    pub fn unmap(self) -> Result<()> {
        contract::Mapping::unmap(self.0).map_err(Cause::of_host)
    }
}
