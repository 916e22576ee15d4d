//! `wasmtime-mem run`: what `wasmtime run` does, for guests that map files.

mod engine;
mod options;
mod run;
mod stats;
mod trace;

use clap::Parser;

/// Runs WebAssembly that maps files.
#[derive(Parser)]
#[command(name = "wasmtime-mem", version)]
struct Command {
    #[command(subcommand)]
    subcommand: Subcommand,
}

#[derive(clap::Subcommand)]
enum Subcommand {
    /// Runs a WebAssembly component or module.
    ///
    /// All options of `wasmtime run` work here. The directories given with
    /// `--dir` are also those whose files the guest can map; the options that
    /// start with `--mem` grant it more, or less.
    Run(Box<run::Run>),
}

fn main() -> anyhow::Result<()> {
    match Command::parse().subcommand {
        Subcommand::Run(run) => run.execute(),
    }
}
