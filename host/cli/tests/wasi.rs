//! WASI's writes beside windows.

use crate::common::Run;
use anyhow::{Context, Result};
use std::fs;
use std::path::PathBuf;

const ROUNDS: usize = 20;

/// What `race.wat` writes over.
const BEFORE: &str = "é";

/// wasmtime checks that a string is UTF-8 where it lies, and then copies it. A
/// write that goes on after its function has returned can come in between.
#[test]
fn a_stream_does_not_write_under_a_string() -> Result<()> {
    let run = Run::new().option("--mem-trace");
    let guest = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/wasi/race.wat");
    for round in 0..ROUNDS {
        fs::write(run.path("race.bin"), BEFORE.repeat(2048))?;
        let output = run.command_of::<&str>(guest.clone(), &[]).output()?;
        assert_eq!(fs::read(run.path("race.bin"))?, [0xff; 4096]);
        // The guest traps where the string is not UTF-8. Where it has passed,
        // the trace shows it.
        let trace = String::from_utf8(output.stderr).context("a string is not UTF-8")?;
        let maps = trace.matches("file-map \"").count();
        let refused = trace.contains("invalid utf-8");
        assert!(maps == 1 && refused, "round {round}: {maps} maps\n{trace}");
    }
    Ok(())
}
