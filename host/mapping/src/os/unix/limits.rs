//! What the system lets the process have.

/// How many mappings the kernel lets this process have.
pub(crate) fn max_kernel_mappings() -> u64 {
    // Other systems count no mappings, or do not say how many are allowed.
    std::fs::read_to_string("/proc/sys/vm/max_map_count")
        .ok()
        .and_then(|text| text.trim().parse().ok())
        .unwrap_or(u64::MAX)
}

/// How many descriptors this process can have.
pub(crate) fn max_descriptors() -> u64 {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    limit.current.unwrap_or(u64::MAX)
}

/// How many bytes this process can lock. None means that nothing limits it.
pub(crate) fn max_locked_bytes() -> Option<u64> {
    rustix::process::getrlimit(rustix::process::Resource::Memlock).current
}
