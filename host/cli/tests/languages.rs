//! Guests in other languages, each built by the commands that the README gives.
//!
//! They need compilers that are not part of Rust:
//!
//! ```text
//! cargo test --release --test command languages -- --ignored
//! ```

mod c;
use crate::common::{Run, stderr};
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const FOR_PYTHON: &str = "pip install componentize-py==0.25.1";
const FOR_JAVASCRIPT: &str = "install Node.js, and `npm ci` in examples/js";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Runs a program of the machine, which has to succeed. `install` brings it.
fn native(folder: &Path, program: &str, args: &[&str], install: &str) -> Result<Vec<u8>> {
    let output = Command::new(program)
        .current_dir(folder)
        .env("LC_ALL", "C")
        .args(args)
        .output()
        .with_context(|| format!("cannot run `{program}`: {install}"))?;
    assert!(
        output.status.success(),
        "`{program} {}`, which needs `{install}`: {}",
        args.join(" "),
        stderr(&output)
    );
    Ok(output.stdout)
}

/// Runs `guest`, which has to succeed, and returns what it prints.
#[track_caller]
fn succeed(run: &Run, guest: &Path, args: &[&str]) -> String {
    let output = output(run, guest, args);
    assert!(output.status.success(), "{}", stderr(&output));
    String::from_utf8(output.stdout).unwrap()
}

fn output(run: &Run, guest: &Path, args: &[&str]) -> Output {
    run.command_of(guest, args).output().unwrap()
}

/// Runs the example `notes` of a language on a file, and on one that is not
/// there.
fn check_notes(guest: &Path) -> Result<()> {
    let run = Run::new();
    fs::write(run.path("fruit.txt"), "apple red\npear green\nplum blue\n")?;
    assert_eq!(
        succeed(&run, guest, &["fruit.txt"]),
        "31 bytes, which start with apple red\n\
         written to the disk: APPLE RED\n\
         /etc/passwd: access-denied\n"
    );
    assert_eq!(
        fs::read_to_string(run.path("fruit.txt"))?,
        "APPLE RED\npear green\nplum blue\n"
    );
    let failed = output(&run, guest, &["missing"]);
    assert!(!failed.status.success());
    assert!(stderr(&failed).contains("not-found"), "{}", stderr(&failed));
    Ok(())
}

#[test]
#[ignore = "needs componentize-py"]
fn python_by_the_bindings() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let guest = folder.path().join("notes.wasm");
    let args = [
        "--wit-path",
        "wit",
        "--world",
        "notes",
        "componentize",
        "notes",
        "--output",
        guest.to_str().context("UTF-8")?,
    ];
    let example = root().join("examples/python");
    native(&example, "componentize-py", &args, FOR_PYTHON)?;
    check_notes(&guest)
}

#[test]
#[ignore = "needs jco"]
fn javascript_by_the_bindings() -> Result<()> {
    let example = root().join("examples/js");
    native(&example, "npm", &["run", "build"], FOR_JAVASCRIPT)?;
    check_notes(&root().join("target/js/notes.wasm"))
}
