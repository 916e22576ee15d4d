//! Where two slices differ. Most bytes are equal, or most are not, so the search
//! passes over both kinds word by word.

use std::ops::Range;

const WORD: usize = size_of::<u64>();

/// The first run of bytes that differ. The slices have one length.
pub(super) fn first_run(now: &[u8], before: &[u8]) -> Option<Range<usize>> {
    let start = position(now, before, |word| word != 0, |byte| byte != 0)?;
    let rest = (&now[start..], &before[start..]);
    let length = position(rest.0, rest.1, has_zero_byte, |byte| byte == 0);
    Some(start..start + length.unwrap_or(rest.0.len()))
}

/// The first position at which `byte` is true of the difference of two bytes,
/// which is 0 if they are equal. `word` is true of the differences of eight bytes
/// if `byte` is true of any.
fn position(
    now: &[u8],
    before: &[u8],
    word: impl Fn(u64) -> bool,
    byte: impl Fn(u8) -> bool,
) -> Option<usize> {
    let (words, _) = now.as_chunks::<WORD>();
    let (words_before, _) = before.as_chunks::<WORD>();
    let passed = words
        .iter()
        .zip(words_before)
        .position(|(now, before)| word(u64::from_ne_bytes(*now) ^ u64::from_ne_bytes(*before)));
    let start = passed.unwrap_or(words.len()) * WORD;
    now[start..]
        .iter()
        .zip(&before[start..])
        .position(|(now, before)| byte(now ^ before))
        .map(|position| start + position)
}

/// Whether one of the eight bytes is 0. Only then does the subtraction borrow from
/// the lowest zero byte, so that its highest bit appears where it was not.
fn has_zero_byte(word: u64) -> bool {
    const LOWEST_BITS: u64 = 0x0101_0101_0101_0101;
    word.wrapping_sub(LOWEST_BITS) & !word & (LOWEST_BITS << 7) != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All runs, byte by byte.
    fn runs_by_bytes(now: &[u8], before: &[u8]) -> Vec<Range<usize>> {
        let mut runs: Vec<Range<usize>> = Vec::new();
        for at in (0..now.len()).filter(|&at| now[at] != before[at]) {
            match runs.last_mut() {
                Some(last) if last.end == at => last.end += 1,
                _ => runs.push(at..at + 1),
            }
        }
        runs
    }

    fn runs(now: &[u8], before: &[u8]) -> Vec<Range<usize>> {
        let mut runs = Vec::new();
        let mut at = 0;
        while let Some(run) = first_run(&now[at..], &before[at..]) {
            runs.push(at + run.start..at + run.end);
            at += run.end;
        }
        runs
    }

    #[test]
    fn equal_bytes_have_no_run() {
        for length in [0, 1, 7, 8, 9, 100] {
            assert_eq!(first_run(&vec![5; length], &vec![5; length]), None);
        }
    }

    #[test]
    fn a_run_is_found_wherever_it_starts_and_ends() {
        let before = [0x80; 35];
        for start in 0..before.len() {
            for end in start + 1..=before.len() {
                for change in [0x01, 0x80, 0xff, 0x7f] {
                    let mut now = before;
                    now[start..end].iter_mut().for_each(|byte| *byte ^= change);
                    assert_eq!(first_run(&now, &before), Some(start..end));
                }
            }
        }
    }

    #[test]
    fn runs_are_those_of_a_comparison_by_bytes() {
        // A generator of Marsaglia's.
        let mut state = 88_172_645_463_325_252_u64;
        let mut random = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        };
        for _ in 0..2000 {
            let length = (random() % 70) as usize;
            let before: Vec<u8> = (0..length).map(|_| random() as u8).collect();
            let rare = random() % 20 + 2;
            let now: Vec<u8> = before
                .iter()
                .map(|&byte| match random() % rare {
                    0 => random() as u8,
                    1 => byte ^ (1 << (random() % 8)),
                    _ => byte,
                })
                .collect();
            assert_eq!(runs(&now, &before), runs_by_bytes(&now, &before));
        }
    }
}
