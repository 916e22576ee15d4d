//! `wasmtime run` of the crate wasmtime-cli, without mem. The tests run bundles
//! with it.

use anyhow::Result;
use clap::Parser;
use wasmtime_cli::commands::RunCommand;

#[derive(Parser)]
#[command(name = "wasmtime")]
enum Wasmtime {
    /// Runs a WebAssembly component or module.
    Run(Box<RunCommand>),
}

fn main() -> Result<()> {
    let Wasmtime::Run(run) = Wasmtime::parse();
    Ok(run.execute()?)
}
