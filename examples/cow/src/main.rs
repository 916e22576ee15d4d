//! Replaces a string in a private copy of a file, and prints the copy. The
//! file stays as it is.
//!
//! It shows a copy-on-write mapping. The edits are made in place, pages that are
//! not edited are not copied, and permission to read is enough.
//!
//! ```text
//! cargo build --release --target wasm32-wasip2 -p cow
//! wasmtime-mem run --dir . target/wasm32-wasip2/release/cow.wasm README.md mapped MAPPED
//! ```

use anyhow::{Context, ensure};
use clap::Parser;
use memchr::memmem::Finder;
use std::io::{self, Write};

const PIECE: usize = 256 << 10;

/// Prints a mapped file with one string replaced by another; the file stays.
#[derive(Parser)]
struct Args {
    #[arg(value_name = "FILE")]
    file: String,
    /// The string to replace
    #[arg(value_name = "OLD")]
    old: String,
    /// What to put in its place: as long, or shorter and then filled up with
    /// spaces
    #[arg(value_name = "NEW")]
    new: String,
}

fn main() -> anyhow::Result<()> {
    let Args { file, old, new } = Args::parse();
    ensure!(!old.is_empty(), "the string to replace is empty");
    ensure!(
        new.len() <= old.len(),
        "{new:?} is longer than {old:?}: a mapping cannot grow"
    );
    let mut new = new.into_bytes();
    new.resize(old.len(), b' ');

    let mapping = mem::Options::new()
        .access(mem::Access::CopyOnWrite)
        .open(&file)?;
    replace(&mapping, old.as_bytes(), &new)?;

    let mut out = io::stdout().lock();
    io::copy(&mut mapping.cursor(), &mut out)
        .and_then(|_| out.flush())
        .with_context(|| format!("cannot print the copy of {file:?}"))
}

/// Replaces every `old`, from the start on, by `new` of the same length.
fn replace(mapping: &mem::Mapping, old: &[u8], new: &[u8]) -> Result<(), mem::Error> {
    let finder = Finder::new(old);
    let mut buffer = vec![0; PIECE.max(2 * old.len())];
    let mut offset = 0;
    loop {
        let n = mapping.read_at(offset, &mut buffer)?;
        if n < old.len() {
            return Ok(());
        }
        let mut searched = 0;
        while let Some(found) = finder.find(&buffer[searched..n]) {
            mapping.write_all_at(offset + (searched + found) as u64, new)?;
            searched += found + old.len();
        }
        // The last bytes can be the start of a string that goes on behind
        // them.
        offset += searched.max(n - (old.len() - 1)) as u64;
    }
}
