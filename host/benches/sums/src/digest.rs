//! Sums of bytes.

use zerocopy::FromBytes;

/// The sum of the `u64`s of `block` if `whole`, else only of the first and the
/// last, which costs too little to show in a figure.
#[inline]
pub fn digest(block: &[u8], whole: bool) -> u64 {
    if whole {
        return sum_all(block);
    }
    let (chunks, _) = block.as_chunks();
    let [first, .., last] = chunks else {
        return sum(chunks);
    };
    sum(&[*first, *last])
}

/// Uses SIMD of 128 bits, which x86-64 and AArch64 always have. For guests the
/// compiler uses it if it knows that the `u64`s are aligned.
#[cfg_attr(target_family = "wasm", target_feature(enable = "simd128"))]
fn sum_all(block: &[u8]) -> u64 {
    let (chunks, _) = block.as_chunks();
    let Some(aligned) = aligned_u64s(block) else {
        return sum(chunks);
    };
    // Memory serves four streams faster than one.
    let quarter = aligned.len() / 4;
    let (front, back) = aligned.split_at(2 * quarter);
    let (first, second) = front.split_at(quarter);
    let (third, fourth) = back[..2 * quarter].split_at(quarter);
    let front = first.iter().zip(second);
    let back = third.iter().zip(fourth);
    front
        .zip(back)
        .flat_map(|((a, b), (c, d))| [a, b, c, d].map(|number| u64::from_le(*number)))
        .fold(sum(&chunks[4 * quarter..]), u64::wrapping_add)
}

#[inline]
fn sum(chunks: &[[u8; 8]]) -> u64 {
    let numbers = chunks.iter().map(|chunk| u64::from_le_bytes(*chunk));
    numbers.fold(0, u64::wrapping_add)
}

/// The `u64`s of `bytes`. None if they are not aligned.
#[inline]
fn aligned_u64s(bytes: &[u8]) -> Option<&[u64]> {
    let (numbers, _) = <[u64]>::ref_from_prefix(bytes).ok()?;
    Some(numbers)
}

/// The sum of the `u64`s of `bytes` at these positions.
///
/// # Panics
///
/// If the bytes are not aligned for `u64`, or end before a position.
#[inline]
pub fn sum_of(bytes: &[u8], positions: &[u32]) -> u64 {
    let numbers = aligned_u64s(bytes).expect("mapped bytes are aligned");
    positions
        .iter()
        .map(|&position| u64::from_le(numbers[position as usize]))
        .fold(0, u64::wrapping_add)
}

/// The sum of one byte of each page of `bytes`.
#[inline]
pub fn touch(bytes: &[u8]) -> u64 {
    /// No host has smaller pages.
    const PAGE: usize = 4 << 10;
    bytes.iter().step_by(PAGE).copied().map(u64::from).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_has_every_number_once() {
        let bytes: Vec<u8> = (0..200_u8).collect();
        for start in 0..9 {
            for end in start..bytes.len() {
                let block = &bytes[start..end];
                let (chunks, _) = block.as_chunks();
                assert_eq!(digest(block, true), sum(chunks), "{start}..{end}");
            }
        }
    }
}
