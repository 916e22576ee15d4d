//! What the kernel counts for the whole process, and so all contexts share.
//!
//! A process that runs out of these fails in places that have nothing to do
//! with mapped files. So guests get no more of them than the limits here, past
//! which one of them gets `quota-exceeded`.

use crate::os;
use crate::quota::Quota;
use std::sync::{Arc, LazyLock};

/// The kernel's mappings that guests' mappings and windows take, in the whole
/// process.
///
/// A mapping takes one for each run of pages with the same protection, locks
/// and advice, and a mapping of a file one more, in case its file becomes
/// shorter. A window takes two. The limit is four fifths of what the system
/// lets a process have (`vm.max_map_count` on Linux), unless
/// [`Quota::set_limit`] sets another.
pub fn kernel_mappings() -> &'static Arc<Quota> {
    static QUOTA: LazyLock<Arc<Quota>> = LazyLock::new(|| {
        let most = os::max_kernel_mappings();
        Quota::new(most / 5 * 4)
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
    static QUOTA: LazyLock<Arc<Quota>> = LazyLock::new(|| Quota::new(os::max_descriptors() / 2));
    &QUOTA
}
