//! A program that maps files with memmap2 and was not written for guests.

use crate::batch::Batch;
use crate::host;
use crate::measure::compare;
use crate::setup::Setup;
use bench_sums::{look_up, words};
use fst::Map;
use memmap2::Mmap;
use std::fs::File;
use std::hint::black_box;

/// Looks words up in an index of the crate fst, against the same code in the
/// host.
pub fn index(setup: &Setup, name: &str, calls: u32) {
    let file = File::open(&setup.plan.index).unwrap();
    // SAFETY: nobody writes the index.
    let pages = unsafe { Mmap::map(&file) }.unwrap();
    let index = Map::new(pages).unwrap();
    let mem = |batch: Batch| {
        let words = words(batch.seed(), calls);
        batch.time(|| look_up(black_box(&index), &words))
    };
    let peer = |batch: Batch| host::native_look_up(batch.seed(), calls);
    compare(setup, name, calls, mem, peer);
}
