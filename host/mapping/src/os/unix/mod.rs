mod reservation;

pub use self::reservation::Reservation;

use crate::Error;
use crate::explanation::Explanation;
use crate::mapping::Advice;
use libc::{c_int, c_void, sigaction, siginfo_t};
use memmap2::MmapRaw;
use rustix::mm::{self, MapFlags, ProtFlags};
use std::fs::{File, OpenOptions};
use std::io;
use std::mem::MaybeUninit;
use std::ops::Range;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::ptr;
use std::sync::OnceLock;

/// An error that has no kind of its own in `std`.
pub(crate) fn classify(error: &io::Error) -> Option<Error> {
    match error.raw_os_error()? {
        // Too many symbolic links.
        libc::ELOOP => Some(Error::AccessDenied),
        // A socket, or a FIFO that nobody reads.
        libc::ENXIO => Some(Error::NotAFile),
        // A file system whose files cannot be mapped.
        libc::ENODEV => Some(Error::Unsupported),
        libc::EMFILE | libc::ENFILE => Some(Error::QuotaExceeded),
        libc::EOVERFLOW => Some(Error::InvalidArgument),
        _ => None,
    }
}

/// Whether permission was denied by the mode of a file or a directory.
pub(crate) fn is_by_mode(error: &io::Error) -> bool {
    error.raw_os_error() == Some(libc::EACCES)
}

/// What is known of such an error, and of some that have one.
pub(crate) fn explain(error: &io::Error) -> Option<Explanation> {
    Some(match error.raw_os_error()? {
        libc::ELOOP => {
            "the path has too many symbolic links, or one of /proc that leads to an open \
                        file or a directory; use the path that the links lead to"
                .into()
        }
        libc::ENODEV => {
            "the files of this file system cannot be mapped; copy the file to another".into()
        }
        libc::EMFILE | libc::ENFILE => format!(
            "the process has as many open files as it may have (RLIMIT_NOFILE is {}); unmap \
             something, or have that limit raised",
            max_descriptors()
        )
        .into(),
        _ => return None,
    })
}

/// The flags with which opening something that is not a file is harmless: a
/// FIFO does not block, and a terminal does not become the process's own.
pub const OPEN_FLAGS: c_int = libc::O_NONBLOCK | libc::O_NOCTTY;

/// Sets these flags.
pub(crate) fn open_without_side_effects(options: &mut OpenOptions) {
    options.custom_flags(OPEN_FLAGS);
}

/// Gives advice about `range`, offsets into `map`, as `madvise(2)` does.
pub(crate) fn advise(map: &MmapRaw, range: Range<usize>, advice: Advice) -> io::Result<()> {
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
        #[cfg(not(target_os = "linux"))]
        _ => return Err(io::ErrorKind::Unsupported.into()),
    };
    map.advise_range(known, range.start, range.len())
}

/// The kinds of advice that memmap2 lacks.
#[cfg(target_os = "linux")]
fn reclaim(map: &MmapRaw, range: Range<usize>, advice: mm::Advice) -> io::Result<()> {
    let start = map.as_mut_ptr().wrapping_add(range.start);
    let into_page = start.addr() % super::page_size();
    let start = start.wrapping_sub(into_page).cast::<c_void>();
    // SAFETY: the pages are those of `map`, and the advice to reclaim them
    // changes none of their bytes.
    Ok(unsafe { mm::madvise(start, range.len() + into_page, advice) }?)
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
            super::page_size(),
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
/// It must not have been called for the same mapping before.
pub(crate) unsafe fn give_up_spare_mapping(page: usize) {
    let page = ptr::with_exposed_provenance_mut(page);
    // SAFETY: nothing refers to this page. It is a mapping by itself, so that
    // none is split, which could fail.
    let _ = unsafe { mm::munmap(page, super::page_size()) };
}

/// Lets other threads run for a while. Can be called in a signal handler.
pub(crate) fn pause() {
    let a_while = libc::timespec {
        tv_sec: 0,
        tv_nsec: 100_000,
    };
    // SAFETY: nanosleep(2) may be called in a signal handler, and what is left
    // of the time when a signal ends it is not asked for.
    unsafe { libc::nanosleep(&a_while, ptr::null_mut()) };
}

/// Gives up what the process has of `pages`, which others can do at the same
/// time: the system otherwise does it while it replaces them, and then nobody
/// else can map.
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

/// How many of the `states.len()` pages from the address `start` on are in RAM,
/// as `mincore(2)` tells of each in `states`.
///
/// # Errors
///
/// Those of `mincore(2)`.
pub fn resident_pages(start: usize, states: &mut [u8]) -> io::Result<usize> {
    let pages = ptr::without_provenance_mut(start);
    let length = states.len() * super::page_size();
    // SAFETY: one byte is written for each page, for which there is room. The
    // pages are looked up, and not touched, whatever is there.
    if unsafe { libc::mincore(pages, length, states.as_mut_ptr().cast()) } != 0 {
        return Err(io::Error::last_os_error());
    }
    // The other bits are reserved.
    Ok(states.iter().filter(|&&state| state & 1 != 0).count())
}

/// How many mappings the kernel lets this process have.
pub(crate) fn max_kernel_mappings() -> u64 {
    // Other systems count none, or do not say how many.
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

/// How many bytes this process can lock; none if nothing limits it.
pub(crate) fn max_locked_bytes() -> Option<u64> {
    rustix::process::getrlimit(rustix::process::Resource::Memlock).current
}

/// Whether the pages of `file` are mapped as those of other files are.
///
/// On hugetlbfs they are not: a mapping is rounded up to huge pages, and so
/// replaces more than it was asked to, and cannot be unmapped in part.
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
    // Past this the system also sends a signal, which ends the process.
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
    super::lengthen_by_lock(file, length)
}

/// Whether the file system has no room for the page of `file` at `offset`.
pub(crate) fn lacks_room(file: &File, offset: u64) -> bool {
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{FallocateFlags, fallocate};
        use rustix::io::Errno;
        let page = super::page_size() as u64;
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

/// Lets this thread get SIGBUS, which kills the process where it is blocked and
/// a page cannot be had.
pub(crate) fn unblock_bus_errors() {
    // SAFETY: all zeros is a valid set of signals, which `sigemptyset` makes
    // empty; the other calls read it and change the thread's mask.
    unsafe {
        let mut signals = MaybeUninit::zeroed().assume_init();
        libc::sigemptyset(&mut signals);
        libc::sigaddset(&mut signals, libc::SIGBUS);
        libc::pthread_sigmask(libc::SIG_UNBLOCK, &signals, ptr::null_mut());
    }
}

/// What tells `file` from all others as long as it is open.
pub(crate) fn file_id(file: &File) -> io::Result<FileId> {
    let metadata = file.metadata()?;
    Ok((metadata.dev(), metadata.ino()))
}

/// A device and an inode on it.
pub(crate) type FileId = (u64, u64);

struct Handlers {
    recover: fn(usize) -> bool,
    previous: sigaction,
}

static HANDLERS: OnceLock<Handlers> = OnceLock::new();

/// Calls `recover` with the address of each fault that raises SIGBUS, in the
/// signal handler. Where it returns false, the process's previous handler is
/// called.
///
/// # Errors
///
/// Those of `sigaction(2)`.
pub(crate) fn on_bus_error(recover: fn(usize) -> bool) -> io::Result<()> {
    let mut previous = MaybeUninit::<sigaction>::uninit();
    // SAFETY: `previous` has room for what is written, and nothing is set.
    if unsafe { libc::sigaction(libc::SIGBUS, ptr::null(), previous.as_mut_ptr()) } != 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: sigaction has succeeded and so has filled `previous`.
    let previous = unsafe { previous.assume_init() };
    // The handler finds this from the first signal on.
    HANDLERS.get_or_init(|| Handlers { recover, previous });

    // SAFETY: all zeros is a valid `sigaction`: no flags, an empty mask.
    let mut action: sigaction = unsafe { MaybeUninit::zeroed().assume_init() };
    let handler: unsafe extern "C" fn(c_int, *mut siginfo_t, *mut c_void) = handle;
    action.sa_sigaction = handler as usize;
    // On the alternate stack because wasmtime's own handlers are, and without
    // deferring so that a fault in a previous handler is seen.
    action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_NODEFER;
    // SAFETY: `action` is complete, and its handler keeps to what a handler may
    // do: it uses atomics, makes a few system calls and calls its predecessor.
    if unsafe { libc::sigaction(libc::SIGBUS, &action, ptr::null_mut()) } != 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

/// # Safety
///
/// Only the kernel calls this, as the handler of SIGBUS.
unsafe extern "C" fn handle(signal: c_int, info: *mut siginfo_t, context: *mut c_void) {
    let Some(handlers) = HANDLERS.get() else {
        return;
    };
    // SAFETY: the kernel passes a valid `siginfo_t` to an SA_SIGINFO handler.
    let (code, address) = unsafe { ((*info).si_code, (*info).si_addr()) };
    // A code above 0 is the kernel's own; others are sent by processes and
    // carry no address.
    if code > 0 && (handlers.recover)(address.addr()) {
        return;
    }
    // SAFETY: the arguments are those of the kernel.
    unsafe { call_previous(&handlers.previous, signal, info, context) }
}

/// Does what would have been done had our handler not been installed.
///
/// # Safety
///
/// The arguments must be those that the kernel passed to a handler.
unsafe fn call_previous(
    previous: &sigaction,
    signal: c_int,
    info: *mut siginfo_t,
    context: *mut c_void,
) {
    // SAFETY: `si_code` is set in every `siginfo_t`.
    let sent_by_process = unsafe { (*info).si_code } <= 0;
    match previous.sa_sigaction {
        libc::SIG_IGN if sent_by_process => {}
        libc::SIG_DFL | libc::SIG_IGN => {
            // With the default action back in place, the access that faulted
            // is tried again and ends the process as it would have; a signal
            // sent by a process has to be sent again.
            // SAFETY: both calls are allowed in signal handlers.
            unsafe {
                libc::signal(signal, libc::SIG_DFL);
                if sent_by_process {
                    libc::raise(signal);
                }
            }
        }
        handler if previous.sa_flags & libc::SA_SIGINFO != 0 => {
            // SAFETY: a handler installed with SA_SIGINFO has this signature.
            let handler: unsafe extern "C" fn(c_int, *mut siginfo_t, *mut c_void) =
                unsafe { std::mem::transmute(handler) };
            // SAFETY: it is called as the kernel would have called it.
            unsafe { handler(signal, info, context) }
        }
        handler => {
            // SAFETY: a handler installed without SA_SIGINFO has this one.
            let handler: unsafe extern "C" fn(c_int) = unsafe { std::mem::transmute(handler) };
            // SAFETY: it is called as the kernel would have called it.
            unsafe { handler(signal) }
        }
    }
}
