//! An index of words, such as programs map with memmap2.

use crate::offsets::random_blocks;
use fst::{Map, Result};

/// How many words the index has.
const WORDS: u64 = 1 << 19;

/// The bytes of an index of words, each with its number.
///
/// # Errors
///
/// If the crate fst fails.
pub fn index_of_words() -> Result<Vec<u8>> {
    let mut words: Vec<_> = (0..WORDS).map(|number| (word(number), number)).collect();
    words.sort_unstable();
    Ok(Map::from_iter(words)?.into_fst().into_inner())
}

/// `count` random words of the index.
pub fn words(seed: u32, count: u32) -> Vec<[u8; 16]> {
    let numbers = random_blocks(seed, 1, WORDS);
    numbers.map(word).take(count as usize).collect()
}

/// The sum of the numbers that `index` has for `words`.
pub fn look_up(index: &Map<impl AsRef<[u8]>>, words: &[[u8; 16]]) -> u64 {
    let numbers = words.iter().filter_map(|word| index.get(word));
    numbers.fold(0, u64::wrapping_add)
}

/// A word that no other number has.
fn word(number: u64) -> [u8; 16] {
    let scattered = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut word = [0; 16];
    for (digit, letter) in word.iter_mut().enumerate() {
        *letter = b'a' + (scattered >> (60 - 4 * digit) & 15) as u8;
    }
    word
}
