//! The peer outside every sandbox.

use memmap2::{MmapOptions, MmapRaw};
use std::fs::File;
use std::hint::black_box;
use std::io::Result;
use std::path::Path;
use std::ptr;
use std::time::{Duration, Instant};

#[path = "../guest/src/digest.rs"]
mod digest;

/// A file mapped by memmap2, and the buffer that bytes are copied to.
pub struct Native {
    map: MmapRaw,
    buffer: Vec<u8>,
}

impl Native {
    pub fn open(path: &Path) -> Result<Self> {
        Ok(Self {
            map: MmapOptions::new().map_raw_read_only(&File::open(path)?)?,
            buffer: Vec::new(),
        })
    }

    /// Copies `count` blocks of `length` bytes from `offset` on. Returns the
    /// time that took and the sum of the blocks, whole or of their ends.
    ///
    /// # Panics
    ///
    /// If a block is not inside the file.
    pub fn copy(
        &mut self,
        offset: usize,
        length: usize,
        count: usize,
        whole: bool,
    ) -> (Duration, u64) {
        self.buffer.resize(length, 0);
        let end = offset + length * count;
        assert!(end <= self.map.len());
        let mut sum = 0_u64;
        let start = Instant::now();
        for offset in (offset..end).step_by(length) {
            // SAFETY: the block is inside the mapping, whose file nobody makes
            // shorter, and the buffer has its length. The guest writes to the
            // file, so there is no reference to the mapping.
            unsafe {
                let from = self.map.as_ptr().add(offset);
                ptr::copy_nonoverlapping(from, self.buffer.as_mut_ptr(), length);
            }
            sum = sum.wrapping_add(digest::digest(black_box(&self.buffer), whole));
        }
        (start.elapsed(), sum)
    }
}
