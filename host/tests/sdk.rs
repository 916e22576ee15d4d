//! What the guest SDK promises beyond the contract.

use anyhow::Result;
use mem_host::Access;
use test_host::Host;

#[test]
fn cursor() -> Result<()> {
    Host::new().run("cursor")
}

#[test]
fn reads_without_allocation() -> Result<()> {
    Host::new().run("reads_without_allocation")
}

#[test]
fn errors() -> Result<()> {
    Host::new().run("errors")
}

#[test]
fn relative_paths_start_at_the_current_directory() -> Result<()> {
    let mut host = Host::new();
    let data = tempfile::tempdir()?;
    host.mem
        .preopened_dir(data.path(), "/data", Access::ReadWrite)?;
    host.wasi_dirs.push((data.path().to_owned(), "/data"));
    host.run("current_directory")
}

#[test]
fn lengths_past_the_end_are_out_of_bounds() -> Result<()> {
    Host::new().run("lengths_past_the_end")
}
