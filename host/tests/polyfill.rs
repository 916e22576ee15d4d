//! What the polyfill is made of, and what only the polyfill promises. It runs in
//! bundles, on a host without mem.
//!
//! What it does not promise, its guests check as well: that locks, windows and
//! execution are refused, and that `std::fs` does not see what was not flushed.

use crate::guests::*;
use crate::why_not::*;
use anyhow::Result;
use std::os::unix::fs::symlink;
use test_host::{ENGINE, Host, matrix, sparse};
use wasmtime::component::Component;

matrix! {
    windows_are_unsupported:
        POLYFILL_WINDOW, Host::new(), [NO_POLYFILL NO_POLYFILL yes NO_POLYFILL];

    more_than_is_kept:
        POLYFILL_MORE_THAN_IS_KEPT, Host::new(), [NO_POLYFILL NO_POLYFILL yes NO_POLYFILL];

    pages_are_shared:
        POLYFILL_PAGES_ARE_SHARED, Host::new(), [NO_POLYFILL NO_POLYFILL yes NO_POLYFILL];

    made_shorter_while_kept:
        POLYFILL_MADE_SHORTER_WHILE_KEPT, Host::new(), [NO_POLYFILL NO_POLYFILL yes NO_POLYFILL];

    names_of_directories:
        POLYFILL_NAMES_OF_DIRECTORIES, with_directories()?,
        [NO_POLYFILL NO_POLYFILL yes NO_POLYFILL];

    /// The file is as long as a file system allows, and only its ends take room.
    a_large_file_is_not_read_whole:
        POLYFILL_LARGE_FILE, with_a_large_file(), [NO_POLYFILL NO_POLYFILL yes NO_POLYFILL];
}

fn with_directories() -> Result<Host> {
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
    host.kept.push(outer);
    Ok(host)
}

fn with_a_large_file() -> Host {
    let host = Host::new();
    sparse(&host.path("large"), 1 << 40);
    host
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
