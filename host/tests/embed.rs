//! The example embedder, and the README's excerpt of it.

use anyhow::Result;
use std::process::Command;

#[test]
fn the_host_in_ten_lines_is_part_of_the_example() {
    let readme = include_str!("../../README.md");
    let example = include_str!("../examples/embed.rs");
    let (_, excerpt) = readme.split_once("```rust,ignore\n").unwrap();
    let (excerpt, _) = excerpt.split_once("```").unwrap();
    assert!(excerpt.lines().count() >= 10);
    assert!(example.contains(excerpt), "{excerpt}");
}

#[test]
fn the_example_runs_a_guest() -> Result<()> {
    let dir = tempfile::tempdir()?;
    std::fs::write(dir.path().join("file"), "a b\nc\n")?;
    // `cargo test` builds the examples first, next to the tests, unless its
    // arguments select only some test.
    let tests = std::env::current_exe()?;
    let example = tests
        .parent()
        .unwrap()
        .with_file_name("examples")
        .join("embed");
    assert!(
        example.exists(),
        "build it with `cargo build --release --examples`"
    );
    let output = Command::new(example)
        .arg(test_artifacts::WC.component)
        .arg(dir.path())
        .arg("/data/file")
        .output()?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    assert_eq!(String::from_utf8(output.stdout)?, "2 3 6 /data/file\n");
    Ok(())
}
