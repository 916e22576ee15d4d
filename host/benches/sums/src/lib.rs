//! Sums that tell whether two sides have read the same, and the offsets at
//! which they read. The guests and the host are built of the same source, so
//! that what differs is the way to the bytes.

mod words;

pub use words::{index_of_words, look_up, words};

use std::iter;
use zerocopy::FromBytes;

/// The sum of the words of `block`, or only of the first and the last, which
/// costs too little to show in a figure.
#[inline]
pub fn digest(block: &[u8], whole: bool) -> u64 {
    if whole {
        return sum_all(block);
    }
    let (words, _) = block.as_chunks();
    let [first, .., last] = words else {
        return sum(words);
    };
    sum(&[*first, *last])
}

/// With the SIMD of 128 bits that x86-64 and AArch64 have without asking, which
/// the compiler uses for guests if it knows the words to be aligned.
#[cfg_attr(target_family = "wasm", target_feature(enable = "simd128"))]
fn sum_all(block: &[u8]) -> u64 {
    let (words, _) = block.as_chunks();
    let Some(aligned) = aligned_words(block) else {
        return sum(words);
    };
    // Memory answers to four streams faster than to one.
    let quarter = aligned.len() / 4;
    let (front, back) = aligned.split_at(2 * quarter);
    let (first, second) = front.split_at(quarter);
    let (third, fourth) = back[..2 * quarter].split_at(quarter);
    let front = first.iter().zip(second);
    let back = third.iter().zip(fourth);
    front
        .zip(back)
        .flat_map(|((a, b), (c, d))| [a, b, c, d].map(|word| u64::from_le(*word)))
        .fold(sum(&words[4 * quarter..]), u64::wrapping_add)
}

#[inline]
fn sum(words: &[[u8; 8]]) -> u64 {
    let numbers = words.iter().map(|word| u64::from_le_bytes(*word));
    numbers.fold(0, u64::wrapping_add)
}

/// The words of `bytes`, if they are aligned.
#[inline]
fn aligned_words(bytes: &[u8]) -> Option<&[u64]> {
    let (words, _) = <[u64]>::ref_from_prefix(bytes).ok()?;
    Some(words)
}

/// How many bytes are read where calls are measured, and not memory: the
/// processor's cache holds them.
pub const CACHED: u64 = 64 << 10;

/// How many bytes are attached, or mapped, at a time.
pub const ATTACHED: u64 = 4 << 20;

/// Where in a file of `end` bytes they start, one behind the other and over
/// again.
pub fn attached_offsets(times: u32, end: u64) -> impl Iterator<Item = u64> {
    (0..u64::from(times)).map(move |time| time * ATTACHED % end)
}

/// The sum of one byte of each page of `bytes`.
#[inline]
pub fn touch(bytes: &[u8]) -> u64 {
    /// Every host's pages are as large or larger.
    const PAGE: usize = 4 << 10;
    bytes.iter().step_by(PAGE).copied().map(u64::from).sum()
}

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

/// The numbers of `count` words from anywhere in `bytes`, which are less than
/// 2^32 words.
pub fn random_words(seed: u32, count: u32, bytes: &[u8]) -> Vec<u32> {
    const LENGTH: u32 = size_of::<u64>() as u32;
    random_blocks(seed, LENGTH, bytes.len() as u64)
        .map(|offset| (offset / u64::from(LENGTH)) as u32)
        .take(count as usize)
        .collect()
}

/// The sum of the words of `bytes` that have these numbers.
///
/// # Panics
///
/// If the bytes are not aligned as words are, or have fewer words.
#[inline]
pub fn sum_of(bytes: &[u8], numbers: &[u32]) -> u64 {
    let words = aligned_words(bytes).expect("mapped bytes are aligned");
    numbers
        .iter()
        .map(|&number| u64::from_le(words[number as usize]))
        .fold(0, u64::wrapping_add)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_has_every_word_once() {
        let bytes: Vec<u8> = (0..200_u8).collect();
        for start in 0..9 {
            for end in start..bytes.len() {
                let block = &bytes[start..end];
                let (words, _) = block.as_chunks();
                assert_eq!(digest(block, true), sum(words), "{start}..{end}");
            }
        }
    }
}
