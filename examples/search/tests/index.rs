//! What an index answers, compared with a search of the whole text, and what it
//! does when it is damaged.

use search::format::{BLOCK, Entry, Header, Layout, MAGIC};
use search::{Case, Error, Index, Plan, Query, find};
use zerocopy::{FromBytes, IntoBytes};

const TEXT: &str = "The Quick brown fox\n\
    jumps over the lazy dog.\n\
    \n\
    quick-witted: THE quickest, über-fox\r\n\
    ÜBER alles; the_end, x86 86\n\
    last line, no newline, the fox";

fn index_of(text: &[u8]) -> Vec<u8> {
    let plan = Plan::new(text, |_| ()).unwrap();
    let mut index = vec![0; plan.size()];
    plan.write(text, &mut index, |_| ()).unwrap();
    index
}

fn numbers(index: &[u8], text: &[u8], words: &[&str], case: Case) -> Result<Vec<u32>, Error> {
    let index = Index::open(index)?;
    let query = Query::new(words, case).unwrap();
    let mut numbers = Vec::new();
    for line in find(&index, text, &query)? {
        numbers.push(line?.number);
    }
    Ok(numbers)
}

/// Pseudo-random numbers (xorshift64).
fn random(state: &mut u64) -> usize {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state as usize
}

#[test]
fn lines_of_words() {
    let (text, index) = (TEXT.as_bytes(), index_of(TEXT.as_bytes()));
    for (words, ignored, sensitive) in [
        (&["the"][..], &[1, 2, 4, 6][..], &[2, 6][..]),
        (&["The"], &[1, 2, 4, 6], &[1]),
        (&["th*"], &[1, 2, 4, 5, 6], &[2, 5, 6]),
        (&["quick"], &[1, 4], &[4]),
        (&["quick*", "fox"], &[1, 4], &[4]),
        (&["fox", "THE"], &[1, 4, 6], &[4]),
        (&["the fox"], &[1, 4, 6], &[6]),
        (&["Über"], &[4, 5], &[]),
        (&["ü*"], &[4, 5], &[4]),
        (&["end"], &[], &[]),
        (&["the_end"], &[5], &[5]),
        (&["8*"], &[5], &[5]),
        (&["zz*"], &[], &[]),
        (&["the", "missing"], &[], &[]),
    ] {
        let found = |case| numbers(&index, text, words, case).unwrap();
        assert_eq!(found(Case::Ignored), ignored, "{words:?}");
        assert_eq!(found(Case::Sensitive), sensitive, "{words:?}");
    }
}

#[test]
fn lines_are_those_of_the_text() {
    let index = index_of(TEXT.as_bytes());
    let index = Index::open(&index).unwrap();
    let query = Query::new(["o*", "dog"], Case::Ignored).unwrap();
    let mut found = find(&index, TEXT.as_bytes(), &query).unwrap();
    let line = found.next().unwrap().unwrap();
    assert_eq!(line.bytes, b"jumps over the lazy dog.");
    // Not a copy.
    assert!(
        TEXT.as_bytes()
            .as_ptr_range()
            .contains(&line.bytes.as_ptr())
    );
    assert!(found.next().is_none());
}

#[test]
fn any_text_and_any_words() {
    let mut state = 1;
    for _ in 0..300 {
        let letters = 1 + random(&mut state) % 4;
        let text: Vec<u8> = (0..random(&mut state) % 400)
            .map(|_| match random(&mut state) % 6 {
                0 => b"\n -\xff\r\xc3"[random(&mut state) % 6],
                _ => b"abcA"[random(&mut state) % letters],
            })
            .collect();
        let index = index_of(&text);
        for words in [["a", "b"], ["a*", "b"], ["ab*", "c*"], ["aa", "aa*"]] {
            // As the text has only these, a word's end is easy to see.
            let lines = text.split(|&byte| byte == b'\n').enumerate();
            let expected: Vec<_> = lines
                .filter(|(_, line)| {
                    let mut in_line = line.split(|byte| !byte.is_ascii_alphabetic());
                    let folded: Vec<_> = in_line.by_ref().map(<[u8]>::to_ascii_lowercase).collect();
                    words.iter().all(|word| match word.strip_suffix('*') {
                        Some(start) => folded.iter().any(|w| w.starts_with(start.as_bytes())),
                        None => folded.iter().any(|w| w == word.as_bytes()),
                    })
                })
                .map(|(at, _)| at as u32 + 1)
                .collect();
            let found = numbers(&index, &text, &words, Case::Ignored).unwrap();
            assert_eq!(
                found,
                expected,
                "{words:?} in {:?}",
                text.escape_ascii().to_string()
            );
        }
    }
}

#[test]
fn a_lookup_reads_few_blocks() {
    let mut text = String::new();
    for number in 0..100_000 {
        text += &format!("number {number}\n");
    }
    let index = index_of(text.as_bytes());
    let index = Index::open(&index).unwrap();
    let query = Query::new(["77777"], Case::Ignored).unwrap();
    let found: Vec<_> = find(&index, text.as_bytes(), &query).unwrap().collect();
    assert_eq!(found[0].as_ref().unwrap().number, 77_778);
    let (all, checked) = index.blocks();
    assert!(
        all > 500 && (1..60).contains(&checked),
        "{checked} of {all}"
    );
}

#[test]
fn empty_text() {
    let index = index_of(b"");
    assert_eq!(numbers(&index, b"", &["a*"], Case::Ignored).unwrap(), []);
}

#[test]
fn a_changed_byte_is_an_error_or_not_read() {
    let text = TEXT.as_bytes();
    let index = index_of(text);
    // One block: every query reads it.
    assert!(index.len() < BLOCK);
    for at in 0..index.len() {
        for bit in 0..8 {
            let mut damaged = index.clone();
            damaged[at] ^= 1 << bit;
            let found = numbers(&damaged, text, &["the"], Case::Ignored);
            assert!(found.is_err(), "bit {bit} of {at}");
        }
    }
}

#[test]
fn what_is_damaged_is_told() {
    // Postings that lie in several blocks.
    let text = "word\n".repeat(4 * BLOCK);
    let index = index_of(text.as_bytes());
    let (header, _) = Header::read_from_prefix(&index).unwrap();
    let layout = Layout::new(&header).unwrap();
    let open = |at: usize| {
        let mut damaged = index.clone();
        damaged[at] ^= 1;
        numbers(&damaged, text.as_bytes(), &["word"], Case::Ignored)
    };
    for at in 0..MAGIC.len() {
        assert!(matches!(open(at), Err(Error::NotAnIndex)));
    }
    for at in MAGIC.len()..size_of::<Header>() {
        let is_version = at < MAGIC.len() + 4;
        match open(at) {
            Err(Error::Version(_)) if is_version => {}
            Err(Error::Header) if !is_version => {}
            found => panic!("{at}: {found:?}"),
        }
    }
    for at in layout.postings.step_by(BLOCK / 2) {
        match open(at) {
            Err(Error::Block { offset }) if offset == at / BLOCK * BLOCK => {}
            found => panic!("{at}: {found:?}"),
        }
    }
    for at in [layout.checksums.start, index.len() - 1] {
        assert!(matches!(open(at), Err(Error::Checksums)));
    }
}

#[test]
fn a_cut_index_is_an_error() {
    let text = TEXT.as_bytes();
    let mut index = index_of(text);
    for len in 0..index.len() {
        let found = numbers(&index[..len], text, &["the"], Case::Ignored);
        assert!(found.is_err(), "{len}");
    }
    index.push(0);
    let found = numbers(&index, text, &["the"], Case::Ignored);
    assert!(matches!(found, Err(Error::Size { .. })), "{found:?}");
}

/// Puts the right checksums into an index, as anyone who forges one can.
fn seal(index: &mut [u8]) {
    let (mut header, _) = Header::read_from_prefix(index).unwrap();
    header.checksum = header.own_checksum().into();
    index[..size_of::<Header>()].copy_from_slice(header.as_bytes());
    let Ok(layout) = Layout::new(&header) else {
        return;
    };
    if layout.size() == index.len() {
        let (blocks, end) = index.split_at_mut(layout.checksums.start);
        let (checksums, last) = end.split_at_mut(layout.checksums.len());
        for (checksum, block) in checksums.chunks_mut(4).zip(blocks.chunks(BLOCK)) {
            checksum.copy_from_slice(&crc32fast::hash(block).to_le_bytes());
        }
        last.copy_from_slice(&crc32fast::hash(checksums).to_le_bytes());
    }
}

#[test]
fn a_forged_index_is_no_panic() {
    let text = TEXT.as_bytes();
    let index = index_of(text);
    let mut state = 1;
    let mut errors = 0;
    for _ in 0..20_000 {
        let mut forged = index.clone();
        for _ in 0..1 + random(&mut state) % 3 {
            let at = 12 + random(&mut state) % (index.len() - 12);
            forged[at] = random(&mut state) as u8;
        }
        seal(&mut forged);
        for words in ["the", "q*", "zz"] {
            errors += usize::from(numbers(&forged, text, &[words], Case::Ignored).is_err());
        }
    }
    assert!(errors > 1000, "{errors}");
}

#[test]
fn what_refers_to_nothing_is_malformed() {
    let index = index_of(b"word\n");
    let (header, _) = Header::read_from_prefix(&index).unwrap();
    let layout = Layout::new(&header).unwrap();
    let (entry, posting) = (layout.entries.start, layout.postings.start);
    let end = layout.entries.start + size_of::<Entry>();
    // The only line's number; where the word starts, and where it and its
    // postings end.
    for (at, value) in [
        (posting, 1),
        (entry, 5),
        (end, 0x80),
        (end + 7, 0x80),
        (end + 8, 2),
    ] {
        let mut forged = index.clone();
        forged[at] = value;
        seal(&mut forged);
        let found = numbers(&forged, b"word\n", &["word"], Case::Ignored);
        assert!(matches!(found, Err(Error::Malformed(_))), "{at}: {found:?}");
    }
}

#[test]
fn another_text_is_an_error() {
    let index = index_of(TEXT.as_bytes());
    let longer = format!("{TEXT}.");
    let found = numbers(&index, longer.as_bytes(), &["the"], Case::Ignored);
    assert!(matches!(found, Err(Error::TextLength { .. })), "{found:?}");

    for (old, new, word, line) in [
        ("fox\n", "cat\n", "fox", 1),
        ("fox\n", "fox ", "fox", 1),
        ("fox\n", "fox ", "jumps", 2),
        ("brown ", "brown\n", "brown", 1),
        ("last ", "lost ", "last", 6),
    ] {
        let other = TEXT.replacen(old, new, 1);
        let found = numbers(&index, other.as_bytes(), &[word], Case::Ignored);
        match found {
            Err(Error::TextDiffers(differs)) if differs == line => {}
            _ => panic!("{new:?}: {found:?}"),
        }
    }
}

#[test]
fn a_text_that_changes_while_it_is_indexed_is_an_error() {
    for other in [
        // Fewer bytes, fewer lines, and more.
        "a b\nb c",
        "a b b c c",
        "a\nb\nb c c",
        // A new word, one that is gone, and one on more lines.
        "a b\nb c d",
        "a b\nb b b",
        "a c\nb c c",
    ] {
        let plan = Plan::new(b"a b\nb c c", |_| ()).unwrap();
        let mut index = vec![0; plan.size()];
        let written = plan.write(other.as_bytes(), &mut index, |_| ());
        assert!(matches!(written, Err(Error::TextChanged)), "{other:?}");
    }
}
