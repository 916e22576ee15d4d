//! A sum that tells whether two sides have read the same. Guest and host both
//! have this file.

/// The sum of the words of `block`, or only of the first and the last, which
/// costs too little to show in a figure.
#[inline]
pub fn digest(block: &[u8], whole: bool) -> u64 {
    if whole {
        let (words, _) = block.as_chunks();
        return words
            .iter()
            .fold(0, |sum, word| sum.wrapping_add(u64::from_le_bytes(*word)));
    }
    let first = block
        .first_chunk()
        .map_or(0, |word| u64::from_le_bytes(*word));
    let last = block
        .last_chunk()
        .map_or(0, |word| u64::from_le_bytes(*word));
    first.wrapping_add(last)
}
