//! Platforms where this crate maps no files, only anonymous memory.

use std::io::{Error, ErrorKind, Result};

use super::common::{check_range, unsupported};
use super::heap::Heap;
use crate::advice::{Advice, UncheckedAdvice};
use crate::descriptor::Raw;
use crate::request::Request;

const NO_FILES: &str = "files cannot be mapped on this platform";

pub struct Pages(Heap);

pub fn file_len(_file: Raw) -> Result<u64> {
    Err(unsupported(NO_FILES))
}

impl Pages {
    pub fn map(_file: Raw, _request: &Request) -> Result<Self> {
        Err(unsupported(NO_FILES))
    }

    pub fn anonymous(len: usize) -> Result<Self> {
        let heap = Heap::new(len).ok_or(ErrorKind::OutOfMemory)?;
        Ok(Self(heap))
    }

    #[inline]
    pub fn slice(&self) -> &[u8] {
        self.0.slice()
    }

    #[inline]
    pub fn slice_mut(&mut self) -> &mut [u8] {
        self.0.slice_mut()
    }

    pub fn as_mut_ptr(&mut self) -> *mut u8 {
        self.slice_mut().as_mut_ptr()
    }

    #[inline]
    pub fn len(&self) -> usize {
        self.slice().len()
    }

    pub fn flush(&self, offset: usize, len: usize, _wait: bool) -> Result<()> {
        check_range(offset, len, self.len())
    }

    pub fn make_read_only(self) -> Result<Self> {
        Ok(self)
    }

    pub fn make_mut(self) -> Result<Self> {
        Ok(self)
    }

    pub fn make_exec(self) -> Result<Self> {
        Err(unsupported("memory of the heap is never executed"))
    }

    pub fn advise(&self, _advice: Advice, offset: usize, len: usize) -> Result<()> {
        check_range(offset, len, self.len())
    }

    pub unsafe fn unchecked_advise(
        &self,
        _advice: UncheckedAdvice,
        _offset: usize,
        _len: usize,
    ) -> Result<()> {
        Err(unsupported("anonymous memory keeps its bytes"))
    }

    pub fn lock(&self) -> Result<()> {
        Err(Error::from(ErrorKind::Unsupported))
    }

    pub fn unlock(&self) -> Result<()> {
        Err(Error::from(ErrorKind::Unsupported))
    }
}
