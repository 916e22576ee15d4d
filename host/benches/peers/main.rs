//! Times mem against `std::fs` and an empty method call within one guest, and
//! against native memmap2 in the host, all on one file.
//!
//! ```text
//! cargo bench -p mem-host --bench peers -- --json peers.json
//! ```

mod embedder;
mod native;
mod rows;

use anyhow::Result;
use clap::Parser;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Times mem against what else there is.
#[derive(Parser)]
struct Args {
    /// Measure only the rows whose names contain this
    #[arg(default_value = "", hide_default_value = true)]
    only: String,
    /// Write the rows to FILE too; a relative one is in the workspace's folder
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Exit with 1 if a row misses what is asked of it
    #[arg(long)]
    check: bool,
    /// How often each side of a row is timed; the medians count
    #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// What `cargo bench` passes
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> Result<ExitCode> {
    let args = Args::parse();
    let rows = embedder::measure(args.rounds, args.only)?;
    print!("{}", rows::table(&rows));
    if let Some(file) = args.json {
        let json = serde_json::to_string_pretty(&rows::json(&rows))?;
        std::fs::write(in_workspace(&file), json + "\n")?;
    }
    if args.check && !rows.iter().all(rows::Measured::is_met) {
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

/// Cargo runs benchmarks in the package's folder, and not where it was called.
fn in_workspace(file: &Path) -> PathBuf {
    match std::env::var_os("CARGO_MANIFEST_DIR") {
        Some(package) => Path::new(&package).join("..").join(file),
        None => file.to_owned(),
    }
}
