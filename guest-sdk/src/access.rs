//! What may be done with the bytes of a mapping, as a whole and page by page.

use std::fmt;

/// What the guest may do with the bytes of a mapping, and who sees what it
/// writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Access {
    /// Bytes can be read. The host needs permission to read the file.
    #[default]
    ReadOnly,
    /// Bytes can be read and written, and writes reach the file: other
    /// mappings of it see them at once, its disk at the latest when
    /// [`Mapping::flush`](crate::Mapping::flush) returns (`MAP_SHARED` of
    /// mmap(2)). The host needs permission to read and to write the file.
    ReadWrite,
    /// Bytes can be read and written, and writes stay private to the mapping:
    /// the file never changes (`MAP_PRIVATE` of mmap(2)). The host needs
    /// permission only to read the file. Whether changes that others make to
    /// the file become visible is unspecified.
    CopyOnWrite,
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Access::ReadOnly => "read-only",
            Access::ReadWrite => "read-write",
            Access::CopyOnWrite => "copy-on-write",
        })
    }
}

/// What the pages of a range can be used for, as set by
/// [`Mapping::protect`](crate::Mapping::protect). Reading is always allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Protection {
    /// Reading only. A write gives [`ErrorCode::ReadOnly`](crate::ErrorCode::ReadOnly).
    Read,
    /// Reading and writing.
    ReadWrite,
    /// Reading, and execution by the host's machine.
    ReadExecute,
    /// Reading, writing, and execution by the host's machine.
    ReadWriteExecute,
}
