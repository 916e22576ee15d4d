//! What a table needs from the mapping that it lies in. Tests implement it to stop
//! a table between any two writes.

use anyhow::Result;
use mem::Mapping;
use std::ops::Range;

/// Bytes that reach a file. However the host ends, an aligned number is stored
/// whole or not at all.
pub trait Store {
    fn len(&self) -> u64;
    fn read(&self, offset: u64, buffer: &mut [u8]) -> Result<()>;
    fn write(&self, offset: u64, bytes: &[u8]) -> Result<()>;
    fn load(&self, offset: u64) -> Result<u64>;
    fn store(&self, offset: u64, value: u64) -> Result<()>;
    /// Returns when the bytes are on the disk.
    fn flush(&self, range: Range<u64>) -> Result<()>;
}

impl Store for Mapping {
    fn len(&self) -> u64 {
        self.len()
    }

    fn read(&self, offset: u64, buffer: &mut [u8]) -> Result<()> {
        Ok(self.read_exact_at(offset, buffer)?)
    }

    fn write(&self, offset: u64, bytes: &[u8]) -> Result<()> {
        Ok(self.write_all_at(offset, bytes)?)
    }

    fn load(&self, offset: u64) -> Result<u64> {
        Ok(self.get(offset)?)
    }

    fn store(&self, offset: u64, value: u64) -> Result<()> {
        Ok(self.set(offset, value)?)
    }

    fn flush(&self, range: Range<u64>) -> Result<()> {
        Ok(self.flush_range(range)?)
    }
}

/// A store that is flushed as a whole when it is complete, because nobody opens
/// it before.
pub struct Unflushed<S>(pub S);

impl<S: Store> Store for Unflushed<S> {
    fn len(&self) -> u64 {
        self.0.len()
    }

    fn read(&self, offset: u64, buffer: &mut [u8]) -> Result<()> {
        self.0.read(offset, buffer)
    }

    fn write(&self, offset: u64, bytes: &[u8]) -> Result<()> {
        self.0.write(offset, bytes)
    }

    fn load(&self, offset: u64) -> Result<u64> {
        self.0.load(offset)
    }

    fn store(&self, offset: u64, value: u64) -> Result<()> {
        self.0.store(offset, value)
    }

    fn flush(&self, _: Range<u64>) -> Result<()> {
        Ok(())
    }
}
