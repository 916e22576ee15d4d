//! Keeps a key in memory that is never written to a swap device.
//!
//! It shows an anonymous mapping that is locked, and how the operating system
//! counts it: `VmLck` of the host's process. The guest reads that from the
//! host's `/proc/self`, if that is granted.
//!
//! ```text
//! cargo build --release --target wasm32-wasip2 -p lock
//! wasmtime-mem run --dir /proc/self::/proc/self --mem-max-locked-bytes 64KiB \
//!     target/wasm32-wasip2/release/lock.wasm
//! ```

use anyhow::{Context, ensure};
use clap::Parser;
use std::fs;

const KEY_LENGTH: usize = 32;
const STATUS: &str = "/proc/self/status";

/// Locks the page of a key into memory and shows VmLck of the host.
#[derive(Parser)]
struct Args {
    /// How many bytes to map and lock; the host rounds them up to whole pages
    #[arg(value_name = "SIZE", default_value_t = 4096)]
    size: u64,
}

fn main() -> anyhow::Result<()> {
    let size = Args::parse().size;
    ensure!(
        size >= KEY_LENGTH as u64,
        "a key of {KEY_LENGTH} bytes does not fit into {size}"
    );
    let status = fs::read_to_string(STATUS);
    if let Err(error) = &status {
        println!("VmLck is not shown: cannot read {STATUS}: {error}");
    }
    let shown = status.is_ok();

    let page = mem::anonymous(size)?;
    show("before", shown)?;

    // Lock first, so that the key never lies in a page that can be swapped.
    page.lock()?;
    store_key(&page)?;
    show("locked", shown)?;

    page.write_all_at(0, &[0; KEY_LENGTH])?;
    page.unlock()?;
    show("unlocked", shown)?;
    Ok(())
}

/// Puts a random key at the start of `page`, and wipes the guest's own copy:
/// the guest's memory is not locked.
fn store_key(page: &mem::Mapping) -> anyhow::Result<()> {
    let mut key = [0; KEY_LENGTH];
    getrandom::fill(&mut key).context("no random bytes for a key")?;
    let stored = page.write_all_at(0, &key);
    zeroize::Zeroize::zeroize(&mut key);
    Ok(stored?)
}

fn show(when: &str, shown: bool) -> anyhow::Result<()> {
    if shown {
        let status = fs::read_to_string(STATUS)?;
        let locked = status.lines().find_map(|line| line.strip_prefix("VmLck:"));
        let locked = locked.context("the host's status has no VmLck")?.trim();
        println!("{when:<9} VmLck {locked:>8}");
    }
    Ok(())
}
