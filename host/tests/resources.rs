//! What mappings cost the host. The guests look at the process, so each has its
//! own.

use crate::guests::*;
use crate::why_not::*;
use test_host::{Host, matrix, sparse};

matrix! { in a child;
    rounds_of_map_and_unmap_leave_nothing_behind:
        CHURN, with_proc(Host::with_locks(1 << 20)), [yes yes MAPS_NOTHING yes];

    reading_a_part_of_a_large_file_takes_little_memory:
        READ_1_MIB_OF_4_GIB, with_a_large_file(Host::new()), [yes yes yes yes];

    windows_that_come_and_go_leave_nothing_behind:
        WINDOW_CHURN, with_proc(Host::with_windows()), [yes yes NO_WINDOWS NO_CONTRACT];

    windows_over_all_of_a_guests_memory_take_none:
        WINDOW_OF_4_GIB, with_a_large_file(Host::with_windows()), [yes yes NO_WINDOWS NO_CONTRACT];
}

fn with_proc(mut host: Host) -> Host {
    host.grant_proc();
    host
}

fn with_a_large_file(host: Host) -> Host {
    sparse(&host.path("large"), 4 << 30);
    with_proc(host)
}
