//! Sums that tell whether two sides have read the same, and the offsets at
//! which they read. The guests and the host are built of the same source, so
//! that what differs is the way to the bytes.

mod words;

pub use words::{index_of_words, look_up, words};

use std::iter;

/// The sum of the words of `block`, or only of the first and the last, which
/// costs too little to show in a figure.
#[inline]
pub fn digest(block: &[u8], whole: bool) -> u64 {
    let (words, _) = block.as_chunks();
    if whole {
        return sum_all(words);
    }
    let [first, .., last] = words else {
        return sum(words);
    };
    sum(&[*first, *last])
}

/// With the SIMD of 128 bits that x86-64 and AArch64 have without asking, as
/// far as the compiler uses it.
#[cfg_attr(target_family = "wasm", target_feature(enable = "simd128"))]
fn sum_all(words: &[[u8; 8]]) -> u64 {
    // Lanes, whose additions do not wait for each other.
    let (lines, rest) = words.as_chunks::<8>();
    let mut lanes = [0_u64; 8];
    for line in lines {
        for (lane, word) in lanes.iter_mut().zip(line) {
            *lane = lane.wrapping_add(u64::from_le_bytes(*word));
        }
    }
    lanes.into_iter().fold(sum(rest), u64::wrapping_add)
}

#[inline]
fn sum(words: &[[u8; 8]]) -> u64 {
    let numbers = words.iter().map(|word| u64::from_le_bytes(*word));
    numbers.fold(0, u64::wrapping_add)
}

/// How many bytes are read where calls are measured, and not memory: the
/// processor's cache holds them.
pub const CACHED: u64 = 64 << 10;

/// The offsets of blocks of `length` bytes from anywhere in `end` bytes, which
/// are less than 2^32 blocks. The same `seed` gives the same ones.
#[inline]
pub fn random_blocks(seed: u32, length: u32, end: u64) -> impl Iterator<Item = u64> {
    // Knuth's MMIX, whose upper bits are the good ones.
    let next = |state: &u64| {
        let state = state.wrapping_mul(6_364_136_223_846_793_005);
        Some(state.wrapping_add(1_442_695_040_888_963_407))
    };
    let states = iter::successors(next(&u64::from(seed)), next);
    let length = u64::from(length);
    let blocks = end / length;
    // A division would take longer than what is measured.
    states.map(move |state| (((state >> 32) * blocks) >> 32) * length)
}

/// The sum of `count` words from anywhere in `bytes`.
#[inline]
pub fn random_words(bytes: &[u8], seed: u32, count: u32) -> u64 {
    const LENGTH: u32 = size_of::<u64>() as u32;
    random_blocks(seed, LENGTH, bytes.len() as u64)
        .take(count as usize)
        .map(|offset| bytes[offset as usize..].first_chunk().expect("a word"))
        .fold(0, |sum, word| sum.wrapping_add(u64::from_le_bytes(*word)))
}
