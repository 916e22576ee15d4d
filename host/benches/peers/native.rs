//! The peer outside every sandbox.

use bench_sums::{ATTACHED, attached_offsets, digest, look_up, random_words, sum_of, touch, words};
use fst::Map;
use memmap2::{Mmap, MmapOptions, MmapRaw};
use std::fs::File;
use std::hint::black_box;
use std::io::{Error, Result};
use std::path::Path;
use std::time::{Duration, Instant};
use std::{ptr, slice};

/// A file mapped by memmap2, and the buffer that bytes are copied to.
pub struct Native {
    file: File,
    map: MmapRaw,
    buffer: Vec<u8>,
}

/// An index of words, mapped by memmap2.
pub struct Index(Map<Mmap>);

impl Index {
    pub fn open(path: &Path) -> Result<Self> {
        // SAFETY: nobody writes the index.
        let bytes = unsafe { Mmap::map(&File::open(path)?) }?;
        Map::new(bytes).map(Self).map_err(Error::other)
    }

    /// The time of looking up `count` words, and the sum of their numbers.
    pub fn look_up(&self, seed: u32, count: u32) -> (Duration, u64) {
        let words = words(seed, count);
        timed(|| look_up(black_box(&self.0), &words))
    }
}

impl Native {
    pub fn open(path: &Path) -> Result<Self> {
        let file = File::open(path)?;
        Ok(Self {
            map: MmapOptions::new().map_raw_read_only(&file)?,
            file,
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
        timed(|| {
            let mut sum = 0_u64;
            for offset in (offset..end).step_by(length) {
                // SAFETY: the block is inside the mapping, whose file nobody
                // makes shorter, and the buffer has its length.
                unsafe {
                    let from = self.map.as_ptr().add(offset);
                    ptr::copy_nonoverlapping(from, self.buffer.as_mut_ptr(), length);
                }
                sum = sum.wrapping_add(digest(black_box(&self.buffer), whole));
            }
            sum
        })
    }

    /// The time of summing up all words, and the sum.
    pub fn sum(&self) -> (Duration, u64) {
        let bytes = self.bytes();
        timed(|| digest(black_box(bytes), true))
    }

    /// Sums up all words `times` times.
    pub fn sum_up(&self, times: u32) -> u64 {
        (0..times).map(|_| self.sum().1).fold(0, u64::wrapping_add)
    }

    /// Maps 4 MiB, loads a byte of each page and unmaps them, `times` times in
    /// different places.
    ///
    /// # Panics
    ///
    /// If the system refuses.
    pub fn attach(&self, times: u32) -> u64 {
        let mut sum = 0_u64;
        for offset in attached_offsets(times, self.map.len() as u64) {
            let mut options = MmapOptions::new();
            let options = options.offset(offset).len(ATTACHED as usize);
            // SAFETY: nobody writes the file.
            let map = unsafe { options.map(&self.file) }.expect("it is mapped already");
            sum = sum.wrapping_add(touch(black_box(&map)));
        }
        sum
    }

    /// The time of loading `count` words from anywhere, and their sum.
    pub fn load(&self, seed: u32, count: u32) -> (Duration, u64) {
        let bytes = self.bytes();
        let words = random_words(seed, count, bytes);
        timed(|| sum_of(black_box(bytes), &words))
    }

    fn bytes(&self) -> &[u8] {
        // SAFETY: nobody makes the file shorter. Its only writers are guests,
        // through the host that owns this, and they wait while it is used.
        unsafe { slice::from_raw_parts(self.map.as_ptr(), self.map.len()) }
    }
}

fn timed(work: impl FnOnce() -> u64) -> (Duration, u64) {
    let start = Instant::now();
    let sum = work();
    (start.elapsed(), sum)
}
