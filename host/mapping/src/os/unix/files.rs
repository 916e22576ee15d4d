//! Opening files, identifying them, and making them longer.

use crate::os::common::lengthen_by_lock;
use libc::c_int;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};

/// The flags that make it harmless to open something that is not a file: a FIFO
/// does not block, and a terminal does not become the process's own.
pub const OPEN_FLAGS: c_int = libc::O_NONBLOCK | libc::O_NOCTTY;

/// Sets these flags.
pub(crate) fn open_without_side_effects(options: &mut OpenOptions) {
    options.custom_flags(OPEN_FLAGS);
}

/// Whether the system maps `file` by pages of its own size.
///
/// On hugetlbfs it does not: it rounds a mapping up to huge pages, so that the
/// mapping replaces more than asked, and it cannot unmap a part of one.
///
/// # Errors
///
/// Those of `fstatfs(2)`.
pub(crate) fn has_pages_of_the_system(file: &File) -> io::Result<bool> {
    #[cfg(target_os = "linux")]
    {
        /// `HUGETLBFS_MAGIC` of `statfs(2)`.
        const HUGETLBFS: u32 = 0x9584_58f6;
        let of = rustix::fs::fstatfs(file)?.f_type;
        // The type differs between processors, and so does its sign.
        Ok(of as u32 != HUGETLBFS)
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = file;
        Ok(true)
    }
}

/// Makes `file` at least `length` bytes long, and never shorter, whatever
/// others do to it meanwhile.
///
/// # Errors
///
/// Those of `fallocate(2)`; `WouldBlock` on a file system that has no such
/// call, if another process has locked the file.
pub(crate) fn lengthen(file: &File, length: u64) -> io::Result<()> {
    // Past this length the system also sends a signal, which ends the process.
    let most = rustix::process::getrlimit(rustix::process::Resource::Fsize).current;
    if most.is_some_and(|most| length > most) {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{FallocateFlags, fallocate};
        use rustix::io::Errno;
        // The last byte alone, so that the rest takes no room.
        let last_byte = || fallocate(file, FallocateFlags::empty(), length - 1, 1);
        match rustix::io::retry_on_intr(last_byte) {
            Err(Errno::OPNOTSUPP | Errno::NOSYS) => {}
            lengthened => return Ok(lengthened?),
        }
    }
    lengthen_by_lock(file, length)
}

/// Whether the file system has no room for the page of `file` at `offset`.
pub(crate) fn lacks_room(file: &File, offset: u64) -> bool {
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{FallocateFlags, fallocate};
        use rustix::io::Errno;
        let page = crate::os::common::page_size() as u64;
        let page = || fallocate(file, FallocateFlags::KEEP_SIZE, offset, page);
        let tried = rustix::io::retry_on_intr(page);
        matches!(tried, Err(Errno::NOSPC | Errno::DQUOT))
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = (file, offset);
        false
    }
}

/// What no other file has as long as `file` is open.
pub(crate) fn file_id(file: &File) -> io::Result<FileId> {
    let metadata = file.metadata()?;
    Ok((metadata.dev(), metadata.ino()))
}

/// A device and an inode on it.
pub(crate) type FileId = (u64, u64);
