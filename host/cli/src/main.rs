//! `wasmtime-mem run`: what `wasmtime run` does, for guests that map files, and
//! `wasmtime-mem new`, which makes one.

mod engine;
mod new;
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
    /// Makes a new guest in Rust: a package, with the contract in WIT, that
    /// `cargo run` builds and runs.
    New(new::New),
}

fn main() -> anyhow::Result<()> {
    match Command::parse().subcommand {
        Subcommand::Run(run) => run.execute(),
        Subcommand::New(new) => new.execute(),
    }
}
