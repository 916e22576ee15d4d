//! The test suites of mmap-go and memmap2, and what the names of the Go
//! package promise, met by guests.

use anyhow::Result;
use test_host::{Host, Kind};

#[test]
fn mmap_go() -> Result<()> {
    Host::new().run("mmap_go")
}

#[test]
fn memmap2() -> Result<()> {
    Host::new().run("memmap2")
}

#[test]
fn go_names() -> Result<()> {
    Host::new().run("go_names")
}

#[test]
fn larger_than_4_gib() -> Result<()> {
    Host::new().run("larger_than_4_gib")
}

#[test]
fn scalars() -> Result<()> {
    Host::new().run("scalars")
}

#[test]
fn protect() -> Result<()> {
    let mut host = Host::new();
    host.mem.max_locked_bytes(1 << 20);
    host.run("protect")
}

#[test]
fn exec() -> Result<()> {
    let mut host = Host::new();
    host.mem.allow_exec(true);
    host.args.push(host.dir_name());
    host.grant_proc();
    host.run("exec")
}

#[test]
fn what_the_kernel_shows() -> Result<()> {
    if Kind::of_this_test() == Kind::Bundle {
        eprintln!("not tested: the polyfill maps nothing that the kernel could show");
        return Ok(());
    }
    // On a disk: the pages of other file systems are never clean.
    let mut host = Host::within(env!("CARGO_TARGET_TMPDIR"));
    host.args.push(host.dir_name());
    host.grant_proc();
    host.run("what_the_kernel_shows")
}

#[test]
fn quotas() -> Result<()> {
    if Kind::of_this_test() == Kind::Bundle {
        eprintln!("not tested: the polyfill has no quotas that a host could set");
        return Ok(());
    }
    let mut host = Host::new();
    host.mem
        .max_mapped_bytes(10 * 4096)
        .max_private_bytes(4 * 4096)
        .max_mappings(3)
        .max_locked_bytes(1 << 20)
        .max_read_bytes(100);
    host.run("quotas")
}
