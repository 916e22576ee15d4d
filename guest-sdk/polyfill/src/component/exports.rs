//! The functions that the component exports.

use super::explanations;
use super::mapping::Mapping;
use super::pages::PAGE;
use super::wit::exports::mem::mmap::mapping::{
    self, Advice, FlushMode, Guest, GuestMapping, MapOptions, MappingBorrow, Protection, Range,
    U64x8,
};
use super::wit::exports::mem::mmap::window::{self, GuestWindow, Window};
use super::{ErrorCode, Result, wit};
use alloc::string::String;
use alloc::vec::Vec;
use mem_contract::ByteRange;

struct Polyfill;

wit::export!(Polyfill with_types_in wit);

impl Guest for Polyfill {
    type Mapping = Mapping;

    fn file_map(path: String, options: MapOptions) -> Result<mapping::Mapping> {
        Mapping::new(&path, options.into()).map(mapping::Mapping::new)
    }

    fn explain(error: ErrorCode) -> Option<String> {
        explanations::take(error)
    }
}

impl GuestMapping for Mapping {
    fn size(&self) -> u64 {
        self.size()
    }

    fn read(&self, offset: u64, length: u64) -> Result<Vec<u8>> {
        self.read(offset, length)
    }

    fn read_u64x8(&self, offset: u64, count: u64) -> Result<Vec<U64x8>> {
        self.read(offset, count)
    }

    fn read_many(&self, ranges: Vec<Range>) -> Result<Vec<u8>> {
        let ranges: Vec<ByteRange> = ranges.into_iter().map(Into::into).collect();
        self.read_many(&ranges)
    }

    fn write(&self, offset: u64, bytes: Vec<u8>) -> Result<()> {
        self.write(offset, &bytes)
    }

    fn load_u8(&self, offset: u64) -> Result<u8> {
        self.load(offset).map(u8::from_le_bytes)
    }

    fn load_u16(&self, offset: u64) -> Result<u16> {
        self.load(offset).map(u16::from_le_bytes)
    }

    fn load_u32(&self, offset: u64) -> Result<u32> {
        self.load(offset).map(u32::from_le_bytes)
    }

    fn load_u64(&self, offset: u64) -> Result<u64> {
        self.load(offset).map(u64::from_le_bytes)
    }

    fn load_u64x8(&self, offset: u64) -> Result<U64x8> {
        self.load(offset).map(|line| words_of(&line))
    }

    fn store_u8(&self, offset: u64, value: u8) -> Result<()> {
        self.write(offset, &value.to_le_bytes())
    }

    fn store_u16(&self, offset: u64, value: u16) -> Result<()> {
        self.write(offset, &value.to_le_bytes())
    }

    fn store_u32(&self, offset: u64, value: u32) -> Result<()> {
        self.write(offset, &value.to_le_bytes())
    }

    fn store_u64(&self, offset: u64, value: u64) -> Result<()> {
        self.write(offset, &value.to_le_bytes())
    }

    fn flush(&self, range: Option<Range>, mode: FlushMode) -> Result<()> {
        self.flush(range.map(Into::into), mode)
    }

    fn lock(&self, range: Option<Range>) -> Result<()> {
        self.lock(range.map(Into::into))
    }

    fn unlock(&self, range: Option<Range>) -> Result<()> {
        self.unlock(range.map(Into::into))
    }

    fn advise(&self, range: Option<Range>, advice: Advice) -> Result<()> {
        self.advise(range.map(Into::into), advice)
    }

    fn advise_many(&self, ranges: Vec<Range>, advice: Advice) -> Result<()> {
        for range in &ranges {
            self.check_advice(Some((*range).into()), advice)?;
        }
        let mut ranges = ranges.into_iter();
        ranges.try_for_each(|range| self.advise(Some(range.into()), advice))
    }

    fn protect(&self, range: Option<Range>, protection: Protection) -> Result<()> {
        self.protect(range.map(Into::into), protection)
    }

    fn unmap(mapping: mapping::Mapping) -> Result<()> {
        let mapping: Mapping = mapping.into_inner();
        mapping.flush(None, FlushMode::Synchronous)
    }
}

fn words_of(line: &[u8; 64]) -> U64x8 {
    let (words, _) = line.as_chunks();
    let word = |index: usize| u64::from_le_bytes(words[index]);
    U64x8 {
        w0: word(0),
        w1: word(1),
        w2: word(2),
        w3: word(3),
        w4: word(4),
        w5: word(5),
        w6: word(6),
        w7: word(7),
    }
}

/// There are no windows: a component has no pages of another's memory.
pub enum NoWindow {}

impl window::Guest for Polyfill {
    type Window = NoWindow;

    fn page_size() -> u32 {
        PAGE as u32
    }

    fn attach(_: MappingBorrow<'_>, _: u64, _: Vec<u8>) -> Result<Window> {
        Err(ErrorCode::Unsupported)
    }
}

impl GuestWindow for NoWindow {
    fn check(&self) -> Result<()> {
        match *self {}
    }

    fn detach(window: Window) -> Result<()> {
        match *window.get::<NoWindow>() {}
    }
}
