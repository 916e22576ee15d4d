//! The test suites of mmap-go and memmap2, what the names of the Go package
//! promise, and what the kernel shows of it all.

use crate::guests::*;
use crate::why_not::*;
use test_host::{Host, matrix};

matrix! {
    mmap_go: MMAP_GO, Host::new(), [yes yes yes yes];

    memmap2: MEMMAP2, Host::new(), [yes yes yes yes];

    go_names: GO_NAMES, Host::new(), [yes yes yes yes];

    larger_than_4_gib: LARGER_THAN_4_GIB, Host::new(), [yes yes yes yes];

    scalars: SCALARS, Host::new(), [yes yes yes NO_CONTRACT];

    protect: PROTECT, Host::with_locks(1 << 20), [yes yes yes NO_HOST];

    exec: EXEC, with_exec(), [yes yes yes yes];

    /// On a disk: the pages of other file systems are never clean.
    what_the_kernel_shows:
        WHAT_THE_KERNEL_SHOWS, Host::within(env!("CARGO_TARGET_TMPDIR")).showing_maps(),
        [yes yes MAPS_NOTHING yes];

    quotas: QUOTAS, with_quotas(), [yes yes NO_QUOTAS NO_HOST];
}

fn with_exec() -> Host {
    let mut host = Host::new().showing_maps();
    host.mem.allow_exec(true);
    host
}

fn with_quotas() -> Host {
    let mut host = Host::with_locks(1 << 20);
    host.mem
        .max_mapped_bytes(10 * 4096)
        .max_private_bytes(4 * 4096)
        .max_mappings(3)
        .max_read_bytes(100);
    host
}
