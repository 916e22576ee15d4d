//! Where the sides read.

use std::iter;

/// How many bytes the rows read that are about calls and not about memory. They
/// fit in the processor's cache.
pub const CACHED: u64 = 64 << 10;

/// How many bytes are attached, or mapped, at a time.
pub const ATTACHED: u64 = 4 << 20;

/// Where they start in a file of `end` bytes: one behind the other, again and
/// again.
pub fn attached_offsets(times: u32, end: u64) -> impl Iterator<Item = u64> {
    (0..u64::from(times)).map(move |time| time * ATTACHED % end)
}

/// Random offsets of blocks of `length` bytes in `end` bytes, which must have
/// fewer than 2^32 blocks. The same `seed` gives the same offsets.
#[inline]
pub fn random_blocks(seed: u32, length: u32, end: u64) -> impl Iterator<Item = u64> {
    // Knuth's MMIX generator. Its upper bits are the good ones.
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

/// The positions of `count` random `u64`s in `bytes`, which must have fewer than
/// 2^32 of them.
pub fn random_u64s(seed: u32, count: u32, bytes: &[u8]) -> Vec<u32> {
    const LENGTH: u32 = size_of::<u64>() as u32;
    random_blocks(seed, LENGTH, bytes.len() as u64)
        .map(|offset| (offset / u64::from(LENGTH)) as u32)
        .take(count as usize)
        .collect()
}
