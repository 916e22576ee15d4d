//! Contexts, stores and linkers.

use crate::guests::*;
use anyhow::Result;
use mem_host::{FsPerms, MemCtx, MemView, Operation};
use std::error::Error;
use test_host::{ENGINE, Host, State, Surface, run_in, tests_on};
use wasmtime::component::Linker;

tests_on! {
    stores_of_one_context_share_its_quotas: [component core_module];
    the_usage_of_a_context: [component core_module];
    what_is_in_ram: [component core_module];
}

fn stores_of_one_context_share_its_quotas(surface: Surface) -> Result<()> {
    let mut host = Host::new();
    host.surface = surface;
    host.mem.max_mappings(1).max_locked_bytes(4096);
    let ctx = host.mem.build();
    let mut first = host.store(ctx.clone());
    run_in(&mut first, surface, LEAVE_MAPPED_AND_LOCKED)?;
    run_in(
        &mut host.store(ctx.clone()),
        surface,
        LEAVE_MAPPED_AND_LOCKED,
    )
    .unwrap_err();
    // Another context of the same builder starts afresh.
    host.run(LEAVE_MAPPED_AND_LOCKED)?;
    // What a guest has left goes with its store.
    drop(first);
    run_in(&mut host.store(ctx), surface, LEAVE_MAPPED_AND_LOCKED)
}

/// A context counts what all its stores use, also the stores that are gone.
fn the_usage_of_a_context(surface: Surface) -> Result<()> {
    let mut host = Host::new();
    host.mem.max_mappings(2).max_locked_bytes(8192);
    let ctx = host.mem.build();
    let mut stores = [host.store(ctx.clone()), host.store(ctx.clone())];
    for (runs, store) in (1..).zip(&mut stores) {
        run_in(store, surface, LEAVE_MAPPED_AND_LOCKED)?;
        let usage = ctx.usage();
        assert_eq!(usage.handles, runs);
        assert_eq!(usage.mappings.now, runs);
        assert_eq!(usage.mapped_bytes.now, runs);
        assert_eq!(usage.private_bytes.now, runs);
        assert_eq!(usage.locked_bytes.now, runs * 4096);
        assert_eq!(usage.calls[&Operation::Lock].calls, runs);
    }
    run_in(
        &mut host.store(ctx.clone()),
        surface,
        LEAVE_MAPPED_AND_LOCKED,
    )
    .unwrap_err();
    let before = ctx.usage();
    assert_eq!(before.errors, [("quota-exceeded", 1)].into());
    drop(stores);
    let after = ctx.usage();
    assert_eq!(after.calls, before.calls);
    assert_eq!((after.handles, after.locked_bytes.now), (0, 0));
    // What was refused was never there.
    assert_eq!((after.mappings.peak, after.locked_bytes.peak), (2, 8192));
    assert_eq!((after.mapped_bytes.peak, after.mappings.limit), (2, 2));
    Ok(())
}

fn what_is_in_ram(surface: Surface) -> Result<()> {
    const PAGES: u64 = 5000;
    let host = Host::new();
    host.write("file", vec![1; PAGES as usize * 4096 - 7]);
    let ctx = host.mem.build();
    let mut store = host.store(ctx.clone());
    assert_eq!(ctx.resident_bytes()?, 0);
    run_in(&mut store, surface, LEAVE_SOME_IN_RAM)?;
    // All of the file, which was just written, and two of the memory's pages.
    assert_eq!(ctx.resident_bytes()?, (PAGES + 2) * 4096);
    assert_eq!(ctx.usage().mapped_bytes.now, (PAGES + 16) * 4096 - 7);
    drop(store);
    assert_eq!(ctx.resident_bytes()?, 0);
    Ok(())
}

#[test]
fn a_linker_takes_the_interface_once() -> Result<()> {
    let mut linker = Linker::<State>::new(&ENGINE);
    mem_host::add_to_linker_sync(&mut linker, State::mem)?;
    assert!(mem_host::add_to_linker_sync(&mut linker, State::mem).is_err());
    assert!(mem_host::add_to_linker_async(&mut linker, State::mem).is_err());
    Ok(())
}

#[test]
fn what_cannot_be_granted_is_named() {
    let mut builder = MemCtx::builder();
    let error = builder
        .preopened_dir("/missing/directory", "/", FsPerms::ReadOnly)
        .unwrap_err();
    assert!(error.to_string().contains("/missing/directory"), "{error}");
    assert!(error.source().unwrap().to_string().contains("No such file"));
}
