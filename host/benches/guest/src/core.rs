//! The rows in which a core module makes the calls, in a store of its own.

use crate::batch::Batch;
use crate::host;
use crate::measure::compare;
use crate::setup::{KIB, Setup, Sides};
use bench_sums::CACHED;

/// Loads the `u64`s of 64 KiB again and again, against a function that does
/// nothing.
pub fn load(setup: &Setup, name: &str, calls: u32) {
    const LENGTH: u32 = 64 * KIB;
    let Sides { mapping, .. } = &setup.sides;
    let mem = |batch: Batch| {
        let start = batch.blocks(LENGTH, 1, mapping.len()).start();
        let sample = host::core_load(start, calls);
        let native = host::native_copy(start, LENGTH, 1, true);
        let times = u64::from(8 * calls / LENGTH);
        let sum = native.sum.wrapping_mul(times);
        assert_eq!(sample.sum, sum, "{name}: loads give the file's bytes");
        sample.without_sum()
    };
    let peer = |_| host::core_empty(calls);
    compare(setup, name, calls, mem, peer);
}

/// Reads blocks of 64 bytes in the processor's cache, against this component.
pub fn read(setup: &Setup, name: &str, calls: u32) {
    let mut buffer = [0; 64];
    let length = buffer.len() as u32;
    let mem = |batch: Batch| host::core_read(batch.seed(), calls, batch.is_whole());
    let peer = |batch: Batch| {
        let offsets = batch.random_blocks(length, CACHED);
        let offsets = offsets.take(calls as usize);
        setup.sides.read_mapping(batch, offsets, &mut buffer)
    };
    compare(setup, name, calls, mem, peer);
}
