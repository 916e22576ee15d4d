//! Counts the lines, words and bytes of mapped files, and prints what
//! `LC_ALL=C wc` of GNU coreutils prints.
//!
//! It shows how to go through a file of any size, with one mapping and one
//! buffer that is filled again and again.
//!
//! ```text
//! cargo build --release --target wasm32-wasip2 -p wc
//! wasmtime-mem run --dir . target/wasm32-wasip2/release/wc.wasm README.md
//! ```

mod count;

use clap::Parser;
use count::{Counter, Counts};
use std::io::{self, Write};
use std::process::ExitCode;

/// This fits into the processor's cache, so that bytes are counted there.
const PIECE: usize = 256 << 10;

/// Counts lines, words and bytes of mapped files.
#[derive(Parser)]
struct Args {
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
}

fn main() -> anyhow::Result<ExitCode> {
    let args = Args::parse();
    let mut exit_code = ExitCode::SUCCESS;
    let mut rows = Vec::new();
    let mut total = Counts::default();
    for file in &args.files {
        match count(file) {
            Ok(counts) => {
                total += counts;
                rows.push((counts, file.as_str()));
            }
            // Count the other files all the same, as every `wc` does.
            Err(error) => {
                eprintln!("wc: {error}");
                exit_code = ExitCode::FAILURE;
            }
        }
    }
    if args.files.len() > 1 {
        rows.push((total, "total"));
    }

    // No number is larger than the bytes of all files.
    let width = total.bytes.to_string().len();
    let mut out = io::stdout().lock();
    for (
        Counts {
            lines,
            words,
            bytes,
        },
        name,
    ) in rows
    {
        writeln!(out, "{lines:width$} {words:width$} {bytes:width$} {name}")?;
    }
    Ok(exit_code)
}

fn count(file: &str) -> Result<Counts, mem::Error> {
    let mapping = mem::open(file)?;
    let bar = progress::bar(mapping.len());
    let mut counter = Counter::default();
    let mut buffer = vec![0; PIECE];
    let mut offset = 0;
    loop {
        let n = mapping.read_at(offset, &mut buffer)?;
        if n == 0 {
            break;
        }
        counter.add(&buffer[..n]);
        offset += n as u64;
        bar.set_position(offset);
    }
    bar.finish_and_clear();
    Ok(counter.counts())
}
