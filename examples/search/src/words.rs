//! What a line and a word are.

use memchr::memchr;
use std::ops::Range;

/// Where the lines of `text` lie, without their newlines. The last line may
/// lack one.
pub fn lines(text: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let mut start = 0;
    std::iter::from_fn(move || {
        if start == text.len() {
            return None;
        }
        let end = memchr(b'\n', &text[start..]).map_or(text.len(), |newline| start + newline);
        let line = start..end;
        start = text.len().min(end + 1);
        Some(line)
    })
}

/// The words of `line`: letters, digits and underscores in a row. Bytes that
/// are not UTF-8 belong to no word.
pub fn words(line: &[u8]) -> impl Iterator<Item = &str> {
    line.utf8_chunks()
        .flat_map(|chunk| chunk.valid().split(|c| !is_in_words(c)))
        .filter(|word| !word.is_empty())
}

pub fn is_in_words(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Sets `folded` to what `word` has in common with the words that differ from
/// it only in case.
///
/// Upper case before lower case: some letters have two lower cases, as the
/// Greek sigma, or one that is two letters, as the German sharp s.
pub fn fold(word: &str, folded: &mut String) {
    folded.clear();
    if word.is_ascii() {
        folded.push_str(word);
        folded.make_ascii_lowercase();
    } else {
        let upper = word.chars().flat_map(char::to_uppercase);
        folded.extend(upper.flat_map(char::to_lowercase));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_with_and_without_a_last_newline() {
        let lines = |text: &[u8]| lines(text).collect::<Vec<_>>();
        assert_eq!(lines(b""), []);
        assert_eq!(lines(b"\n\n"), [0..0, 1..1]);
        assert_eq!(lines(b"a\n\nb"), [0..1, 2..2, 3..4]);
        assert_eq!(lines(b"a\n\nb\n"), [0..1, 2..2, 3..4]);
    }

    #[test]
    fn words_of_any_script() {
        let words = |line| words(line).collect::<Vec<_>>();
        assert_eq!(words(b""), [""; 0]);
        assert_eq!(words(b" -- "), [""; 0]);
        assert_eq!(
            words("snake_case x86-64 Größe=µm, слово".as_bytes()),
            ["snake_case", "x86", "64", "Größe", "µm", "слово"]
        );
        assert_eq!(words(b"caf\xe9 noir\xff"), ["caf", "noir"]);
    }

    #[test]
    fn words_that_differ_in_case_only() {
        for (left, right) in [
            ("Mapped", "mAPPED"),
            ("GRÖSSE", "größe"),
            ("ΟΔΟΣ", "οδος"),
            ("СЛОВО", "слово"),
        ] {
            let mut folded = [String::new(), String::new()];
            fold(left, &mut folded[0]);
            fold(right, &mut folded[1]);
            assert_eq!(folded[0], folded[1]);
        }
    }
}
