//! Runs guests by the command, as a user would.

use anyhow::Result;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;
use test_artifacts::Guest;

pub const COMMAND: &str = env!("CARGO_BIN_EXE_wasmtime-mem");

/// What the command runs a guest as.
#[derive(Clone, Copy)]
pub enum Form {
    Component,
    CoreModule,
}

impl Form {
    /// The guest's file.
    pub fn of(self, guest: Guest) -> &'static Path {
        Path::new(match self {
            Self::Component => guest.component,
            Self::CoreModule => guest.core_module,
        })
    }
}

/// Tests that run their guests in both forms, each a test of its own:
/// `test::component` and `test::core_module`.
#[macro_export]
macro_rules! on_both {
    ($($test:ident;)*) => {$(
        mod $test {
            use super::$test as run;
            use $crate::common::Form;

            #[test]
            fn component() -> anyhow::Result<()> {
                run(Form::Component)
            }

            #[test]
            fn core_module() -> anyhow::Result<()> {
                run(Form::CoreModule)
            }
        }
    )*};
}

/// A new directory, which is granted as the guest's current one.
pub struct Run {
    pub dir: TempDir,
    form: Form,
    options: Vec<String>,
}

impl Run {
    /// Runs components.
    pub fn new() -> Self {
        Self::of(Form::Component)
    }

    /// Runs guests of this form.
    pub fn of(form: Form) -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
            form,
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

    /// The guest's file.
    pub fn file_of(&self, guest: Guest) -> &'static Path {
        self.form.of(guest)
    }

    /// The command that runs `guest`.
    pub fn command<A: AsRef<OsStr>>(&self, guest: Guest, args: &[A]) -> Command {
        self.command_of(self.file_of(guest), args)
    }

    /// The command that runs the guest in the file `guest`.
    pub fn command_of<A: AsRef<OsStr>>(&self, guest: impl AsRef<Path>, args: &[A]) -> Command {
        let mut command = Command::new(COMMAND);
        command
            .current_dir(self.dir.path())
            // A backtrace has lines that look like calls.
            .env_remove("RUST_BACKTRACE")
            .args(["run", "--dir", "."])
            .args(&self.options)
            .arg(guest.as_ref())
            .args(args);
        command
    }

    /// Runs `guest` to its end.
    pub fn output<A: AsRef<OsStr>>(&self, guest: Guest, args: &[A]) -> Result<Output> {
        Ok(self.command(guest, args).output()?)
    }

    /// Runs `guest`, which has to succeed, and returns what it prints.
    pub fn succeed<A: AsRef<OsStr>>(&self, guest: Guest, args: &[A]) -> Result<Vec<u8>> {
        let output = self.output(guest, args)?;
        let name = guest.name;
        assert!(output.status.success(), "{name}: {}", stderr(&output));
        Ok(output.stdout)
    }
}

/// `wasmtime run` without mem, an example of this crate. `cargo test` builds
/// the examples first, next to the tests, unless its arguments select only some
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
