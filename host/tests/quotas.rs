//! Guests that ask for far too much. They look at the process, so each has its
//! own.

use crate::guests::*;
use crate::why_not::*;
use anyhow::Result;
use std::fs;
use test_host::{Host, Surface, matrix, run_in, sparse, tests_on};

matrix! { in a child;
    what_is_refused_takes_nothing:
        QUOTAS_AT_EXTREMES, with_small_quotas(), [yes yes NO_QUOTAS NO_HOST];

    without_limits_the_system_has_some:
        QUOTAS_WITHOUT_LIMITS, without_limits(), [yes yes NO_QUOTAS NO_CONTRACT];

    locks_that_overlap:
        LOCKS_THAT_OVERLAP, Host::with_locks(1 << 20).showing_maps(), [yes yes MAPS_NOTHING yes];

    lock_shows_in_vmlck:
        LOCK_SHOWS_IN_VMLCK, Host::with_locks(1 << 20).showing_maps(), [yes yes MAPS_NOTHING yes];
}

tests_on! { in a child;
    what_a_guest_leaves_locked_goes_with_its_store: [component core_module];
}

/// `MEM_TEST_ROUNDS` is how often the guest tries it all.
fn with_small_quotas() -> Host {
    let rounds = std::env::var("MEM_TEST_ROUNDS");
    let mut host = Host::with_windows().arg(rounds.unwrap_or_else(|_| "10".to_owned()));
    host.mem
        .max_mapped_bytes(8 << 30)
        .max_mappings(64)
        .max_windows(16)
        .max_locked_bytes(8 * 4096);
    host.grant_proc();
    sparse(&host.path("large"), 5 << 30);
    host
}

fn without_limits() -> Host {
    let mut host = Host::new();
    host.mem
        .max_mapped_bytes(u64::MAX)
        .max_private_bytes(u64::MAX)
        .max_mappings(u64::MAX)
        .max_locked_bytes(u64::MAX)
        .max_read_bytes(u64::MAX);
    sparse(&host.path("large"), 5 << 30);
    host
}

fn what_a_guest_leaves_locked_goes_with_its_store(surface: Surface) -> Result<()> {
    let host = Host::with_locks(4096);
    let before = locked()?;
    for _ in 0..100 {
        let mut store = host.store(host.mem.build());
        run_in(&mut store, surface, LEAVE_MAPPED_AND_LOCKED)?;
        assert_ne!(locked()?, before);
        drop(store);
        assert_eq!(locked()?, before);
    }
    Ok(())
}

/// The line of `/proc/self/status` that says how much is locked.
fn locked() -> Result<Option<String>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("VmLck:"));
    Ok(line.map(str::to_owned))
}
