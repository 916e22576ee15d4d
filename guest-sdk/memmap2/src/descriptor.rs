//! What can be mapped.

#[cfg(any(unix, target_os = "wasi"))]
use std::os::fd::{AsRawFd, RawFd};

/// How the platform names an open file.
#[cfg(any(unix, target_os = "wasi"))]
pub(crate) type Raw = RawFd;
/// Nothing, because no file can be mapped.
#[cfg(not(any(unix, target_os = "wasi")))]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Raw;

/// An open file, as [`MmapAsRawDesc`] gives it.
#[derive(Clone, Copy, Debug)]
pub struct MmapRawDescriptor(pub(crate) Raw);

/// Something that stands for an open file: a file descriptor, or a reference to a
/// [`File`](std::fs::File) or to anything else that has one.
pub trait MmapAsRawDesc {
    /// The open file.
    fn as_raw_desc(&self) -> MmapRawDescriptor;
}

#[cfg(any(unix, target_os = "wasi"))]
impl MmapAsRawDesc for RawFd {
    fn as_raw_desc(&self) -> MmapRawDescriptor {
        MmapRawDescriptor(*self)
    }
}

#[cfg(any(unix, target_os = "wasi"))]
impl<T: AsRawFd> MmapAsRawDesc for &T {
    fn as_raw_desc(&self) -> MmapRawDescriptor {
        MmapRawDescriptor(self.as_raw_fd())
    }
}

#[cfg(not(any(unix, target_os = "wasi")))]
impl MmapAsRawDesc for &std::fs::File {
    fn as_raw_desc(&self) -> MmapRawDescriptor {
        MmapRawDescriptor(Raw)
    }
}
