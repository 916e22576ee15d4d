//! A hash table in a file: put, get, delete, list.
//!
//! It shows a read-write mapping as the storage of a database. It loads and stores
//! numbers in place, and flushes ranges in an order that makes every change safe.
//! Whenever the host is killed, what a command has reported as done is on the disk,
//! and the file is whole.
//!
//! ```text
//! cargo build --release --target wasm32-wasip2 -p kv
//! alias kv='wasmtime-mem run --dir . target/wasm32-wasip2/release/kv.wasm'
//! kv fruit.db put apple red
//! kv fruit.db get apple
//! ```
//!
//! `kv DB load` reads a line `KEY VALUE` for each pair from standard input, and
//! prints a key as soon as its value is on the disk. If you kill the host, the keys
//! that it has printed are there.
//!
//! A database has one writer at a time. [`table`] describes the format and why
//! it is safe. [`db`] makes files and lets them grow.

mod db;
mod record;
mod store;
mod table;

use anyhow::{Context, Result, bail};
use clap::{Parser, Subcommand};
use db::Db;
use record::Record;
use std::ffi::OsString;
use std::io::{self, BufRead, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// A hash table in a mapped file.
#[derive(Parser)]
struct Args {
    /// The file; `put` and `load` make it if it is missing
    #[arg(value_name = "DB")]
    db: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Set a key to a value
    Put { key: OsString, value: OsString },
    /// Print the value of a key
    Get { key: OsString },
    /// Delete a key
    Delete { key: OsString },
    /// Print all keys and values, in no particular order
    List,
    /// Put the lines `KEY VALUE` of standard input, and print each key once its
    /// value is on the disk
    Load,
}

fn main() -> ExitCode {
    let Args { db, command } = Args::parse();
    match run(&db, command).with_context(|| format!("{db:?}")) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("kv: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(path: &Path, command: Command) -> Result<()> {
    match command {
        Command::Put { key, value } => {
            Db::create(path)?.put(key.as_encoded_bytes(), value.as_encoded_bytes())
        }
        Command::Get { key } => match Db::open(path)?.get(key.as_encoded_bytes())? {
            Some(value) => print(&mut io::stdout(), &[&value]),
            None => bail!("no key {key:?}"),
        },
        Command::Delete { key } => match Db::open_mut(path)?.delete(key.as_encoded_bytes())? {
            true => Ok(()),
            false => bail!("no key {key:?}"),
        },
        Command::List => {
            let mut out = BufWriter::new(io::stdout().lock());
            for record in Db::open(path)?.records() {
                let Record { key, value } = record?;
                print(&mut out, &[&key, b" ", &value])?;
            }
            Ok(out.flush()?)
        }
        Command::Load => load(&mut Db::create(path)?),
    }
}

fn load(db: &mut Db) -> Result<()> {
    for line in io::stdin().lock().split(b'\n') {
        let line = line.context("cannot read standard input")?;
        let Some(space) = line.iter().position(|&byte| byte == b' ') else {
            bail!("not `KEY VALUE`: {:?}", String::from_utf8_lossy(&line));
        };
        let (key, value) = (&line[..space], &line[space + 1..]);
        db.put(key, value)?;
        print(&mut io::stdout(), &[key])?;
    }
    Ok(())
}

/// Prints a line.
fn print(out: &mut impl Write, parts: &[&[u8]]) -> Result<()> {
    parts
        .iter()
        .chain([&b"\n".as_slice()])
        .try_for_each(|part| out.write_all(part))
        .context("cannot write to standard output")
}
