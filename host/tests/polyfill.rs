//! Guests on the polyfill, in a host without mem: the tests of other files
//! again (see `test_host::Kind`), and what only the polyfill promises.
//!
//! What it does not promise, its guests check as well: that locks, windows and
//! execution are refused, and that `std::fs` does not see what was not flushed.
//! Not run here are tests of what the host does for mem: those of quotas, of
//! `/proc`, of windows that are no copies, of signals and of core modules.

#[path = "rules.rs"]
mod rules;
#[path = "sdk.rs"]
mod sdk;
#[path = "suites.rs"]
mod suites;

use anyhow::Result;
use std::os::unix::fs::symlink;
use test_host::{ENGINE, Host, Kind, sparse};
use wasmtime::component::Component;

#[test]
fn guests_are_bundles_here() {
    assert_eq!(Kind::of_this_test(), Kind::Bundle);
}

#[test]
fn it_is_made_of_files_only() -> Result<()> {
    let component = Component::new(&ENGINE, mem_polyfill::COMPONENT)?;
    let component = component.component_type();
    let mut imports: Vec<_> = component
        .imports(&ENGINE)
        .map(|(name, _)| name.split_once('@').unwrap().0.to_owned())
        .collect();
    imports.sort();
    // The clock has the type of a file's times.
    assert_eq!(
        imports,
        [
            "wasi:clocks/wall-clock",
            "wasi:filesystem/preopens",
            "wasi:filesystem/types",
        ]
    );
    Ok(())
}

/// What the SDK promises where windows are copies.
#[test]
fn windows_are_copies() -> Result<()> {
    for guest in [
        "sdk_window_contents",
        "sdk_window_errors",
        "sdk_window_private",
        "sdk_window_busy",
        "sdk_windows_in_turn",
        "sdk_copies_keep_other_writes",
        "addresses",
        "memmap2_made_read_only",
    ] {
        let mut host = Host::new();
        host.args.push("copy".into());
        host.run(guest)?;
    }
    Ok(())
}

#[test]
fn windows_are_unsupported() -> Result<()> {
    Host::new().run("polyfill_window")
}

#[test]
fn read_many() -> Result<()> {
    Host::new().run("sdk_read_many")
}

#[test]
fn more_than_is_kept() -> Result<()> {
    Host::new().run("polyfill_more_than_is_kept")
}

#[test]
fn pages_are_shared() -> Result<()> {
    Host::new().run("polyfill_pages_are_shared")
}

#[test]
fn made_shorter_while_kept() -> Result<()> {
    Host::new().run("polyfill_made_shorter_while_kept")
}

#[test]
fn names_of_directories() -> Result<()> {
    let mut host = Host::new();
    let outer = tempfile::tempdir()?;
    let at = |name: &str| outer.path().join(name);
    for name in ["data", "data/sub", "other"] {
        std::fs::create_dir(at(name))?;
        std::fs::write(at(name).join("file"), name)?;
    }
    symlink("../../other/file", at("data/sub/link"))?;
    host.wasi_dirs = vec![
        (at("data"), "/data"),
        (at("other"), "/data/sub"),
        (at("data/sub"), "."),
    ];
    host.run("polyfill_names_of_directories")
}

/// As long as a file system allows, of which only the ends take room.
#[test]
fn a_large_file_is_not_read_whole() -> Result<()> {
    let host = Host::new();
    sparse(&host.path("large"), 1 << 40);
    host.run("polyfill_large_file")
}
