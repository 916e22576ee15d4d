//! The rows of windows: the file's pages in the guest's own memory.

use crate::batch::Batch;
use crate::host;
use crate::measure::compare;
use crate::setup::Setup;
use bench_sums::{digest, random_u64s, sum_of};
use mem::Window;
use std::hint::black_box;
use std::io::{Read, Seek};

/// A window on the whole file, with every page touched.
pub fn warm(setup: &Setup) -> Window {
    let window = setup.readable.window(..).unwrap();
    assert!(window.is_zero_copy(), "the host grants windows");
    let sum = digest(&window, true);
    assert_eq!(sum, host::native_sum().sum, "the window is the file");
    window
}

/// Sums up the file, against the same code in the host.
pub fn sum(setup: &Setup, name: &str) {
    let window = warm(setup);
    let mem = |batch: Batch| batch.time(|| digest(black_box(&window), true));
    compare(setup, name, 1, mem, |_| host::native_sum());
}

/// Loads random `u64`s, against the same code in the host.
pub fn load(setup: &Setup, name: &str, calls: u32) {
    let window = warm(setup);
    let mem = |batch: Batch| {
        let positions = random_u64s(batch.seed(), calls, &window);
        batch.time(|| sum_of(black_box(&window), &positions))
    };
    let peer = |batch: Batch| host::native_load(batch.seed(), calls);
    compare(setup, name, calls, mem, peer);
}

/// Loads random `u64`s, against seeking and reading 8 bytes.
pub fn load_or_read(setup: &Setup, name: &str, calls: u32) {
    const LENGTH: u32 = size_of::<u64>() as u32;
    let window = warm(setup);
    let mem = |batch: Batch| {
        // The threads of the peer leave the processor's caches cold. These loads
        // are too few to warm them, so other loads come first.
        let others = random_u64s(!batch.seed(), 1 << 20, &window);
        black_box(sum_of(&window, &others));
        let positions = random_u64s(batch.seed(), calls, &window);
        batch.time(|| sum_of(black_box(&window), &positions))
    };
    let mut buffer = [0; LENGTH as usize];
    let peer = |batch: Batch| {
        let end = window.len() as u64;
        let offsets = batch.random_blocks(LENGTH, end).take(calls as usize);
        // A whole block is one `u64`.
        let whole = Batch::whole();
        setup.sides.read_file(whole, offsets, &mut buffer, true)
    };
    compare(setup, name, calls, mem, peer);
}

/// Attaches the whole file, against reading it into a buffer.
pub fn attach(setup: &Setup, name: &str) {
    let length = setup.readable.len();
    let ends = |bytes: &[u8]| digest(bytes, false);
    let mem = |batch: Batch| {
        let mut attached = None;
        let sample = batch.time(|| ends(attached.insert(setup.readable.window(..).unwrap())));
        assert!(attached.is_some_and(|window| window.is_zero_copy()));
        sample
    };
    let mut bytes = Vec::with_capacity(length as usize);
    let peer = |batch: Batch| {
        batch.time(|| {
            let mut file = &setup.sides.file;
            bytes.clear();
            file.rewind().unwrap();
            file.read_to_end(&mut bytes).unwrap();
            ends(black_box(&bytes))
        })
    };
    compare(setup, name, 1, mem, peer);
}

/// Attaches as much of the large file as fits in the guest's memory, against one
/// window.
pub fn attach_all(setup: &Setup, name: &str) {
    const LENGTH: u64 = 64 << 20;
    let mapping = mem::open(&setup.plan.large).unwrap();
    // Several windows, because no slice is longer than 2 GiB.
    let attach = |most: u64| -> Vec<Window> {
        let window = |index| mapping.window(index * LENGTH..(index + 1) * LENGTH).ok();
        (0..most).map_while(window).collect()
    };
    let all = attach(mapping.len() / LENGTH).len() as u64;
    assert!(all * LENGTH > 3 << 30, "most of the memory is free");
    let time = |windows, batch: Batch| {
        let mut attached = Vec::new();
        let sample = batch.time(|| {
            attached = attach(windows);
            attached.iter().map(|window| digest(window, false)).sum()
        });
        assert_eq!(attached.len() as u64, windows);
        assert!(attached.iter().all(Window::is_zero_copy));
        sample
    };
    compare(
        setup,
        name,
        1,
        |batch| time(all, batch),
        |batch| time(1, batch),
    );
}
