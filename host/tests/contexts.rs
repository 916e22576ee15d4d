//! Contexts, stores and linkers.

use anyhow::Result;
use mem_host::{Access, MemCtx};
use std::error::Error;
use test_host::{ENGINE, Host, State, run_in};
use wasmtime::component::Linker;

#[test]
fn stores_of_one_context_share_its_quotas() -> Result<()> {
    let mut host = Host::new();
    host.mem.max_mappings(1).max_locked_bytes(4096);
    let ctx = host.mem.build();
    let mut first = host.store(ctx.clone());
    run_in(&mut first, "leave_mapped_and_locked")?;
    run_in(&mut host.store(ctx.clone()), "leave_mapped_and_locked").unwrap_err();
    // Another context of the same builder starts afresh.
    host.run("leave_mapped_and_locked")?;
    // What a guest has left goes with its store.
    drop(first);
    run_in(&mut host.store(ctx), "leave_mapped_and_locked")
}

#[test]
fn a_linker_takes_the_interface_once() -> Result<()> {
    let mut linker = Linker::<State>::new(&ENGINE);
    mem_host::add_to_linker(&mut linker)?;
    assert!(mem_host::add_to_linker(&mut linker).is_err());
    assert!(mem_host::add_to_linker_async(&mut linker).is_err());
    Ok(())
}

#[test]
fn what_cannot_be_granted_is_named() {
    let mut builder = MemCtx::builder();
    let error = builder
        .preopened_dir("/missing/directory", "/", Access::ReadOnly)
        .unwrap_err();
    assert!(error.to_string().contains("/missing/directory"), "{error}");
    assert!(error.source().unwrap().to_string().contains("No such file"));
}
