//! How a row is measured: batches of calls, by turns.

use crate::Setup;
use crate::host::{self, Round, Sample};
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
    /// The one that is not reported, and sums up everything that is read.
    pub fn whole() -> Self {
        Self { number: 0 }
    }

    pub fn is_whole(self) -> bool {
        self.number == 0
    }

    /// As many blocks as there are `calls`, one behind the other in a file of
    /// `end` bytes, from where the batch before this one has ended.
    pub fn blocks(self, length: u32, calls: u32, end: u64) -> Blocks {
        let bytes = u64::from(length) * u64::from(calls);
        let start = u64::from(self.number) * bytes % end;
        Blocks {
            start,
            offsets: (start..start + bytes).step_by(length as usize),
        }
    }

    /// A part of `whole`, of 16 that come by turns.
    pub fn part_of(self, whole: u64) -> u64 {
        whole / 16 * u64::from(self.number % 16)
    }

    /// The offsets of blocks from anywhere in a file of `end` bytes, the same
    /// ones whenever this batch runs.
    pub fn random_blocks(self, length: u32, end: u64) -> impl Iterator<Item = u64> {
        random_blocks(self.number, length, end)
    }

    /// What makes the random blocks of this batch.
    pub fn seed(self) -> u32 {
        self.number
    }

    /// Times `work`, which returns the sum of what it has read.
    ///
    /// Reading the clock is a call of the host itself, so `work` has to make
    /// many.
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
    /// The first of all.
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

impl Sample {
    /// For a side that has nothing to compare.
    pub fn without_sum(self) -> Self {
        Self { sum: 0, ..self }
    }
}

/// Measures the row `name`, and reports it.
pub fn compare(
    setup: &Setup,
    name: &str,
    calls: u32,
    mut mem: impl FnMut(Batch) -> Sample,
    mut peer: impl FnMut(Batch) -> Sample,
) {
    let rounds = by_turns(setup, name, [&mut mem, &mut peer]);
    let round = |[mem_nanoseconds, peer_nanoseconds]: [u64; 2]| Round {
        mem_nanoseconds,
        peer_nanoseconds,
    };
    host::report(
        name,
        calls,
        &rounds.into_iter().map(round).collect::<Vec<_>>(),
    );
}

/// The nanoseconds that each round takes on each side. The sides are measured
/// by turns, batch by batch, so that what else the machine does meets all.
pub fn by_turns<const N: usize>(
    setup: &Setup,
    name: &str,
    sides: [&mut dyn FnMut(Batch) -> Sample; N],
) -> Vec<[u64; N]> {
    let mut rounds = Vec::new();
    for number in 0..=setup.plan.rounds {
        let batch = Batch { number };
        let mut nanoseconds = [0; N];
        let mut sums = [0; N];
        // Whoever comes second may find bytes in the processor's cache.
        for turn in 0..N {
            let side = (number as usize + turn) % N;
            let sample = sides[side](batch);
            nanoseconds[side] = sample.nanoseconds;
            sums[side] = sample.sum;
        }
        assert_eq!(sums, [sums[0]; N], "{name}: all sides read the same");
        if !batch.is_whole() {
            rounds.push(nanoseconds);
        }
    }
    rounds
}
