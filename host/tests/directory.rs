//! Mapping by descriptors of wasi:filesystem. That no path leads out of a
//! directory is tested in `sandbox.rs`, with the paths of `file-map`.

use anyhow::Result;
use mem_host::{Access, MemCtx};
use std::fs;
use test_host::Host;

/// A host that grants nothing to mem, but what descriptors let the guest open.
fn host(access: Access) -> Host {
    let mut host = Host::new();
    host.mem = MemCtx::builder();
    host.mem.allow_descriptors(access);
    host
}

/// A host for `directory_rights`.
fn host_of_rights() -> Result<Host> {
    let mut host = host(Access::ReadWrite);
    for name in ["rw", "ro"] {
        fs::create_dir_all(host.path(name).join("sub"))?;
        fs::write(host.path(name).join("file"), "the bytes")?;
        fs::write(host.path(name).join("sub/file"), "the bytes")?;
    }
    host.wasi_dirs = vec![(host.path("rw"), "rw")];
    host.wasi_read_only_dirs = vec![(host.path("ro"), "ro")];
    Ok(host)
}

fn check_rights(host: &Host) {
    assert_eq!(host.read("rw/file"), b"the BYTES");
    assert_eq!(host.read("ro/file"), b"the bytes");
    assert_eq!(host.read("ro/sub/file"), b"the bytes");
    assert_eq!(host.read("rw/made"), b"all of 8");
    assert_eq!(host.read("rw/sub/made"), b"all of 8");
    assert!(!host.path("ro/made").exists());
}

#[test]
fn a_descriptor_lets_map_what_it_lets_open() -> Result<()> {
    let host = host_of_rights()?;
    host.run("directory_rights")?;
    check_rights(&host);
    Ok(())
}

#[tokio::test]
async fn a_descriptor_lets_map_what_it_lets_open_asynchronously() -> Result<()> {
    let host = host_of_rights()?;
    host.run_async("directory_rights").await?;
    check_rights(&host);
    Ok(())
}

#[test]
fn the_embedder_limits_what_descriptors_let_map() -> Result<()> {
    for (granted, what) in [
        (None, "nothing"),
        (Some(Access::ReadOnly), "read-only"),
        (Some(Access::ReadWrite), "read-write"),
    ] {
        // What is granted by name does not matter.
        let mut host = Host::new();
        host.write("file", "abc");
        host.args.push(what.to_owned());
        if let Some(access) = granted {
            host.mem.allow_descriptors(access);
        }
        host.run("directory_granted")?;
    }
    Ok(())
}

#[test]
fn quotas_and_the_other_grants_apply() -> Result<()> {
    let mut host = host(Access::ReadOnly);
    host.grant_windows();
    host.mem.max_mapped_bytes(3 * 4096).max_locked_bytes(4096);
    host.run("directory_quotas")
}

#[test]
fn what_is_no_descriptor_traps() -> Result<()> {
    let mut host = host(Access::ReadWrite);
    host.write("file", "abc");
    host.run("directory_raw")?;
    for (argument, expected) in [
        ("stream", "used with the wrong type"),
        ("nothing", "unknown handle index"),
    ] {
        host.args = vec![argument.to_owned()];
        let error = host.run("directory_raw").unwrap_err();
        assert!(format!("{error:?}").contains(expected), "{error:?}");
        assert!(host.path("called").exists());
        fs::remove_file(host.path("called"))?;
        assert!(!host.path("still running").exists());
    }
    // The host goes on.
    host.args.clear();
    host.run("directory_raw")
}
