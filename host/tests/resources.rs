//! What mappings cost the host. These tests look at the process, so they take
//! turns.

use anyhow::Result;
use std::sync::{Mutex, PoisonError};
use test_host::{Host, Kind};

static TURN: Mutex<()> = Mutex::new(());

/// Runs the guest as all that it is built as.
fn run(mut host: Host, guest: &str) -> Result<()> {
    for kind in Kind::ALL {
        host.kind = kind;
        host.run(guest)?;
    }
    Ok(())
}

#[test]
fn rounds_of_map_and_unmap_leave_nothing_behind() -> Result<()> {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let mut host = Host::new();
    host.mem.max_locked_bytes(1 << 20);
    host.grant_proc();
    run(host, "churn")
}

#[test]
fn reading_a_part_of_a_large_file_takes_little_memory() -> Result<()> {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let mut host = Host::new();
    test_host::sparse(&host.path("large"), 4 << 30);
    host.grant_proc();
    run(host, "read_1_mib_of_4_gib")
}

#[test]
fn windows_that_come_and_go_leave_nothing_behind() -> Result<()> {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let mut host = Host::with_windows();
    host.grant_proc();
    run(host, "window_churn")
}

#[test]
fn windows_over_all_of_a_guests_memory_take_none() -> Result<()> {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let mut host = Host::with_windows();
    host.grant_proc();
    test_host::sparse(&host.path("large"), 4 << 30);
    run(host, "window_of_4_gib")
}
