//! Answering a query.

use crate::query::{Case, Query};
use crate::{Error, Index};
use memchr::memchr;
use std::borrow::Cow;
use zerocopy::little_endian::U32;

/// A line that holds all words of a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// Counted from 1.
    pub number: u32,
    /// The line, without its newline.
    pub bytes: &'a [u8],
}

/// The lines of `text` that hold all words of `query`, in their order. `index`
/// is the index of the text.
///
/// # Errors
///
/// - [`Error::TextLength`]
/// - [`Error::TextDiffers`]: the line does not hold the words
/// - [`Error::Block`]
/// - [`Error::Malformed`]
pub fn find<'a>(
    index: &Index<'a>,
    text: &'a [u8],
    query: &Query,
) -> Result<impl Iterator<Item = Result<Line<'a>, Error>>, Error> {
    if index.text_len() != text.len() as u64 {
        return Err(Error::TextLength {
            indexed: index.text_len(),
            actual: text.len(),
        });
    }
    let mut lists = Vec::new();
    for term in &query.terms {
        lists.push(merge(index.postings(&term.folded, term.is_prefix)?));
    }
    lists.sort_by_key(|list| list.len());
    let shortest = if lists.is_empty() {
        Cow::default()
    } else {
        lists.remove(0)
    };

    let numbers = (0..shortest.len()).map(move |at| shortest[at]);
    let numbers = numbers.filter(move |number| {
        let is_in = |list: &Cow<[U32]>| list.binary_search_by_key(&number.get(), |n| n.get());
        lists.iter().all(|list| is_in(list).is_ok())
    });
    Ok(numbers.filter_map(move |number| {
        let line = line(index, text, number.get());
        let all = |line: &Line, case| query.terms.iter().all(|term| term.is_in(line.bytes, case));
        match line {
            Ok(line) if !all(&line, Case::Ignored) => Some(Err(Error::TextDiffers(line.number))),
            Ok(line) if query.case == Case::Sensitive && !all(&line, query.case) => None,
            line => Some(line),
        }
    }))
}

/// The lines that are in any of `lists`, ascending, each once.
fn merge(lists: Vec<&[U32]>) -> Cow<'_, [U32]> {
    match lists[..] {
        [] => Cow::default(),
        [list] => list.into(),
        _ => {
            let mut merged = lists.concat();
            merged.sort_unstable_by_key(|number| number.get());
            merged.dedup();
            merged.into()
        }
    }
}

/// Line `number` of `text`, counted from 0.
fn line<'a>(index: &Index<'_>, text: &'a [u8], number: u32) -> Result<Line<'a>, Error> {
    let range = index.line(number)?;
    let number = number + 1;
    let differs = Error::TextDiffers(number);
    let is_start = range.start == 0 || text.get(range.start - 1) == Some(&b'\n');
    let Some(bytes) = text.get(range.clone()).filter(|_| is_start) else {
        return Err(differs);
    };
    match memchr(b'\n', bytes) {
        Some(newline) if newline + 1 == bytes.len() => Ok(Line {
            number,
            bytes: &bytes[..newline],
        }),
        None if range.end == text.len() => Ok(Line { number, bytes }),
        _ => Err(differs),
    }
}
