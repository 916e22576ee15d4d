//! Mapping by descriptors of wasi:filesystem. That no path leads out of a
//! directory is tested in `sandbox.rs`, with the paths of `file-map`.

use crate::guests::*;
use crate::why_not::*;
use anyhow::{Result, ensure};
use mem_host::{FsPerms, MemCtx};
use std::fs;
use test_host::{Host, matrix};

matrix! {
    a_descriptor_lets_map_what_it_lets_open:
        DIRECTORY_RIGHTS, with_rights()?,
        [yes NO_DESCRIPTORS NO_DIRECTORY NO_HOST], only_the_right_files_changed;

    the_embedder_grants_nothing:
        DIRECTORY_GRANTED, granting(None, "nothing"),
        [yes NO_DESCRIPTORS NO_DIRECTORY NO_HOST];

    the_embedder_grants_reading:
        DIRECTORY_GRANTED, granting(Some(FsPerms::ReadOnly), "read-only"),
        [yes NO_DESCRIPTORS NO_DIRECTORY NO_HOST];

    the_embedder_grants_writing:
        DIRECTORY_GRANTED, granting(Some(FsPerms::ReadWrite), "read-write"),
        [yes NO_DESCRIPTORS NO_DIRECTORY NO_HOST];

    quotas_and_the_other_grants_apply:
        DIRECTORY_QUOTAS, with_quotas(), [yes NO_DESCRIPTORS NO_DIRECTORY NO_HOST];

    a_descriptor_is_one:
        DIRECTORY_RAW, with_a_file(), [yes NO_DESCRIPTORS NO_DIRECTORY NO_HOST];

    another_resource_traps:
        DIRECTORY_RAW, with_a_file().arg("stream"),
        [yes NO_DESCRIPTORS NO_DIRECTORY NO_HOST],
        |host, result| it_traps(host, result, "used with the wrong type");

    no_resource_traps:
        DIRECTORY_RAW, with_a_file().arg("nothing"),
        [yes NO_DESCRIPTORS NO_DIRECTORY NO_HOST],
        |host, result| it_traps(host, result, "unknown handle index");
}

/// A host that grants nothing to mem but what descriptors let the guest open.
fn host(access: FsPerms) -> Host {
    let mut host = Host::new();
    host.mem = MemCtx::builder();
    host.mem.allow_descriptors(access);
    host
}

fn with_rights() -> Result<Host> {
    let mut host = host(FsPerms::ReadWrite);
    for name in ["rw", "ro"] {
        fs::create_dir_all(host.path(name).join("sub"))?;
        fs::write(host.path(name).join("file"), "the bytes")?;
        fs::write(host.path(name).join("sub/file"), "the bytes")?;
    }
    host.wasi_dirs = vec![(host.path("rw"), "rw")];
    host.wasi_read_only_dirs = vec![(host.path("ro"), "ro")];
    Ok(host)
}

fn only_the_right_files_changed(host: &Host, result: Result<()>) -> Result<()> {
    result?;
    ensure!(host.read("rw/file") == b"the BYTES");
    ensure!(host.read("ro/file") == b"the bytes");
    ensure!(host.read("ro/sub/file") == b"the bytes");
    ensure!(host.read("rw/made") == b"all of 8");
    ensure!(host.read("rw/sub/made") == b"all of 8");
    ensure!(!host.path("ro/made").exists());
    Ok(())
}

/// A host that also grants the directory by name, which does not matter.
fn granting(granted: Option<FsPerms>, what: &str) -> Host {
    let mut host = Host::new().arg(what);
    host.write("file", "abc");
    if let Some(access) = granted {
        host.mem.allow_descriptors(access);
    }
    host
}

fn with_quotas() -> Host {
    let mut host = host(FsPerms::ReadOnly);
    host.grant_windows();
    host.mem.max_mapped_bytes(3 * 4096).max_locked_bytes(4096);
    host
}

fn with_a_file() -> Host {
    let host = host(FsPerms::ReadWrite);
    host.write("file", "abc");
    host
}

fn it_traps(host: &Host, result: Result<()>, expected: &str) -> Result<()> {
    let error = format!("{:?}", result.unwrap_err());
    ensure!(error.contains(expected), "{error}");
    ensure!(host.path("called").exists());
    ensure!(!host.path("still running").exists());
    // The host goes on.
    let mut again = with_a_file();
    again.surface = host.surface;
    again.run(DIRECTORY_RAW)
}
