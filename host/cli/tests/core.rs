//! Core modules beside components.

use crate::common::{Form, Run, stderr};
use anyhow::Result;
use std::fs;
use test_artifacts::{GREP, KV, WC};

/// The guests read lists. To return one to a core module, the host calls the
/// guest.
#[test]
fn same_output_as_a_component() -> Result<()> {
    let run = Run::of(Form::CoreModule);
    fs::write(run.path("text"), "some words\nof a file\n".repeat(10_000))?;
    for (guest, args) in [
        (WC, &["text"][..]),
        (GREP, &["file", "text"]),
        (KV, &["db", "put", "key", "value"]),
        (KV, &["db", "get", "key"]),
        (KV, &["db", "list"]),
    ] {
        let module = run.succeed(guest, args)?;
        let component = run.command_of(guest.component, args).output()?;
        let name = guest.name;
        assert!(component.status.success(), "{name}: {}", stderr(&component));
        assert_eq!(module, component.stdout, "{name} {args:?}");
    }
    Ok(())
}
