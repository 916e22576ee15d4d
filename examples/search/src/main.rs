//! Makes an index of the words of a text, and finds lines with it.
//!
//! It shows windows. A query is a binary search in the pages of the index, and
//! what it prints comes from the pages of the text. It reads only the pages on
//! its way, and copies none.
//!
//! ```text
//! cargo build --release --target wasm32-wasip2 -p search
//! alias search='wasmtime-mem run --dir . target/wasm32-wasip2/release/search.wasm'
//! search index README.md readme.idx
//! search find readme.idx README.md mapped 'file*'
//! ```
//!
//! A word is made of letters, digits and underscores, of any script. Upper and
//! lower case are the same unless `--case-sensitive` is given. A query reports if
//! the text has changed; index it anew to find what was added.
//! [`search::format`] describes the index.
//!
//! The exit status of `find` is 0 if a line was found and 1 if none was. After an
//! error, with a message, the exit status of both commands is 2. WASI 0.2 reports
//! only success or failure, so a component's status is 1 instead of 2.

use anyhow::{Context, Result, ensure};
use clap::{Parser, Subcommand};
use mem::{ErrorCode, Window};
use search::format::{MAGIC, MAX_TEXT};
use search::{Case, Error, Index, Line, Plan, Query};
use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const STDOUT: &str = "cannot write to standard output";

/// Finds the lines of a text that hold words, by an index of its words.
#[derive(Parser)]
struct Args {
    #[command(subcommand)]
    command: Command,
    /// Tell on standard error what was mapped, and whether it was copied
    #[arg(long, global = true)]
    stats: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Make the index of a text
    Index {
        /// The text, of any encoding that agrees with UTF-8 on newlines
        #[arg(value_name = "TEXT")]
        text: PathBuf,
        /// Where the index goes; one that is there is replaced
        #[arg(value_name = "INDEX")]
        index: PathBuf,
    },
    /// Print the lines that hold all of the words, with their numbers
    Find {
        /// The index of the text
        #[arg(value_name = "INDEX")]
        index: PathBuf,
        /// The text, as it was when it was indexed
        #[arg(value_name = "TEXT")]
        text: PathBuf,
        /// A word of letters, digits and underscores, or with a `*` at its end
        /// the start of one
        #[arg(required = true, value_name = "WORD")]
        words: Vec<String>,
        /// Take upper and lower case for different
        #[arg(short, long)]
        case_sensitive: bool,
    },
}

fn main() -> ExitCode {
    let Args { command, stats } = Args::parse();
    let result = match command {
        Command::Index { text, index } => make_index(&text, &index, stats),
        Command::Find {
            index,
            text,
            words,
            case_sensitive,
        } => {
            let case = match case_sensitive {
                true => Case::Sensitive,
                false => Case::Ignored,
            };
            find(&index, &text, &words, case, stats)
        }
    };
    result.unwrap_or_else(|error| {
        eprintln!("search: {error:#}");
        ExitCode::from(2)
    })
}

/// Makes the index of the text at `text_path`. It is written beside, and
/// renamed when it is on the disk: at `index_path` there is always a whole one.
fn make_index(text_path: &Path, index_path: &Path, stats: bool) -> Result<ExitCode> {
    check_replaceable(index_path)?;
    let text = open_text(text_path)?;
    let beside = beside(index_path);
    let report = write_index(text_path, &text, &beside).and_then(|report| {
        fs::rename(&beside, index_path)
            .with_context(|| format!("cannot rename {beside:?} to {index_path:?}"))?;
        Ok(report)
    });
    if report.is_err() {
        // It may not be there, and the first error is the one to report.
        let _ = fs::remove_file(&beside);
    }
    let report = report?;
    if stats {
        eprintln!("search: {text_path:?}: {}", shown(&text));
        eprintln!("search: {index_path:?}: {report}");
    }
    Ok(ExitCode::SUCCESS)
}

/// Writes the index of `text` to a new file, and returns a report of it.
fn write_index(text_path: &Path, text: &Window, index_path: &Path) -> Result<String> {
    let bar = progress::bar(2 * text.len() as u64);
    let plan = Plan::new(text, |bytes| bar.set_position(bytes as u64))
        .with_context(|| format!("cannot index {text_path:?}"))?;
    let (lines, words) = (plan.lines(), plan.words());

    // A file that is left over was never complete.
    remove_if_there(index_path)?;
    let mapping = mem::create(index_path, plan.size() as u64)?;
    let mut window = mapping.window_mut(..)?;
    let done = text.len();
    plan.write(text, &mut window, |bytes| {
        bar.set_position((done + bytes) as u64);
    })
    .with_context(|| format!("cannot index {text_path:?}"))?;
    // If the text has become shorter, its missing bytes were read as zeros.
    text.check()?;
    window.flush()?;
    let report = format!(
        "{} bytes, {lines} lines, {words} words, {}",
        window.len(),
        way(window.is_zero_copy())
    );
    window.detach()?;
    mapping.unmap()?;
    bar.finish_and_clear();
    Ok(report)
}

fn find(
    index_path: &Path,
    text_path: &Path,
    words: &[String],
    case: Case,
    stats: bool,
) -> Result<ExitCode> {
    let query = Query::new(words, case)?;
    let index = mem::open(index_path)?.window(..)?;
    let text = open_text(text_path)?;
    let mut out = BufWriter::new(io::stdout().lock());
    let answer = answer(&index, &text, &query, &mut out);
    // If the files have become shorter, missing bytes were read as zeros.
    index.check()?;
    text.check()?;
    let Answer { lines, blocks } =
        answer.with_context(|| format!("cannot search {text_path:?} by {index_path:?}"))?;
    out.flush().context(STDOUT)?;
    if stats {
        let (all, checked) = blocks;
        let way = way(index.is_zero_copy());
        let length = index.len();
        eprintln!("search: {index_path:?}: {length} bytes, {checked} of {all} blocks read, {way}");
        eprintln!("search: {text_path:?}: {}", shown(&text));
    }
    Ok(match lines {
        0 => ExitCode::FAILURE,
        _ => ExitCode::SUCCESS,
    })
}

/// How much was found, and how much of the index was read for it.
struct Answer {
    lines: u64,
    /// How many blocks the index has, and how many were read.
    blocks: (usize, usize),
}

/// Prints the lines of `text` that hold the words of `query`.
fn answer(index: &[u8], text: &[u8], query: &Query, out: &mut impl Write) -> Result<Answer> {
    let index = Index::open(index)?;
    let mut lines = 0;
    for line in search::find(&index, text, query)? {
        let Line { number, bytes } = line?;
        lines += 1;
        write!(out, "{number}:")
            .and_then(|()| out.write_all(bytes))
            .and_then(|()| out.write_all(b"\n"))
            .context(STDOUT)?;
    }
    let blocks = index.blocks();
    Ok(Answer { lines, blocks })
}

fn open_text(path: &Path) -> Result<Window> {
    let mapping = mem::open(path)?;
    // Said before a window of so many bytes is found too large for the guest.
    if mapping.len() > MAX_TEXT {
        return Err(Error::TextTooLarge(mapping.len())).with_context(|| format!("{path:?}"));
    }
    Ok(mapping.window(..)?)
}

/// Fails if a file is at `path` that is not an index: it may be the text.
fn check_replaceable(path: &Path) -> Result<()> {
    let mapping = match mem::open(path) {
        Ok(mapping) => mapping,
        Err(error) if error.code() == ErrorCode::NotFound => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    let mut magic = [0; MAGIC.len()];
    let n = mapping.read_at(0, &mut magic)?;
    ensure!(
        n == 0 || magic == MAGIC,
        "{path:?} is not an index, and stays"
    );
    Ok(())
}

/// The name of the file in which the index for `path` is made.
fn beside(path: &Path) -> PathBuf {
    let mut beside = path.to_owned().into_os_string();
    beside.push(".partial");
    beside.into()
}

fn remove_if_there(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {path:?}"))
        }
        _ => Ok(()),
    }
}

fn shown(window: &Window) -> String {
    format!("{} bytes, {}", window.len(), way(window.is_zero_copy()))
}

fn way(is_zero_copy: bool) -> &'static str {
    if is_zero_copy { "zero copy" } else { "copy" }
}
