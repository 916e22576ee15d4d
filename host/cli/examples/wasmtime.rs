//! `wasmtime run` as the crate wasmtime-cli has it, without mem: what the tests
//! run bundles on.

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
