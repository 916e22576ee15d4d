//! What the guest SDK promises beyond the contract.

use anyhow::Result;
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
