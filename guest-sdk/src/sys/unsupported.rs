//! Targets that have no host to ask. Guests compile, and nothing maps.

use std::convert::Infallible;
use std::ops;

use super::{FlushMode, LINE, Request};
use crate::range::Range;
use crate::window::Placement;
use crate::{Advice, ErrorCode, Protection};

/// Cannot be made, since nothing maps.
pub struct Handle(Infallible);

type Result<T> = std::result::Result<T, ErrorCode>;

impl Handle {
    pub fn map(_path: Option<&str>, _request: &Request) -> Result<Self> {
        Err(ErrorCode::Unsupported)
    }

    pub fn size(&self) -> u64 {
        match self.0 {}
    }

    pub fn read(&self, _offset: u64, _buf: &mut [u8]) -> Result<()> {
        match self.0 {}
    }

    pub fn read_many(&self, _ranges: &[ops::Range<u64>], _buf: &mut [u8]) -> Result<()> {
        match self.0 {}
    }

    pub fn write(&self, _offset: u64, _bytes: &[u8]) -> Result<()> {
        match self.0 {}
    }

    pub fn load_u8(&self, _offset: u64) -> Result<u8> {
        match self.0 {}
    }

    pub fn load_u16(&self, _offset: u64) -> Result<u16> {
        match self.0 {}
    }

    pub fn load_u32(&self, _offset: u64) -> Result<u32> {
        match self.0 {}
    }

    pub fn load_u64(&self, _offset: u64) -> Result<u64> {
        match self.0 {}
    }

    pub fn load_line(&self, _offset: u64) -> Result<[u8; LINE]> {
        match self.0 {}
    }

    pub fn store_u8(&self, _offset: u64, _value: u8) -> Result<()> {
        match self.0 {}
    }

    pub fn store_u16(&self, _offset: u64, _value: u16) -> Result<()> {
        match self.0 {}
    }

    pub fn store_u32(&self, _offset: u64, _value: u32) -> Result<()> {
        match self.0 {}
    }

    pub fn store_u64(&self, _offset: u64, _value: u64) -> Result<()> {
        match self.0 {}
    }

    pub fn flush(&self, _range: Option<Range>, _mode: FlushMode) -> Result<()> {
        match self.0 {}
    }

    pub fn lock(&self, _range: Option<Range>) -> Result<()> {
        match self.0 {}
    }

    pub fn unlock(&self, _range: Option<Range>) -> Result<()> {
        match self.0 {}
    }

    pub fn advise(&self, _range: Option<Range>, _advice: Advice) -> Result<()> {
        match self.0 {}
    }

    pub fn protect(&self, _range: Option<Range>, _protection: Protection) -> Result<()> {
        match self.0 {}
    }

    pub fn page_size(&self) -> u32 {
        match self.0 {}
    }

    pub fn attach(&self, _placement: Placement) -> Result<Attached> {
        match self.0 {}
    }

    pub fn unmap(self) -> Result<()> {
        match self.0 {}
    }
}

/// Cannot be made either.
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
