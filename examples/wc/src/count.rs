//! Counting lines and words.

use std::ops::AddAssign;

/// What `wc` prints about a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub lines: u64,
    pub words: u64,
    pub bytes: u64,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Counts) {
        self.lines += other.lines;
        self.words += other.words;
        self.bytes += other.bytes;
    }
}

/// Counts a file that comes part by part.
///
/// A word is what `wc` of coreutils 9.1 counts in the C locale: a printable byte
/// begins a word, and white space ends it. Any other byte is ignored: alone it
/// makes no word, and it ends none.
///
/// The counter looks at eight bytes together, as a number. Each of them has a
/// bit of its own in everything it computes. That needs no branch that depends
/// on the text, and no vector instructions.
pub struct Counter {
    counts: Counts,
    /// 1 if the last byte left us outside a word, else 0.
    outside: u64,
}

impl Default for Counter {
    fn default() -> Self {
        Counter {
            counts: Counts::default(),
            outside: 1,
        }
    }
}

/// The lowest bit of each byte.
const LOW: u64 = 0x0101_0101_0101_0101;
/// The highest bit of each byte.
const HIGH: u64 = LOW << 7;

impl Counter {
    /// Counts the next bytes of the file.
    pub fn add(&mut self, piece: &[u8]) {
        let (eights, rest) = piece.as_chunks();
        for &bytes in eights {
            self.add_eight(bytes);
        }
        // Zero bytes are ignored.
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        self.add_eight(last);
        self.counts.bytes += piece.len() as u64;
    }

    /// The counts of all bytes so far.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    #[inline]
    fn add_eight(&mut self, bytes: [u8; 8]) {
        let bytes = u64::from_le_bytes(bytes);
        let ascii = !bytes & HIGH;
        // The highest bits of the bytes that are `least` or more, if they are
        // ASCII. No sum of a byte reaches the next byte.
        let low_seven = bytes & !HIGH;
        let from = |least: u8| low_seven + LOW * u64::from(0x80 - least);

        let newline = from(b'\n') & !from(b'\n' + 1);
        let blank = from(b' ') & !from(b' ' + 1);
        let control_space = from(b'\t') & !from(b'\r' + 1);
        let printable = from(b'!') & !from(b'~' + 1);

        let newline = newline & ascii;
        let space = ((blank | control_space) & ascii) >> 7;
        let printable = (printable & ascii) >> 7;
        let unnoticed = LOW & !(space | printable);

        // The bytes before which we are outside a word: they come after white
        // space, or after a run of ignored bytes that comes after white space.
        // With all bits of the run set, adding 1 at its start carries to its end.
        let behind_space = space << 8 | self.outside;
        let runs = (unnoticed << 8).wrapping_sub(unnoticed);
        let (behind_run, carry) = runs.overflowing_add(behind_space & unnoticed);
        let begins = printable & (behind_space | behind_run);

        self.outside = space >> 56 | u64::from(carry);
        self.counts.lines += u64::from(newline.count_ones());
        self.counts.words += u64::from(begins.count_ones());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count_bytewise(text: &[u8]) -> Counts {
        let mut counts = Counts::default();
        let mut in_word = false;
        for &byte in text {
            counts.bytes += 1;
            match byte {
                b'\t'..=b'\r' | b' ' => {
                    counts.lines += u64::from(byte == b'\n');
                    in_word = false;
                }
                b'!'..=b'~' => {
                    counts.words += u64::from(!in_word);
                    in_word = true;
                }
                _ => {}
            }
        }
        counts
    }

    fn count_in_pieces(text: &[u8], piece: usize) -> Counts {
        let mut counter = Counter::default();
        for piece in text.chunks(piece) {
            counter.add(piece);
        }
        counter.counts()
    }

    /// Pseudo-random numbers (xorshift64).
    fn random(state: &mut u64) -> u64 {
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        *state
    }

    #[test]
    fn each_byte_between_each_two() {
        for byte in 0..=u8::MAX {
            for left in [b'a', b' ', 0] {
                for right in [b'a', b'\n', 0xff] {
                    let text = [left, byte, right];
                    assert_eq!(count_in_pieces(&text, 8), count_bytewise(&text), "{text:?}");
                }
            }
        }
    }

    #[test]
    fn any_bytes_in_pieces_of_any_size() {
        let mut state = 1;
        for _ in 0..2000 {
            // A few kinds of bytes give long runs of each.
            let kinds = random(&mut state);
            let text: Vec<u8> = (0..random(&mut state) % 200)
                .map(|_| match random(&mut state) % (1 + kinds % 5) {
                    0 => b"\0\x01\x7f\x80\xa0\xff"[random(&mut state) as usize % 6],
                    1 => b'x',
                    2 => b" \n\t\r"[random(&mut state) as usize % 4],
                    _ => random(&mut state) as u8,
                })
                .collect();
            for piece in [1, 7, 8, 9, 64, 200] {
                assert_eq!(count_in_pieces(&text, piece), count_bytewise(&text));
            }
        }
    }
}
