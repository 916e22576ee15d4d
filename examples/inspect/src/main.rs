//! Shows what is in ELF files: programs, libraries, object files.
//!
//! It shows how a parser that works on `&[u8]` walks a mapped file. It works in a
//! window on the file: the pages that it touches are read, and none is copied.
//!
//! ```text
//! cargo build --release --target wasm32-wasip2 -p inspect
//! wasmtime-mem run --dir /bin target/wasm32-wasip2/release/inspect.wasm /bin/sh
//! ```

use anyhow::Context;
use clap::Parser;
use inspect::Elf;
use std::io::{self, Write};
use std::process::ExitCode;

/// Shows the segments, sections, symbols, needed libraries and the build id of
/// ELF files.
#[derive(Parser)]
struct Args {
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
    /// Say on standard error how much was mapped, and whether it was copied
    #[arg(long)]
    stats: bool,
}

fn main() -> anyhow::Result<ExitCode> {
    let Args { files, stats } = Args::parse();
    let mut exit_code = ExitCode::SUCCESS;
    let mut out = io::stdout().lock();
    for file in &files {
        match inspect(file, stats) {
            Ok(shown) => {
                if files.len() > 1 {
                    writeln!(out, "{file}:").context(STDOUT)?;
                }
                out.write_all(shown.as_bytes()).context(STDOUT)?;
            }
            // Show the other files all the same.
            Err(error) => {
                eprintln!("inspect: {error:#}");
                exit_code = ExitCode::FAILURE;
            }
        }
    }
    Ok(exit_code)
}

const STDOUT: &str = "cannot write to standard output";

fn inspect(file: &str, stats: bool) -> anyhow::Result<String> {
    let window = mem::open(file)?.window(..)?;
    let shown = Elf::parse(&window).map(|elf| elf.to_string());
    // If the file has become shorter, its missing bytes were read as zeros.
    window.check()?;
    if stats {
        let way = match window.is_zero_copy() {
            true => "zero copy",
            false => "copy",
        };
        eprintln!("inspect: {file:?}: {} bytes, {way}", window.len());
    }
    shown.with_context(|| format!("{file:?}"))
}
