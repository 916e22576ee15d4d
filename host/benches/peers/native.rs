//! The peer outside of the sandbox: memmap2 in the host.

use bench_sums::{ATTACHED, attached_offsets, digest, look_up, random_u64s, sum_of, touch, words};
use fst::Map;
use memmap2::{Mmap, MmapOptions, MmapRaw};
use std::fs::File;
use std::hint::black_box;
use std::io::{Error, Result};
use std::path::Path;
use std::time::{Duration, Instant};
use std::{ptr, slice};

/// A file that memmap2 maps, and a buffer for its bytes.
pub struct Native {
    file: File,
    map: MmapRaw,
    buffer: Vec<u8>,
}

/// An index of words that memmap2 maps.
pub struct Index(Map<Mmap>);

impl Index {
    pub fn open(path: &Path) -> Result<Self> {
        // SAFETY: nobody writes the index.
        let bytes = unsafe { Mmap::map(&File::open(path)?) }?;
        Map::new(bytes).map(Self).map_err(Error::other)
    }

    /// Looks `count` words up. Returns the time, and the sum of their numbers.
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
    /// time, and the sum of `whole` blocks or of their ends.
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
                // SAFETY: the block is inside the mapping (asserted above),
                // nobody makes the file shorter, and the buffer has `length`
                // bytes.
                unsafe {
                    let from = self.map.as_ptr().add(offset);
                    ptr::copy_nonoverlapping(from, self.buffer.as_mut_ptr(), length);
                }
                sum = sum.wrapping_add(digest(black_box(&self.buffer), whole));
            }
            sum
        })
    }

    /// Sums up all `u64`s. Returns the time and the sum.
    pub fn sum(&self) -> (Duration, u64) {
        let bytes = self.bytes();
        timed(|| digest(black_box(bytes), true))
    }

    /// Sums up all `u64`s `times` times.
    pub fn sum_up(&self, times: u32) -> u64 {
        (0..times).map(|_| self.sum().1).fold(0, u64::wrapping_add)
    }

    /// Maps 4 MiB, loads a byte of each page and unmaps them: `times` times, one
    /// behind the other.
    ///
    /// # Panics
    ///
    /// If the system does not map the file.
    pub fn attach(&self, times: u32) -> u64 {
        let mut sum = 0_u64;
        for offset in attached_offsets(times, self.map.len() as u64) {
            let mut options = MmapOptions::new();
            let options = options.offset(offset).len(ATTACHED as usize);
            // SAFETY: nobody writes the file while this runs.
            let map = unsafe { options.map(&self.file) }.expect("the file can be mapped once more");
            sum = sum.wrapping_add(touch(black_box(&map)));
        }
        sum
    }

    /// Loads `count` random `u64`s. Returns the time, and their sum.
    pub fn load(&self, seed: u32, count: u32) -> (Duration, u64) {
        let bytes = self.bytes();
        let positions = random_u64s(seed, count, bytes);
        timed(|| sum_of(black_box(bytes), &positions))
    }

    fn bytes(&self) -> &[u8] {
        // SAFETY: nobody makes the file shorter. Only guests write it, through
        // calls of the host that owns this, and they wait while the host uses
        // the slice.
        unsafe { slice::from_raw_parts(self.map.as_ptr(), self.map.len()) }
    }
}

fn timed(work: impl FnOnce() -> u64) -> (Duration, u64) {
    let start = Instant::now();
    let sum = work();
    (start.elapsed(), sum)
}
