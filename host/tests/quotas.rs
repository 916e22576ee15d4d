//! Guests that ask for far too much. These tests look at the process, so they
//! take turns.

use anyhow::Result;
use std::fs;
use std::sync::{Mutex, PoisonError};
use test_host::{Host, Kind, run_in};

static TURN: Mutex<()> = Mutex::new(());

/// Runs the guest as all that it is built as.
fn run(mut host: Host, guest: &str) -> Result<()> {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    for kind in Kind::ALL {
        host.kind = kind;
        host.run(guest)?;
    }
    Ok(())
}

/// `MEM_TEST_ROUNDS` is how often the guest tries it all.
#[test]
fn what_is_refused_takes_nothing() -> Result<()> {
    let rounds = std::env::var("MEM_TEST_ROUNDS");
    let mut host = Host::with_windows();
    host.mem
        .max_mapped_bytes(8 << 30)
        .max_mappings(64)
        .max_windows(16)
        .max_locked_bytes(8 * 4096);
    host.args.push(rounds.unwrap_or_else(|_| "10".to_owned()));
    host.grant_proc();
    test_host::sparse(&host.path("large"), 5 << 30);
    run(host, "quotas_at_extremes")
}

#[test]
fn without_limits_the_system_has_some() -> Result<()> {
    let mut host = Host::new();
    host.mem
        .max_mapped_bytes(u64::MAX)
        .max_private_bytes(u64::MAX)
        .max_mappings(u64::MAX)
        .max_locked_bytes(u64::MAX)
        .max_read_bytes(u64::MAX);
    test_host::sparse(&host.path("large"), 5 << 30);
    run(host, "quotas_without_limits")
}

#[test]
fn locks_that_overlap() -> Result<()> {
    let mut host = Host::new();
    host.mem.max_locked_bytes(1 << 20);
    host.args.push(host.dir_name());
    host.grant_proc();
    run(host, "locks_that_overlap")
}

#[test]
fn what_a_guest_leaves_locked_goes_with_its_store() -> Result<()> {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let mut host = Host::new();
    host.mem.max_locked_bytes(4096);
    let before = locked()?;
    for _ in 0..100 {
        let mut store = host.store(host.mem.build());
        run_in(&mut store, "leave_mapped_and_locked")?;
        assert_ne!(locked()?, before);
        drop(store);
        assert_eq!(locked()?, before);
    }
    Ok(())
}

/// The line of `/proc/self/status` that tells how much is locked.
fn locked() -> Result<Option<String>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("VmLck:"));
    Ok(line.map(str::to_owned))
}
