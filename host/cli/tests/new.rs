//! What `wasmtime-mem new` makes builds and runs, by the lines that it and the
//! README say.

use crate::common::{COMMAND, stderr};
use anyhow::{Context, Result};
use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use tempfile::TempDir;
use test_artifacts::WC;

const SDK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../guest-sdk");

fn new<const N: usize>(dir: &TempDir, args: [&str; N]) -> Result<Output> {
    let mut command = Command::new(COMMAND);
    command.current_dir(dir.path()).arg("new").args(args);
    Ok(command.output()?)
}

/// What a command printed, which has to succeed.
fn printed(output: Output) -> Result<String> {
    assert!(output.status.success(), "{}", stderr(&output));
    Ok(String::from_utf8(output.stdout)?)
}

#[test]
fn a_new_guest_builds_and_runs() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let said = printed(new(&dir, ["my-guest", "--sdk", SDK])?)?;
    let guest = dir.path().join("my-guest");
    // The same dependencies as the tests' guests have, which are there.
    let lock = concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.lock");
    fs::copy(lock, guest.join("Cargo.lock"))?;
    let built = Path::new(WC.component);
    let target = built.ancestors().nth(3).context("a target folder")?;

    // The lines that it says, without the network.
    let (_, lines) = said.split_once("To run it:\n").context(said.clone())?;
    let lines = lines.replace("cargo run", "cargo run --offline --quiet");
    let commands = Path::new(COMMAND).parent().context("a folder")?;
    let path = format!("{}:{}", commands.display(), std::env::var("PATH")?);
    for run in ["run 1\n", "run 2\n"] {
        let output = Command::new("sh")
            .current_dir(dir.path())
            .env("PATH", &path)
            .env("CARGO_TARGET_DIR", target)
            .args(["-euc", &lines])
            .output()?;
        assert_eq!(printed(output)?, run);
    }
    assert_eq!(fs::read(guest.join("runs.bin"))?, 2_u64.to_le_bytes());

    let readme = fs::read_to_string(guest.join("README.md"))?;
    assert!(readme.starts_with("# my-guest\n"), "{readme}");
    assert!(readme.contains("release/my-guest.wasm"), "{readme}");
    Ok(())
}

#[test]
fn the_program_is_the_one_of_the_readme() {
    let readme = include_str!("../../../README.md");
    let program = include_str!("../template/main.rs");
    let (_, main) = program.split_once("\n\n").unwrap();
    assert!(readme.contains(&format!("```rust,no_run\n{main}```")));
}

/// Its folder `wit` has the whole contract, and beside it what the contract
/// depends on.
#[test]
fn the_contract_of_a_new_guest_is_complete() -> Result<()> {
    let dir = tempfile::tempdir()?;
    printed(new(&dir, ["guest", "--sdk", SDK])?)?;
    let deps = dir.path().join("guest/wit/deps");
    let wit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wit");
    let mut files = 0;
    for (folder, made) in [
        (wit.clone(), deps.join("mem-mmap-0.1.0")),
        (
            wit.join("deps/wasi-clocks-0.2.0"),
            deps.join("wasi-clocks-0.2.0"),
        ),
        (
            wit.join("deps/wasi-filesystem-0.2.0"),
            deps.join("wasi-filesystem-0.2.0"),
        ),
        (wit.join("deps/wasi-io-0.2.0"), deps.join("wasi-io-0.2.0")),
    ] {
        for file in fs::read_dir(&folder)? {
            let file = file?;
            if file.file_type()?.is_file() {
                let text = fs::read_to_string(file.path())?;
                let made = fs::read_to_string(made.join(file.file_name()));
                assert_eq!(made.ok(), Some(text), "{file:?}");
                files += 1;
            }
        }
    }
    assert_eq!(files, 7);
    assert_eq!(fs::read_dir(wit.join("deps"))?.count(), 3);
    Ok(())
}

#[test]
fn what_cannot_be_made_is_said_and_leaves_nothing() -> Result<()> {
    let dir = tempfile::tempdir()?;
    fs::create_dir(dir.path().join("there"))?;
    fs::write(dir.path().join("there/file"), "mine")?;
    for (args, expected) in [
        (["there", "--sdk", SDK], "already exists"),
        (["test", "--sdk", SDK], "invalid package name `test`"),
        (["1st", "--sdk", SDK], "invalid character `1`"),
        (["no-sdk", "--sdk", "missing"], "no guest SDK in missing"),
        (
            ["not-the-sdk", "--sdk", env!("CARGO_MANIFEST_DIR")],
            "could not be found at",
        ),
    ] {
        let output = new(&dir, args)?;
        assert_eq!(output.status.code(), Some(1), "{args:?}");
        let said = stderr(&output);
        assert!(said.contains(expected), "{args:?}: {said}");
    }
    let left: Vec<_> = fs::read_dir(dir.path())?.collect::<Result<_, _>>()?;
    assert_eq!(left.len(), 1, "{left:?}");
    assert_eq!(fs::read(dir.path().join("there/file"))?, b"mine");
    Ok(())
}
