//! Looks up words in a mapped index of the crate `fst`, as its documentation
//! does.

use anyhow::{Context, Result, bail};
use fst::automaton::{Levenshtein, Str};
use fst::{Automaton, IntoStreamer, Map, MapBuilder, Streamer};
use memmap2::Mmap;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::time::Instant;

const USAGE: &str = "usage: words build TEXT INDEX
       words get|prefix|fuzzy INDEX WORD...
       words bench INDEX LOOKUPS";

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    run(&args, &mut std::io::stdout().lock())
}

/// Does what `args` say, and prints to `out`.
pub fn run(args: &[&str], out: &mut impl Write) -> Result<()> {
    match args {
        ["build", text, index] => build(text, index),
        ["bench", index, lookups] => bench(index, lookups.parse()?, out),
        [how @ ("get" | "prefix" | "fuzzy"), index, words @ ..] => {
            let index = open(index)?;
            for word in words {
                match *how {
                    "get" => writeln!(out, "{word} {:?}", index.get(word))?,
                    "prefix" => find(&index, Str::new(word).starts_with(), out)?,
                    _ => find(&index, Levenshtein::new(word, 1)?, out)?,
                }
            }
            Ok(())
        }
        _ => bail!(USAGE),
    }
}

/// Makes an index of the words of `text`, each with the place where it is first.
fn build(text: &str, index: &str) -> Result<()> {
    let text = fs::read_to_string(text).with_context(|| format!("cannot read {text:?}"))?;
    let mut words: Vec<(&str, u64)> = text.split_whitespace().zip(0..).collect();
    words.sort();
    words.dedup_by_key(|(word, _)| *word);
    let mut builder = MapBuilder::new(BufWriter::new(File::create(index)?))?;
    builder.extend_iter(words)?;
    Ok(builder.into_inner()?.flush()?)
}

fn open(path: &str) -> Result<Map<Mmap>> {
    let file = File::open(path).with_context(|| format!("cannot open {path:?}"))?;
    // SAFETY: nobody writes the index while it is mapped.
    let mmap = unsafe { Mmap::map(&file) }.with_context(|| format!("cannot map {path:?}"))?;
    Ok(Map::new(mmap)?)
}

/// Prints all words of the index that `query` matches.
fn find(index: &Map<Mmap>, query: impl Automaton, out: &mut impl Write) -> Result<()> {
    let mut found = index.search(query).into_stream();
    while let Some((word, place)) = found.next() {
        writeln!(out, "{} {place}", String::from_utf8_lossy(word))?;
    }
    Ok(())
}

/// Makes `lookups` lookups, and prints how many nanoseconds one takes.
fn bench(index: &str, lookups: u64, out: &mut impl Write) -> Result<()> {
    let index = open(index)?;
    let words = index.stream().into_str_keys()?;
    // Pick words far from each other in the index, in an order without a pattern.
    let number = words.len() as u64;
    let pick = |n: u64| &words[(n.wrapping_mul(2_654_435_761) % number) as usize];
    let mut best = f64::INFINITY;
    let mut sum = 0_u64;
    for _ in 0..5 {
        let start = Instant::now();
        sum = (0..lookups).filter_map(|n| index.get(pick(n))).sum();
        best = best.min(start.elapsed().as_nanos() as f64 / lookups as f64);
    }
    Ok(writeln!(out, "{best:.1} ns a lookup, sum {sum}")?)
}
