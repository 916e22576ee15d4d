//! The README's lines do what it says.

use anyhow::{Context, Result};
use std::path::Path;
use std::process::Command;
use test_artifacts::WC;

/// Runs all lines of the README that start with `$`, in one shell, and compares
/// what each prints.
#[test]
fn the_lines_of_the_readme() -> Result<()> {
    let readme = include_str!("../../../README.md");
    let mut session = String::new();
    let mut expected = String::new();
    let mut in_console = false;
    for line in readme.lines() {
        match line {
            "```console" => in_console = true,
            "```" => in_console = false,
            _ if !in_console => {}
            _ => match line.strip_prefix("$ ") {
                Some(command) => {
                    // What the next lines print is known by this line.
                    session += &format!(
                        "echo '{line}'\n{command}\n",
                        line = command.replace('\'', r"'\''")
                    );
                    expected += &format!("{command}\n");
                }
                None => expected += &format!("{line}\n"),
            },
        }
    }
    assert!(expected.contains("wasmtime-mem run"));

    // Where the README has built them.
    let dir = tempfile::tempdir()?;
    let guests = dir.path().join("target/wasm32-wasip2");
    std::fs::create_dir_all(&guests)?;
    let built = Path::new(WC.component);
    std::os::unix::fs::symlink(built.parent().context("a folder")?, guests.join("release"))?;
    let commands = Path::new(env!("CARGO_BIN_EXE_wasmtime-mem"))
        .parent()
        .context("a folder")?;
    let stock = crate::common::stock();
    let path = format!(
        "{}:{}:{}",
        commands.display(),
        stock.parent().context("a folder")?.display(),
        std::env::var("PATH")?
    );
    let output = Command::new("bash")
        .current_dir(dir.path())
        .env("PATH", path)
        .env("LC_ALL", "C")
        .args(["-c", &session])
        .output()?;
    let printed = String::from_utf8(output.stdout)?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(printed, expected, "{stderr}");
    Ok(())
}

/// The table of versions says what this is built of.
#[test]
fn the_versions_of_the_readme() {
    let readme = include_str!("../../../README.md");
    let lock = include_str!("../../../Cargo.lock");
    let (_, locked) = lock
        .split_once("name = \"wasmtime\"\nversion = \"")
        .unwrap();
    let wasmtime = locked.split('.').next().unwrap();
    let wit = include_str!("../../../wit/world.wit")
        .lines()
        .next()
        .unwrap();
    let contract = wit.trim_start_matches("package ").trim_end_matches(';');
    let (mem, _) = env!("CARGO_PKG_VERSION").rsplit_once('.').unwrap();
    let rust = env!("CARGO_PKG_RUST_VERSION");
    let row = format!("| {mem} | `{contract}` | {wasmtime} | {rust} |");
    assert!(readme.contains(&row), "{row}");
}
