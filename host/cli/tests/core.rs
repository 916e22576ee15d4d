//! The tests of other files again, which run their guests as core modules here.

#![allow(clippy::duplicate_mod, reason = "each file has its own `common`")]

mod common;
#[path = "examples.rs"]
mod examples;
#[path = "run.rs"]
mod run;

use anyhow::Result;
use common::Run;
use std::fs;

/// Reads of lists, the one thing that a core module's host asks of the guest.
#[test]
fn same_output_as_a_component() -> Result<()> {
    let run = Run::new();
    fs::write(run.path("text"), "some words\nof a file\n".repeat(10_000))?;
    for (guest, args) in [
        ("wc", &["text"][..]),
        ("grep", &["file", "text"]),
        ("kv", &["db", "put", "key", "value"]),
        ("kv", &["db", "get", "key"]),
        ("kv", &["db", "list"]),
    ] {
        let module = run.succeed(guest, args)?;
        let component = run
            .command_of(test_artifacts::guest(guest), args)
            .output()?;
        assert!(component.status.success(), "{guest}");
        assert_eq!(module, component.stdout, "{guest} {args:?}");
    }
    Ok(())
}
