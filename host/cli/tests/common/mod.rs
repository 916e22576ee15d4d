//! Runs guests by the command, as a user would.

#![allow(dead_code, reason = "no test file uses all of it")]

use anyhow::Result;
use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::{Command, Output};
use tempfile::TempDir;

pub const COMMAND: &str = env!("CARGO_BIN_EXE_wasmtime-mem");

/// A new directory, which is granted as the guest's current one.
pub struct Run {
    pub dir: TempDir,
    options: Vec<String>,
}

impl Run {
    pub fn new() -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
            options: Vec::new(),
        }
    }

    /// Adds an option of `wasmtime-mem run`.
    pub fn option(mut self, option: impl Into<String>) -> Self {
        self.options.push(option.into());
        self
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The command that runs `guest`.
    pub fn command<A: AsRef<OsStr>>(&self, guest: &str, args: &[A]) -> Command {
        self.command_of(path(guest), args)
    }

    /// The command that runs the guest in the file `guest`.
    pub fn command_of<A: AsRef<OsStr>>(&self, guest: PathBuf, args: &[A]) -> Command {
        let mut command = Command::new(COMMAND);
        command
            .current_dir(self.dir.path())
            // A backtrace has lines that look like calls.
            .env_remove("RUST_BACKTRACE")
            .args(["run", "--dir", "."])
            .args(&self.options)
            .arg(guest)
            .args(args);
        command
    }

    /// Runs `guest` to its end.
    pub fn output<A: AsRef<OsStr>>(&self, guest: &str, args: &[A]) -> Result<Output> {
        Ok(self.command(guest, args).output()?)
    }

    /// Runs `guest`, which has to succeed, and returns what it prints.
    pub fn succeed<A: AsRef<OsStr>>(&self, guest: &str, args: &[A]) -> Result<Vec<u8>> {
        let output = self.output(guest, args)?;
        assert!(output.status.success(), "{guest}: {}", stderr(&output));
        Ok(output.stdout)
    }
}

/// The guest of this name: a component, or for the tests of `tests/core.rs`,
/// which includes the others, a core module.
fn path(guest: &str) -> PathBuf {
    if env!("CARGO_CRATE_NAME") == "core" {
        test_artifacts::core_module(guest)
    } else {
        test_artifacts::guest(guest)
    }
}

/// `wasmtime run` without mem, an example of this crate. `cargo test` builds
/// the examples first, next to the tests, unless it is told to build only some
/// test.
pub fn stock() -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let examples = tests.parent().unwrap().with_file_name("examples");
    let stock = examples.join("wasmtime");
    assert!(
        stock.exists(),
        "build it with `cargo build --release --examples`"
    );
    stock
}

pub fn stderr(output: &Output) -> String {
    format!(
        "{}: {}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    )
}
