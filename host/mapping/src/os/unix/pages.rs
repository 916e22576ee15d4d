//! Pages of the process: what lies there, and what the system does with it.

use crate::os::common::page_size;
use mem_contract::Advice;
use memmap2::MmapRaw;
use rustix::mm::{self, MapFlags, ProtFlags};
#[cfg(target_os = "linux")]
use rustix::process::{self, PidfdFlags};
use std::fs::File;
use std::io;
use std::ops::Range;
#[cfg(target_os = "linux")]
use std::os::fd::AsRawFd as _;
use std::ptr;

/// Gives advice about `ranges`, offsets into `map`, as `madvise(2)` does.
pub(crate) fn advise(map: &MmapRaw, ranges: &[Range<usize>], advice: Advice) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    let ranges = &ranges[advise_at_once(map, ranges, advice)..];
    ranges
        .iter()
        .try_for_each(|range| advise_one(map, range.clone(), advice))
}

/// Gives advice about many ranges by `process_madvise(2)`. Returns how many of
/// them are done: none if the system lacks the call or takes other advice only.
#[cfg(target_os = "linux")]
fn advise_at_once(map: &MmapRaw, ranges: &[Range<usize>], advice: Advice) -> usize {
    let advice = match advice {
        Advice::WillNeed => libc::MADV_WILLNEED,
        Advice::Cold => libc::MADV_COLD,
        Advice::PageOut => libc::MADV_PAGEOUT,
        _ => return 0,
    };
    if ranges.len() < 2 {
        return 0;
    }
    let Ok(process) = process::pidfd_open(process::getpid(), PidfdFlags::empty()) else {
        return 0;
    };
    let pages: Vec<_> = ranges.iter().map(|range| pages_of(map, range)).collect();
    let mut done = 0;
    for pages in pages.chunks(libc::UIO_MAXIOV as usize) {
        // SAFETY: the pages are those of `map`, and this advice changes none of
        // their bytes. The system reads the list.
        let advised = unsafe {
            libc::syscall(
                libc::SYS_process_madvise,
                process.as_raw_fd(),
                pages.as_ptr(),
                pages.len(),
                advice,
                0,
            )
        };
        let mut advised = usize::try_from(advised).unwrap_or(0);
        for pages in pages {
            let Some(rest) = advised.checked_sub(pages.iov_len) else {
                return done;
            };
            advised = rest;
            done += 1;
        }
    }
    done
}

/// The range of `map`, from the start of its first page on.
#[cfg(target_os = "linux")]
fn pages_of(map: &MmapRaw, range: &Range<usize>) -> libc::iovec {
    let start = map.as_mut_ptr().wrapping_add(range.start);
    let into_page = start.addr() % page_size();
    libc::iovec {
        iov_base: start.wrapping_sub(into_page).cast(),
        iov_len: range.len() + into_page,
    }
}

fn advise_one(map: &MmapRaw, range: Range<usize>, advice: Advice) -> io::Result<()> {
    let known = match advice {
        Advice::Normal => memmap2::Advice::Normal,
        Advice::Random => memmap2::Advice::Random,
        Advice::Sequential => memmap2::Advice::Sequential,
        Advice::WillNeed => memmap2::Advice::WillNeed,
        #[cfg(target_os = "linux")]
        Advice::PopulateRead => memmap2::Advice::PopulateRead,
        #[cfg(target_os = "linux")]
        Advice::PopulateWrite => memmap2::Advice::PopulateWrite,
        #[cfg(target_os = "linux")]
        Advice::HugePage => memmap2::Advice::HugePage,
        #[cfg(target_os = "linux")]
        Advice::NoHugePage => memmap2::Advice::NoHugePage,
        #[cfg(target_os = "linux")]
        Advice::Cold => return reclaim(map, range, mm::Advice::LinuxCold),
        #[cfg(target_os = "linux")]
        Advice::PageOut => return reclaim(map, range, mm::Advice::LinuxPageOut),
        // Other systems lack it, or it is newer than this code.
        _ => return Err(io::ErrorKind::Unsupported.into()),
    };
    map.advise_range(known, range.start, range.len())
}

/// The kinds of advice that memmap2 lacks.
#[cfg(target_os = "linux")]
fn reclaim(map: &MmapRaw, range: Range<usize>, advice: mm::Advice) -> io::Result<()> {
    let pages = pages_of(map, &range);
    // SAFETY: the pages are those of `map`, and the advice to reclaim them
    // changes none of their bytes.
    Ok(unsafe { mm::madvise(pages.iov_base, pages.iov_len, advice) }?)
}

/// Replaces `pages` by zero pages that are private to this process. Can be
/// called in a signal handler.
///
/// # Errors
///
/// Those of `mmap(2)`.
///
/// # Safety
///
/// `pages` must be whole pages of a mapping whose owner allows this.
pub unsafe fn put_zero_pages(pages: Range<usize>) -> rustix::io::Result<()> {
    // SAFETY: the caller owns the addresses that MAP_FIXED replaces.
    unsafe {
        mm::mmap_anonymous(
            ptr::with_exposed_provenance_mut(pages.start),
            pages.len(),
            ProtFlags::READ | ProtFlags::WRITE,
            // As `Reservation` has them: the system then joins its pages again.
            MapFlags::PRIVATE | MapFlags::FIXED | MapFlags::NORESERVE,
        )
    }?;
    Ok(())
}

/// Replaces `pages` by zero pages that are of no file, and count as shared.
/// Can be called in a signal handler.
///
/// # Errors
///
/// Those of `mmap(2)`.
///
/// # Safety
///
/// As for [`put_zero_pages`].
pub(crate) unsafe fn put_shared_zero_pages(pages: Range<usize>) -> rustix::io::Result<()> {
    // SAFETY: the caller owns the addresses that MAP_FIXED replaces.
    unsafe {
        mm::mmap_anonymous(
            ptr::with_exposed_provenance_mut(pages.start),
            pages.len(),
            ProtFlags::READ | ProtFlags::WRITE,
            MapFlags::SHARED | MapFlags::FIXED | MapFlags::NORESERVE,
        )
    }?;
    Ok(())
}

/// Replaces `pages` by those of `file` from `offset` on, readable and writable.
/// Writes reach the file if `shared`, and stay private otherwise.
///
/// # Errors
///
/// Those of `mmap(2)`. Some systems have removed the old pages then.
///
/// # Safety
///
/// `pages` must be whole pages of a mapping whose owner allows this.
pub(crate) unsafe fn put_file_pages(
    pages: &Range<usize>,
    file: &File,
    offset: u64,
    shared: bool,
) -> io::Result<()> {
    let sharing = if shared {
        MapFlags::SHARED
    } else {
        MapFlags::PRIVATE | MapFlags::NORESERVE
    };
    // SAFETY: the caller owns the addresses that MAP_FIXED replaces.
    unsafe {
        mm::mmap(
            ptr::with_exposed_provenance_mut(pages.start),
            pages.len(),
            ProtFlags::READ | ProtFlags::WRITE,
            sharing | MapFlags::FIXED,
            file,
            offset,
        )
    }?;
    Ok(())
}

/// Gives up what the process has of `pages`. Other threads can do so at the same
/// time. Otherwise the system does it while it replaces the pages, and then no
/// other thread can map.
///
/// # Safety
///
/// `pages` must be whole pages of a mapping whose owner does not need what only
/// this process has of them.
pub unsafe fn discard_pages(pages: &Range<usize>) {
    let start = ptr::with_exposed_provenance_mut(pages.start);
    // rustix has this advice for Linux only.
    // SAFETY: the caller gives the pages up. If it fails nothing has changed.
    unsafe { libc::madvise(start, pages.len(), libc::MADV_DONTNEED) };
}

/// Makes a mapping for [`give_up_spare_mapping`].
///
/// # Errors
///
/// Those of `mmap(2)`.
pub(crate) fn take_spare_mapping() -> io::Result<usize> {
    // The system joins neighbours that are private.
    // SAFETY: the system chooses an address where nothing is.
    let page = unsafe {
        mm::mmap_anonymous(
            ptr::null_mut(),
            page_size(),
            ProtFlags::empty(),
            MapFlags::SHARED,
        )
    }?;
    Ok(page.expose_provenance())
}

/// Unmaps what [`take_spare_mapping`] has made at `page`. Can be called in a
/// signal handler.
///
/// # Safety
///
/// Nobody has called it for the same mapping before.
pub(crate) unsafe fn give_up_spare_mapping(page: usize) {
    let page = ptr::with_exposed_provenance_mut(page);
    // SAFETY: nothing refers to this page. It is a mapping by itself, so the
    // system splits none, which could fail.
    let _ = unsafe { mm::munmap(page, page_size()) };
}

/// How many of the `states.len()` pages from the address `start` on are in RAM.
/// Stores what `mincore(2)` reports of each in `states`.
///
/// # Errors
///
/// Those of `mincore(2)`.
pub fn resident_pages(start: usize, states: &mut [u8]) -> io::Result<usize> {
    let pages = ptr::without_provenance_mut(start);
    let length = states.len() * page_size();
    // SAFETY: the call writes one byte for each page, and there is room for it.
    // It looks the pages up and does not touch them, whatever is there.
    if unsafe { libc::mincore(pages, length, states.as_mut_ptr().cast()) } != 0 {
        return Err(io::Error::last_os_error());
    }
    // The other bits are reserved.
    Ok(states.iter().filter(|&&state| state & 1 != 0).count())
}
