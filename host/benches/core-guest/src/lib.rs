//! The core module of the benchmark `peers`. The host times calls of these
//! functions.

#![cfg(target_family = "wasm")]

use bench_sums::{CACHED, digest, random_blocks};
use mem::Mapping;
use std::hint::black_box;

#[link(wasm_import_module = "bench")]
unsafe extern "C" {
    safe fn empty(handle: u32, offset: u64, returned: u32);
}

/// Maps the file for the other functions.
#[unsafe(no_mangle)]
pub extern "C" fn map() -> &'static Mapping {
    Box::leak(Box::new(mem::open("file").unwrap()))
}

/// Loads `calls` `u64`s of the 64 KiB at `offset`, one behind the other, again
/// and again, and returns their sum.
#[unsafe(no_mangle)]
pub extern "C" fn load(mapping: &Mapping, offset: u64, calls: u32) -> u64 {
    (0..calls)
        .map(|call| offset + u64::from(8 * call % (64 << 10)))
        .map(|offset| mapping.get(offset).unwrap())
        .fold(0, u64::wrapping_add)
}

/// Makes `calls` calls that do nothing.
#[unsafe(no_mangle)]
pub extern "C" fn call_empty(calls: u32) {
    for call in 0..calls {
        empty(1, u64::from(call), 0);
    }
}

/// Reads `calls` blocks of 64 bytes in the processor's cache, and returns the sum
/// of `whole` blocks or of their ends.
#[unsafe(no_mangle)]
pub extern "C" fn read(mapping: &Mapping, seed: u32, calls: u32, whole: bool) -> u64 {
    let mut buffer = [0; 64];
    let offsets = random_blocks(seed, buffer.len() as u32, CACHED);
    let mut sum = 0_u64;
    for offset in offsets.take(calls as usize) {
        mapping.read_exact_at(offset, &mut buffer).unwrap();
        sum = sum.wrapping_add(digest(black_box(&buffer), whole));
    }
    sum
}
