//! The command `wasmtime-mem`.
//!
//! This library exists for the program of the same name. To embed mapped files
//! into a host of your own, use the crate [`mem_host`].

mod bundle;
mod context;
mod engine;
mod features;
mod log;
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
    /// All options of `wasmtime run` work here; some need a build with the
    /// feature `full`. The guest can map the files in the directories that you
    /// give with `--dir`. The options that start with `--mem` let it do more, or
    /// less.
    Run(Box<run::Run>),
    /// Makes a new guest in Rust: a package with the contract in WIT, which
    /// `cargo run` builds and runs.
    New(new::New),

    /// Makes a component that maps files run on runtimes without mem.
    ///
    /// The bundle contains the guest and a component that reads and writes
    /// files by `wasi:filesystem`. It needs nothing but WASI 0.2:
    /// `wasmtime run --dir . OUT`. It copies, so it is slower, and it has no
    /// locks and no windows. This needs a build with the feature `bundle`.
    Bundle(bundle::Bundle),
}

/// Runs the command with the arguments of this process.
///
/// # Errors
///
/// Fails if the command does. The error is written for its user.
pub fn main() -> anyhow::Result<()> {
    match Command::parse().subcommand {
        Subcommand::Run(run) => run.execute(),
        Subcommand::New(new) => new.execute(),
        Subcommand::Bundle(bundle) => bundle.execute(),
    }
}
