//! One batch of calls, which is timed as a whole.

use crate::host::Sample;
use bench_sums::random_blocks;
use std::iter::StepBy;
use std::ops::Range;
use std::time::Instant;

/// A batch of calls, by its number.
#[derive(Clone, Copy)]
pub struct Batch {
    number: u32,
}

impl Batch {
    pub fn new(number: u32) -> Self {
        Self { number }
    }

    /// The batch that is not reported. It sums up all bytes that it reads.
    pub fn whole() -> Self {
        Self::new(0)
    }

    pub fn is_whole(self) -> bool {
        self.number == 0
    }

    /// One block for each of `calls`, one behind the other in a file of `end`
    /// bytes. They start where the blocks of the batch before this one end.
    pub fn blocks(self, length: u32, calls: u32, end: u64) -> Blocks {
        let bytes = u64::from(length) * u64::from(calls);
        let start = u64::from(self.number) * bytes % end;
        Blocks {
            start,
            offsets: (start..start + bytes).step_by(length as usize),
        }
    }

    /// A part of `whole`. Batches in a row get 16 different parts, by turns.
    pub fn part_of(self, whole: u64) -> u64 {
        whole / 16 * u64::from(self.number % 16)
    }

    /// The offsets of random blocks in a file of `end` bytes, the same whenever
    /// this batch runs.
    pub fn random_blocks(self, length: u32, end: u64) -> impl Iterator<Item = u64> {
        random_blocks(self.number, length, end)
    }

    /// The seed of this batch's random blocks.
    pub fn seed(self) -> u32 {
        self.number
    }

    /// Times `work`, which returns the sum of what it read.
    ///
    /// Reading the clock is itself a call of the host, so `work` must make many
    /// calls.
    pub fn time(self, work: impl FnOnce() -> u64) -> Sample {
        let start = Instant::now();
        let sum = work();
        let nanoseconds = start.elapsed().as_nanos() as u64;
        Sample { nanoseconds, sum }
    }
}

/// The offsets of blocks.
pub struct Blocks {
    start: u64,
    offsets: StepBy<Range<u64>>,
}

impl Blocks {
    /// The offset of the first block.
    pub fn start(&self) -> u64 {
        self.start
    }
}

impl Iterator for Blocks {
    type Item = u64;

    #[inline]
    fn next(&mut self) -> Option<u64> {
        self.offsets.next()
    }
}
