//! Times mem against `std::fs` and empty calls within guests, and against
//! native memmap2 in the host.
//!
//! ```text
//! cargo bench -p mem-host --bench peers -- --html peers.html
//! ```

mod bars;
mod core;
mod embedder;
mod kinds;
mod native;
mod page;
mod plots;
mod rows;
mod speeds;
mod theme;
mod threads;
mod units;

use anyhow::Result;
use clap::Parser;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use wasmtime::{Config, Engine};

/// Times mem against what else there is.
#[derive(Parser)]
struct Args {
    /// Measure only the rows whose names contain this
    #[arg(default_value = "", hide_default_value = true)]
    only: String,
    /// Write the rows to FILE too; a relative one is in the workspace's folder
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write a page with the tables and the plots to FILE
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Write the plots alone to FILE
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
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
    let mut config = Config::new();
    mem_host::enable_windows(&mut config);
    let engine = Engine::new(&config)?;
    let (mut rows, speeds) = embedder::measure(&engine, args.rounds, &args.only)?;
    rows.extend(threads::measure(&engine, args.rounds, &args.only)?);

    print!("{}", rows::table(&rows));
    if !speeds.is_empty() {
        print!("\nGB/s\n{}", speeds::table(&speeds));
    }
    if let Some(file) = args.json {
        let json = json!({ "rows": rows::json(&rows), "throughput": speeds::json(&speeds) });
        let json = serde_json::to_string_pretty(&json)?;
        std::fs::write(in_workspace(&file), json + "\n")?;
    }
    if let Some(file) = args.html {
        std::fs::write(in_workspace(&file), page::html(&rows, &speeds)?)?;
    }
    if let Some(file) = args.svg {
        std::fs::write(in_workspace(&file), plots::all(&rows, &speeds)?)?;
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
