//! Limits of the whole process.
//!
//! The kernel counts two things for a process that guests use up: mappings
//! (`vm.max_map_count` on Linux, 65,530 by default) and descriptors
//! (`RLIMIT_NOFILE`). A process without mappings cannot start a thread or load a
//! guest. So all contexts together get a part of them, and leave the rest to
//! their embedder. A guest that would exceed it gets `quota-exceeded`, and
//! nobody else notices.
//!
//! # What counts
//!
//! | what | mappings of the kernel |
//! | --- | --- |
//! | anonymous memory | 1 |
//! | a mapped file | 1, and 1 in case the file becomes shorter |
//! | each further run of pages with the same protection, locks and advice | 1 |
//! | a window | 2 |
//! | pages that were detached between two windows, as long as the memory exists | 2 |
//!
//! An instance at the default limits, 256 mappings and 128 windows, takes 768.
//! Besides, the crate keeps 16 for the process, and a linear memory of an engine
//! that [`enable_windows`](crate::enable_windows) has prepared is up to 3.
//!
//! A mapping keeps one descriptor if it can write its file, or if its context
//! grants windows.
//!
//! ```
//! // A process that has nothing else to map.
//! mem_host::process::set_max_kernel_mappings(60_000);
//! println!("{} are in use", mem_host::process::kernel_mappings());
//! ```

use mem_mapping::process;

/// The mappings of the kernel that all contexts have.
pub fn kernel_mappings() -> u64 {
    process::kernel_mappings().used()
}

/// The limit that [`set_max_kernel_mappings`] sets.
pub fn max_kernel_mappings() -> u64 {
    process::kernel_mappings().limit()
}

/// The most mappings of the kernel that all contexts together can have. The
/// default is four fifths of what the kernel lets a process have.
///
/// What guests have already they keep, even if it is more.
pub fn set_max_kernel_mappings(mappings: u64) {
    process::kernel_mappings().set_limit(mappings);
}

/// The descriptors that the mappings of all contexts keep open.
pub fn descriptors() -> u64 {
    process::descriptors().used()
}

/// The limit that [`set_max_descriptors`] sets.
pub fn max_descriptors() -> u64 {
    process::descriptors().limit()
}

/// The most descriptors that the mappings of all contexts together can keep
/// open. The default is half of what the process may have when its first guest
/// maps a file.
///
/// What guests have already they keep, even if it is more.
pub fn set_max_descriptors(descriptors: u64) {
    process::descriptors().set_limit(descriptors);
}
