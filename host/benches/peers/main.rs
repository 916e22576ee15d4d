//! Times mem in guests, against `std::fs` and empty calls in the same guests and
//! against memmap2 in the host.
//!
//! ```text
//! cargo bench -p mem-host --bench peers -- --html peers.html
//! ```

mod bindings;
mod core;
mod embedder;
mod figures;
mod native;
mod page;
mod plots;
mod rows;
mod speeds;
mod threads;

use anyhow::Result;
use clap::Parser;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use wasmtime::{Config, Engine};

/// Times mem against its peers.
#[derive(Parser)]
struct Args {
    /// Measure only the rows whose names contain this
    #[arg(default_value = "", hide_default_value = true)]
    only: String,
    /// Write the rows to FILE as JSON; a relative path starts at the workspace's folder
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write a page with the tables and the plots to FILE
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Write the plots alone to FILE
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Exit with 1 if a row misses its target
    #[arg(long)]
    check: bool,
    /// Time each side of a row this often, and take the medians
    #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// `cargo bench` passes this
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
    rows::sort(&mut rows);

    let mut tables = vec![("All rows", rows::table(&rows))];
    if !speeds.is_empty() {
        tables.push(("Throughput in GB/s", speeds::table(&speeds)));
    }
    for (title, table) in &tables {
        println!("{title}\n\n{table}\n");
    }
    if let Some(file) = args.json {
        let json = json!({ "rows": rows, "throughput": speeds });
        let json = serde_json::to_string_pretty(&json)?;
        std::fs::write(in_workspace(&file), json + "\n")?;
    }
    if let Some(file) = args.html {
        let plots = plots::svg(&rows, &speeds)?;
        std::fs::write(in_workspace(&file), page::html(&plots, &tables))?;
    }
    if let Some(file) = args.svg {
        std::fs::write(in_workspace(&file), plots::svg(&rows, &speeds)?)?;
    }
    if args.check && !rows.iter().all(|row| row.meets_target) {
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

/// Cargo runs benchmarks in the package's folder, not where you call it.
fn in_workspace(file: &Path) -> PathBuf {
    match std::env::var_os("CARGO_MANIFEST_DIR") {
        Some(package) => Path::new(&package).join("..").join(file),
        None => file.to_owned(),
    }
}
