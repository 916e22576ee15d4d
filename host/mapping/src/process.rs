//! What the kernel counts for the whole process, so that all contexts share it.
//!
//! A process that runs out of these fails in places that have nothing to do
//! with mapped files. So guests get no more of them than the limits here. Past a
//! limit, a guest gets `quota-exceeded`.

use crate::os;
use crate::quota::{Quota, QuotaName};
use mem_contract::ErrorCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};

/// The kernel's mappings that guests' mappings and windows take, in the whole
/// process.
///
/// A mapping takes one for each run of pages with the same protection, locks
/// and advice. A mapping of a file takes one more, in case the file becomes
/// shorter. A window takes two. The limit is four fifths of what the system
/// lets a process have (`vm.max_map_count` on Linux), unless
/// [`Quota::set_limit`] sets another.
pub fn kernel_mappings() -> &'static Arc<Quota> {
    static QUOTA: LazyLock<Arc<Quota>> = LazyLock::new(|| {
        let most = os::max_kernel_mappings();
        let name = QuotaName {
            error: ErrorCode::QuotaExceeded,
            what: "kernel mappings for all guests of the process",
            raised_by: || in_a_host("`mem_host::process::set_max_kernel_mappings`"),
        };
        Quota::named(most / 5 * 4, name)
    });
    &QUOTA
}

/// The descriptors that guests' mappings keep open, in the whole process.
///
/// A mapping keeps its file open if it can write it, or if windows can be
/// attached to it. The limit is half of what the process may have
/// (`RLIMIT_NOFILE`) when the first file is mapped, unless
/// [`Quota::set_limit`] sets another.
pub fn descriptors() -> &'static Arc<Quota> {
    static QUOTA: LazyLock<Arc<Quota>> = LazyLock::new(|| {
        let name = QuotaName {
            error: ErrorCode::QuotaExceeded,
            what: "open files for all guests of the process",
            raised_by: || in_a_host("`mem_host::process::set_max_descriptors`"),
        };
        Quota::named(os::max_descriptors() / 2, name)
    });
    &QUOTA
}

static IS_HOST: AtomicBool = AtomicBool::new(false);

/// Makes errors name the functions of `mem-host` that raise these limits.
pub fn is_host() {
    IS_HOST.store(true, Ordering::Relaxed);
}

fn in_a_host(setter: &'static str) -> &'static str {
    if IS_HOST.load(Ordering::Relaxed) {
        setter
    } else {
        ""
    }
}
