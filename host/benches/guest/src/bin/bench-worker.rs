//! Each of the two threads of the benchmark `peers` runs this in its own store,
//! on its own file, as often as the host asks.

use self::bindings::mem::bench::jobs::{self, Job, Work};
use bench_sums::{ATTACHED, attached_offsets, digest, random_blocks, touch};
use mem::{Mapping, Window};
use std::hint::black_box;

mod bindings {
    wit_bindgen::generate!({ path: "wit", world: "worker" });
}

fn main() {
    let mapping = mem::open("file").unwrap();
    let window = mapping.window(..).unwrap();
    assert!(window.is_zero_copy(), "the host grants windows");
    // Touches every page, so that none must be fetched when time counts.
    let mut sum = digest(&window, true);
    while let Some(Job { work, times }) = jobs::next(sum) {
        sum = match work {
            Work::Load => load(&mapping, times),
            Work::Read => read(&mapping, times),
            Work::Attach => attach(&mapping, times),
            Work::Sum => add_up(&window, times),
        };
    }
}

/// Loads the `u64`s of 64 KiB, again and again.
fn load(mapping: &Mapping, times: u32) -> u64 {
    let offsets = (0..u64::from(times)).map(|time| 8 * time % (64 << 10));
    offsets
        .map(|offset| mapping.get::<u64>(offset).unwrap())
        .fold(0, u64::wrapping_add)
}

/// Reads random blocks of 64 bytes.
fn read(mapping: &Mapping, times: u32) -> u64 {
    let mut buffer = [0; 64];
    let offsets = random_blocks(1, buffer.len() as u32, mapping.len());
    let mut sum = 0_u64;
    for offset in offsets.take(times as usize) {
        mapping.read_exact_at(offset, &mut buffer).unwrap();
        sum = sum.wrapping_add(digest(black_box(&buffer), false));
    }
    sum
}

/// Attaches one window behind the other.
fn attach(mapping: &Mapping, times: u32) -> u64 {
    let mut sum = 0_u64;
    for offset in attached_offsets(times, mapping.len()) {
        let window = mapping.window(offset..offset + ATTACHED).unwrap();
        sum = sum.wrapping_add(touch(black_box(&window)));
        window.detach().unwrap();
    }
    sum
}

/// Sums up all bytes of the window.
fn add_up(window: &Window, times: u32) -> u64 {
    (0..times)
        .map(|_| digest(black_box(window), true))
        .fold(0, u64::wrapping_add)
}
