//! `wasmtime-mem run`: what `wasmtime run` does, for guests that map files;
//! `wasmtime-mem new`, which makes one; and `wasmtime-mem bundle`, for other
//! runtimes.

mod bundle;
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

    /// Makes a component that maps files run on runtimes without mem.
    ///
    /// The bundle is the guest with a component in it that reads and writes
    /// files by `wasi:filesystem`. It needs nothing but WASI 0.2:
    /// `wasmtime run --dir . OUT`. It copies, and so is slower, and it has no
    /// locks and no windows.
    Bundle(bundle::Bundle),
}

fn main() -> anyhow::Result<()> {
    match Command::parse().subcommand {
        Subcommand::Run(run) => run.execute(),
        Subcommand::New(new) => new.execute(),
        Subcommand::Bundle(bundle) => bundle.execute(),
    }
}
