//! Prints the lines of mapped files that hold a string, with their numbers, as
//! `LC_ALL=C grep -F -n -a` does.
//!
//! It shows why a mapping is handier than a stream. It is read in parts of a
//! fixed size, and a line that began before a part can be read from its start.
//!
//! ```text
//! cargo build --release --target wasm32-wasip2 -p grep
//! wasmtime-mem run --dir . target/wasm32-wasip2/release/grep.wasm mapped README.md
//! ```
//!
//! The exit status is 0 if a line was found, 1 if none was, and 2 after an
//! error, with a message. WASI 0.2 reports only success or failure, so a
//! component's status is 1 instead of 2.

mod search;

use anyhow::{Context, ensure};
use clap::Parser;
use memchr::memmem::Finder;
use std::io::{BufWriter, Write};
use std::process::ExitCode;

/// Prints the lines of mapped files that hold a string.
#[derive(Parser)]
struct Args {
    /// The string to look for, taken literally
    #[arg(value_name = "PATTERN")]
    pattern: String,
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(exit_code) => exit_code,
        Err(error) => {
            eprintln!("grep: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn run(Args { pattern, files }: &Args) -> anyhow::Result<ExitCode> {
    ensure!(
        !pattern.contains('\n'),
        "the pattern holds a newline: a line cannot"
    );
    let finder = Finder::new(pattern);
    let mut found = false;
    let mut failed = false;
    for file in files {
        let prefix = match files.len() {
            1 => String::new(),
            _ => format!("{file}:"),
        };
        match mem::open(file) {
            Ok(mapping) => {
                found |= search_one(&mapping, &finder, &prefix)
                    .with_context(|| format!("cannot search {file:?}"))?;
            }
            // Search the other files all the same, as every `grep` does.
            Err(error) => {
                eprintln!("grep: {error}");
                failed = true;
            }
        }
    }
    Ok(match (failed, found) {
        (true, _) => ExitCode::from(2),
        (false, true) => ExitCode::SUCCESS,
        (false, false) => ExitCode::FAILURE,
    })
}

fn search_one(mapping: &mem::Mapping, finder: &Finder<'_>, prefix: &str) -> std::io::Result<bool> {
    let bar = progress::bar(mapping.len());
    let mut out = BufWriter::new(progress::Stdout::beside(&bar));
    let found = search::search(mapping, finder, prefix, &mut out, &bar)?;
    out.flush()?;
    bar.finish_and_clear();
    Ok(found)
}
