//! What once broke a mapping, or the process that has it.

use anyhow::{Result, ensure};
use mem_mapping::{
    Access, ByteRange, Error, FlushMode, MapFlags, MapOptions, MemoryId, Policy, Protection, Quota,
    Quotas, Reservation, StoreId,
};
use std::fs::{self, File, OpenOptions};
use std::path::Path;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use tempfile::tempdir;

pub const STORE: StoreId = StoreId::new(1);

pub fn policy() -> Policy {
    Policy {
        allow_exec: false,
        allow_windows: true,
        handle_bus_errors: true,
        quotas: Quotas {
            mapped: Quota::new(1 << 40),
            private: Quota::new(1 << 32),
            mappings: Quota::new(1 << 20),
            locked: Quota::new(0),
            windows: Quota::new(1 << 20),
        },
    }
}

pub fn options(access: Access) -> MapOptions {
    MapOptions {
        access,
        ..MapOptions::default()
    }
}

pub fn page() -> usize {
    mem_mapping::page_size()
}

pub fn open(path: &Path) -> File {
    OpenOptions::new().write(true).open(path).unwrap()
}

/// Two guests create one file, one longer than the other.
#[test]
fn create_never_cuts_a_file() -> Result<()> {
    let dir = tempdir()?;
    let path = dir.path().join("file");
    let create = |length| MapOptions {
        flags: MapFlags::CREATE,
        length: Some(length),
        ..options(Access::ReadWrite)
    };
    for _ in 0..300 {
        File::create(&path)?;
        let start = Barrier::new(2);
        let map = |length| {
            let policy = policy();
            start.wait();
            policy.map_file(STORE, create(length), |opening| opening.open(&path))
        };
        thread::scope(|scope| {
            let short = scope.spawn(|| map(4096));
            let long = map(1 << 20).unwrap();
            long.write(STORE, 1 << 19, b"acknowledged").unwrap();
            short.join().unwrap().unwrap();
            assert_eq!(long.flush(None, FlushMode::Synchronous), Ok(()));
        });
        ensure!(fs::metadata(&path)?.len() == 1 << 20);
    }
    Ok(())
}

/// A file that is made longer keeps what follows in no page.
#[test]
fn create_makes_a_sparse_file() -> Result<()> {
    use std::os::unix::fs::MetadataExt as _;
    let dir = tempdir()?;
    let path = dir.path().join("file");
    let large = MapOptions {
        flags: MapFlags::CREATE,
        length: Some(1 << 30),
        ..options(Access::ReadWrite)
    };
    let mapping = policy().map_file(STORE, large, |opening| opening.open(&path))?;
    ensure!(mapping.size() == 1 << 30);
    let metadata = fs::metadata(&path)?;
    ensure!(metadata.len() == 1 << 30 && metadata.blocks() < 1000);
    Ok(())
}

#[test]
fn protect_waits_for_writes_on_other_threads() -> Result<()> {
    let dir = tempdir()?;
    let path = dir.path().join("file");
    fs::write(&path, vec![0; 4 * page()])?;
    for access in [Access::ReadWrite, Access::CopyOnWrite] {
        let mapping = policy().map_file(STORE, options(access), |opening| opening.open(&path))?;
        let done = AtomicBool::new(false);
        let [written, refused] = [0; 2].map(AtomicUsize::new);
        thread::scope(|scope| {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    let count = match mapping.store(STORE, page() as u64, 7_u64.to_le_bytes()) {
                        Ok(()) => &written,
                        Err(Error::ReadOnly) => &refused,
                        Err(error) => panic!("{error}"),
                    };
                    count.fetch_add(1, Ordering::Relaxed);
                }
            });
            // On a machine that is busy the writer may come late.
            let both = || [&written, &refused].map(|count| count.load(Ordering::Relaxed) > 0);
            for round in 0.. {
                if round > 20_000 && both() == [true; 2] {
                    break;
                }
                let write = round % 2 == 1;
                let protection = Protection::new(write, false);
                mapping.protect(None, protection).unwrap();
            }
            done.store(true, Ordering::Relaxed);
        });
    }
    Ok(())
}

/// As programs do that have one thread for all signals.
#[test]
fn a_thread_that_blocks_sigbus_survives_a_fault() -> Result<()> {
    let dir = tempdir()?;
    let path = dir.path().join("file");
    fs::write(&path, vec![1; 2 * page()])?;
    let mapping = policy().map_file(STORE, options(Access::ReadOnly), |opening| {
        opening.open(&path)
    })?;
    let loaded = thread::spawn(move || {
        // SAFETY: the set is filled before it is used, and blocking signals on
        // this thread is the test.
        unsafe {
            let mut all = std::mem::zeroed();
            libc::sigfillset(&mut all);
            libc::pthread_sigmask(libc::SIG_BLOCK, &all, std::ptr::null_mut());
        }
        open(&path).set_len(0).unwrap();
        mapping.load::<1>(0)
    });
    ensure!(loaded.join().unwrap() == Err(Error::Truncated));
    Ok(())
}

/// A window is the pages of a mapping at other addresses. What is written there
/// is lost when the file is cut and grown again, and the mapping's own pages
/// show nothing of it.
#[test]
fn flushes_report_what_any_window_lost() -> Result<()> {
    let dir = tempdir()?;
    let path = dir.path().join("file");
    for mode in [FlushMode::Synchronous, FlushMode::Asynchronous] {
        for detach_first in [false, true] {
            fs::write(&path, vec![1; 4 * page()])?;
            let mapping = policy().map_file(STORE, options(Access::ReadWrite), |opening| {
                opening.open(&path)
            })?;
            let memory = Reservation::new(0, 2 * page(), 0)?;
            memory.allow(0..2 * page())?;
            let start = memory.as_ptr().expose_provenance();
            let pages = start..start + 2 * page();
            let source = mapping.window_source(page() as u64, 2 * page())?;
            let _claim = source.claim(MemoryId::new(STORE, 1))?;
            // SAFETY: the pages are the reservation's, which nothing refers to
            // and which is dropped behind the attachment.
            let window = unsafe { source.attach(&pages) }?;
            ensure!(window.check() == Ok(()));

            let file = open(&path);
            file.set_len(2 * page() as u64)?;
            let second = std::ptr::with_exposed_provenance_mut::<u8>(start + page());
            // SAFETY: the page is mapped, and a zero page replaces it.
            unsafe { second.write_volatile(9) };
            file.set_len(4 * page() as u64)?;

            ensure!(window.check() == Err(Error::Truncated));
            if detach_first {
                drop(window);
            }
            ensure!(mapping.load::<1>(2 * page() as u64) == Ok([0]));
            ensure!(mapping.flush(None, mode) == Err(Error::Truncated));
            let whole = |first: usize, pages: usize| {
                let (offset, length) = (first * page(), pages * page());
                let (offset, length) = (offset as u64, length as u64);
                Some(ByteRange { offset, length })
            };
            // A new window on the same pages has lost nothing.
            let again = start..start + page();
            if detach_first {
                // SAFETY: as above.
                let window = unsafe {
                    mapping
                        .window_source(2 * page() as u64, page())?
                        .attach(&again)
                }?;
                ensure!(window.check() == Ok(()));
            }
            // What is not lost is acknowledged.
            ensure!(mapping.flush(whole(0, 2), mode) == Ok(()));
            ensure!(mapping.flush(whole(3, 1), mode) == Ok(()));
            ensure!(mapping.flush(whole(2, 1), mode) == Err(Error::Truncated));
        }
    }
    Ok(())
}

/// On hugetlbfs a mapping is rounded up to huge pages.
#[cfg(target_os = "linux")]
#[test]
fn files_on_hugetlbfs_are_unsupported() -> Result<()> {
    // SAFETY: it makes a file in memory, on the kernel's own hugetlbfs.
    let file = unsafe { libc::memfd_create(c"huge".as_ptr(), libc::MFD_HUGETLB) };
    if file < 0 {
        println!("skipped: the kernel has no huge pages");
        return Ok(());
    }
    use std::os::fd::FromRawFd as _;
    // SAFETY: the descriptor was just made, and is this file's alone.
    let file = unsafe { File::from_raw_fd(file) };
    file.set_len(2 << 20)?;
    for access in [Access::ReadOnly, Access::ReadWrite, Access::CopyOnWrite] {
        let file = file.try_clone()?;
        let mapped = policy().map_file(STORE, options(access), |_| Ok(file));
        ensure!(mapped.err() == Some(Error::Unsupported));
    }
    Ok(())
}

/// The thread asks for the loss, and has called nothing of the mapping before.
#[test]
fn a_thread_that_blocks_sigbus_survives_the_check_of_a_window() -> Result<()> {
    let dir = tempdir()?;
    let path = dir.path().join("file");
    fs::write(&path, vec![1; page()])?;
    let mapping = policy().map_file(STORE, options(Access::ReadOnly), |opening| {
        opening.open(&path)
    })?;
    let memory = Reservation::new(0, page(), 0)?;
    memory.allow(0..page())?;
    let start = memory.as_ptr().expose_provenance();
    let source = mapping.window_source(0, page())?;
    // SAFETY: the page is the reservation's, which nothing refers to and which
    // is dropped behind the attachment.
    let window = unsafe { source.attach(&(start..start + page())) }?;
    open(&path).set_len(0)?;
    let checked = thread::spawn(move || {
        // SAFETY: the set is filled before it is used, and blocking signals on
        // this thread is the test.
        unsafe {
            let mut all = std::mem::zeroed();
            libc::sigfillset(&mut all);
            libc::pthread_sigmask(libc::SIG_BLOCK, &all, std::ptr::null_mut());
        }
        window.check()
    });
    ensure!(checked.join().unwrap() == Err(Error::Truncated));
    Ok(())
}
