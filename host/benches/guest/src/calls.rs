//! The rows that are about the call itself.

use crate::batch::Batch;
use crate::host::{self, Probe};
use crate::measure::compare;
use crate::setup::{KIB, Setup};

/// Loads the `u64`s of one block again and again, against a method that takes
/// its handle and does nothing. The block stays in the processor's cache, so
/// only the calls differ.
pub fn load(setup: &Setup, name: &str, calls: u32) {
    const LENGTH: u32 = 64 * KIB;
    let mapping = &setup.sides.mapping;
    let probe = Probe::new();
    let mem = |batch: Batch| {
        let start = batch.blocks(LENGTH, 1, mapping.len()).start();
        let sample = batch.time(|| {
            (0..calls)
                .map(|call| start + u64::from(8 * call % LENGTH))
                .map(|offset| mapping.get(offset).unwrap())
                .fold(0, u64::wrapping_add)
        });
        let native = host::native_copy(start, LENGTH, 1, true);
        let times = u64::from(8 * calls / LENGTH);
        let sum = native.sum.wrapping_mul(times);
        assert_eq!(sample.sum, sum, "{name}: loads give the file's bytes");
        sample.without_sum()
    };
    let peer = |batch: Batch| {
        batch.time(|| {
            for _ in 0..calls {
                probe.empty();
            }
            0
        })
    };
    compare(setup, name, calls, mem, peer);
}

/// Maps and unmaps the large file, against the small one.
///
/// Unmapping walks the page tables that a mapping shares with its neighbours.
/// `mmap(2)` chooses the address, so chance decides how many neighbours there
/// are. A further mapping moves this one to another place in each batch.
pub fn map_and_unmap(setup: &Setup, name: &str, calls: u32) {
    let map = |path: &str, length: u64, batch: Batch| {
        let mut neighbour = mem::Options::new();
        neighbour.len(batch.part_of(1 << 30));
        let _neighbour = neighbour.open(&setup.plan.large).unwrap();
        batch.time(|| {
            for _ in 0..calls {
                let mapping = mem::open(path).unwrap();
                assert_eq!(mapping.len(), length);
                mapping.unmap().unwrap();
            }
            0
        })
    };
    let large = |batch| map(&setup.plan.large, 4 << 30, batch);
    let small = |batch| map(&setup.plan.small, 4 << 10, batch);
    compare(setup, name, calls, large, small);
}
