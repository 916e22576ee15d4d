//! What is mapped, once the options are checked.

/// Which part of a file to map, and how.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(
    not(any(unix, target_os = "wasi")),
    expect(dead_code, reason = "no file is mapped")
)]
pub(crate) struct Request {
    pub sharing: Sharing,
    pub writable: bool,
    pub offset: u64,
    pub len: usize,
    pub populate: bool,
}

/// Who sees what is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sharing {
    /// All users of the file.
    Shared,
    /// Only the mapping.
    Private,
}
