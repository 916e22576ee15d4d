//! What once broke a mapping, or the process that has it.

#![cfg(unix)]

use anyhow::{Result, ensure};
use mem_mapping::{
    Access, Advice, ByteRange, Error, FlushMode, MapFlags, MapOptions, MemoryId, Policy,
    Protection, Quota, Quotas, Reservation, StoreId, process,
};
use std::fs::{self, File, OpenOptions};
use std::path::Path;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::tempdir;

const STORE: StoreId = StoreId::new(1);

fn policy() -> Policy {
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

fn options(access: Access) -> MapOptions {
    MapOptions {
        access,
        ..MapOptions::default()
    }
}

fn page() -> usize {
    mem_mapping::page_size()
}

fn open(path: &Path) -> File {
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

/// The process limits are of all policies. The test is alone in its process
/// with them, as `in_child` runs it.
#[test]
fn past_the_limits_of_the_process_a_guest_gets_quota_exceeded() -> Result<()> {
    in_child(
        "past_the_limits_of_the_process_a_guest_gets_quota_exceeded",
        || {
            let dir = tempdir()?;
            let path = dir.path().join("file");
            fs::write(&path, [7])?;
            let map =
                |access| policy().map_file(STORE, options(access), |opening| opening.open(&path));
            let (kernel, descriptors) = (process::kernel_mappings(), process::descriptors());
            ensure!(kernel.limit() > 1000 && descriptors.limit() > 100);
            kernel.set_limit(20);
            let some: Vec<_> = (0..10).map(|_| map(Access::ReadOnly).unwrap()).collect();
            ensure!(kernel.used() == 20);
            ensure!(map(Access::ReadOnly).err() == Some(Error::QuotaExceeded));
            kernel.set_limit(1000);
            ensure!(map(Access::ReadOnly).is_ok());
            drop(some);
            ensure!(kernel.used() == 0 && descriptors.used() == 0);

            descriptors.set_limit(3);
            let some: Vec<_> = (0..3).map(|_| map(Access::ReadWrite).unwrap()).collect();
            ensure!(map(Access::ReadWrite).err() == Some(Error::QuotaExceeded));
            drop(some);
            ensure!(map(Access::ReadWrite).is_ok());

            // Without windows a mapping that only reads keeps no descriptor.
            let reader = Policy {
                allow_windows: false,
                ..policy()
            };
            let open_before = fs::read_dir("/proc/self/fd")?.count();
            let many: Vec<_> = (0..100)
                .map(|_| {
                    let options = options(Access::ReadOnly);
                    reader.map_file(STORE, options, |opening| opening.open(&path))
                })
                .collect::<Result<_, _>>()?;
            ensure!(fs::read_dir("/proc/self/fd")?.count() == open_before);
            drop(many);
            Ok(())
        },
    )
}

/// A process has as many mappings as it may have, and another thread takes what
/// the handler frees.
#[cfg(target_os = "linux")]
#[test]
fn a_fault_at_the_limit_of_mappings_is_survived_while_others_map() -> Result<()> {
    let name = "a_fault_at_the_limit_of_mappings_is_survived_while_others_map";
    in_child(name, || {
        let dir = tempdir()?;
        let policy = policy();
        let mut mapped = Vec::new();
        for number in 0..200 {
            let path = dir.path().join(number.to_string());
            fs::write(&path, vec![1; 3 * page()])?;
            let mapping = policy.map_file(STORE, options(Access::ReadOnly), |opening| {
                opening.open(&path)
            })?;
            mapped.push((mapping, open(&path)));
        }
        let other = dir.path().join("other");
        fs::write(&other, [1])?;
        let (full, done) = (AtomicBool::new(false), AtomicBool::new(false));
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let mut kept = Vec::with_capacity(100_000);
                    while !done.load(Ordering::Relaxed) {
                        if full.load(Ordering::Relaxed) {
                            let options = options(Access::ReadOnly);
                            kept.extend(
                                policy.map_file(STORE, options, |opening| opening.open(&other)),
                            );
                        }
                    }
                });
            }
            fill_with_mappings();
            full.store(true, Ordering::Relaxed);
            for (mapping, file) in &mapped {
                file.set_len(0).unwrap();
                assert_eq!(mapping.load::<1>(page() as u64 + 1), Err(Error::Truncated));
            }
            done.store(true, Ordering::Relaxed);
        });
        Ok(())
    })
}

/// Makes mappings that are not joined until there are no more to be had.
#[cfg(target_os = "linux")]
fn fill_with_mappings() {
    for number in 0.. {
        let protection = [libc::PROT_NONE, libc::PROT_READ][number % 2];
        let flags = libc::MAP_SHARED | libc::MAP_ANONYMOUS;
        // SAFETY: it makes a mapping of its own.
        let made = unsafe { libc::mmap(std::ptr::null_mut(), page(), protection, flags, -1, 0) };
        if made == libc::MAP_FAILED {
            break;
        }
    }
}

/// Faults leave no mappings behind, however many there were.
#[cfg(target_os = "linux")]
#[test]
fn mappings_that_end_leave_nothing_to_the_kernel() -> Result<()> {
    in_child("mappings_that_end_leave_nothing_to_the_kernel", || {
        let dir = tempdir()?;
        let path = dir.path().join("file");
        fs::write(&path, vec![1; 3 * page()])?;
        let map = || {
            let options = options(Access::ReadWrite);
            policy().map_file(STORE, options, |opening| opening.open(&path))
        };
        drop(map()?);
        let before = kernel_mappings()?;
        let many: Vec<_> = (0..2000).map(|_| map()).collect::<Result<_, _>>()?;
        ensure!(kernel_mappings()? <= before + 2000 + 8);
        open(&path).set_len(page() as u64)?;
        for mapping in &many {
            ensure!(mapping.load::<1>(page() as u64) == Err(Error::Truncated));
        }
        ensure!(kernel_mappings()? as u64 <= before as u64 + process::kernel_mappings().used() + 8);
        drop(many);
        let after = kernel_mappings()?;
        ensure!(after <= before + 8, "{before} {after}");
        Ok(())
    })
}

#[cfg(target_os = "linux")]
fn kernel_mappings() -> Result<usize> {
    Ok(fs::read_to_string("/proc/self/maps")?.lines().count())
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

/// Runs `child` as the test `name` in a process of its own, which ends within
/// a minute.
fn in_child(name: &str, child: impl FnOnce() -> Result<()>) -> Result<()> {
    const IN_CHILD: &str = "MEM_TEST_IN_CHILD";
    if std::env::var_os(IN_CHILD).is_some() {
        return child();
    }
    let itself = std::env::current_exe()?;
    let listed = std::process::Command::new(&itself).arg("--list").output();
    if !listed.is_ok_and(|listed| listed.status.success()) {
        println!("skipped: an emulator cannot start what it emulates");
        return Ok(());
    }
    let mut child = std::process::Command::new(itself)
        .args(["--exact", name, "--nocapture"])
        .env(IN_CHILD, "1")
        .spawn()?;
    let began = Instant::now();
    let status = loop {
        match child.try_wait()? {
            Some(status) => break status,
            None if began.elapsed() > Duration::from_secs(60) => {
                child.kill()?;
                child.wait()?;
                anyhow::bail!("the child hangs");
            }
            None => thread::sleep(Duration::from_millis(10)),
        }
    };
    ensure!(status.success(), "{status}");
    Ok(())
}

/// A guest touches the memory on both sides of each window before it detaches
/// it.
#[cfg(target_os = "linux")]
#[test]
fn windows_that_come_and_go_leave_no_mappings_to_the_kernel() -> Result<()> {
    in_child(
        "windows_that_come_and_go_leave_no_mappings_to_the_kernel",
        || {
            const PAGES: usize = 2000;
            let dir = tempdir()?;
            let path = dir.path().join("file");
            fs::write(&path, vec![1; page()])?;
            let mapping = policy().map_file(STORE, options(Access::ReadWrite), |opening| {
                opening.open(&path)
            })?;
            let memory = Reservation::new(page(), PAGES * page(), page())?;
            let start = memory.as_ptr().expose_provenance();
            let pages = |number: usize| start + number * page()..start + (number + 1) * page();
            let source = mapping.window_source(0, page())?;
            let before = kernel_mappings()?;
            let mut last = None;
            for number in (1..PAGES).step_by(2) {
                // As a memory grows.
                memory.allow((number - 1) * page()..(number + 1) * page())?;
                // SAFETY: the pages are the reservation's, which nothing refers
                // to and which is dropped behind the attachment.
                let window = unsafe { source.attach(&pages(number)) }?;
                let touched = std::ptr::with_exposed_provenance_mut::<u8>(pages(number - 1).start);
                // SAFETY: the page is accessible, and nothing refers to it.
                unsafe { touched.write_volatile(1) };
                if let Some((number, window)) = last.replace((number, window)) {
                    // SAFETY: as above.
                    unsafe { mem_mapping::put_zero_pages(pages(number)) }?;
                    drop(window);
                }
            }
            let after = kernel_mappings()?;
            ensure!(after <= before + 8, "{before} {after}");
            Ok(())
        },
    )
}

/// A guest gives advice that it takes back, and writes in between.
#[cfg(target_os = "linux")]
#[test]
fn advice_that_was_taken_back_leaves_no_mappings_to_the_kernel() -> Result<()> {
    const NAME: &str = "advice_that_was_taken_back_leaves_no_mappings_to_the_kernel";
    in_child(NAME, || {
        const PAGES: u64 = 2000;
        let dir = tempdir()?;
        let path = dir.path().join("file");
        File::create(&path)?.set_len(PAGES * page() as u64)?;
        let policy = policy();
        let anonymous = MapOptions {
            flags: MapFlags::ANONYMOUS,
            length: Some(PAGES * page() as u64),
            ..options(Access::ReadWrite)
        };
        let copy = options(Access::CopyOnWrite);
        for mapping in [
            policy.map_anonymous(anonymous)?,
            policy.map_file(STORE, copy, |opening| opening.open(&path))?,
        ] {
            let before = kernel_mappings()?;
            let offset = |number: u64| number * page() as u64;
            let advise = |number, advice| {
                let range = ByteRange {
                    offset: offset(number),
                    length: page() as u64,
                };
                mapping.advise(Some(range), advice)
            };
            for number in (1..PAGES).step_by(2) {
                advise(number, Advice::Random)?;
                mapping.write(STORE, offset(number - 1), &[1])?;
                if number > 2 {
                    advise(number - 2, Advice::Normal)?;
                }
            }
            advise(PAGES - 1, Advice::Normal)?;
            let after = kernel_mappings()?;
            ensure!(policy.quotas.mappings.used() <= 2);
            ensure!(after <= before + 8, "{before} {after}");
        }
        Ok(())
    })
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

/// The system sends SIGXFSZ, which ends a process that does not expect it.
#[cfg(target_os = "linux")]
#[test]
fn a_file_past_the_limit_of_the_process_is_not_made() -> Result<()> {
    in_child("a_file_past_the_limit_of_the_process_is_not_made", || {
        let dir = tempdir()?;
        let path = dir.path().join("file");
        let limit = libc::rlimit {
            rlim_cur: 1 << 20,
            rlim_max: libc::RLIM_INFINITY,
        };
        // SAFETY: the limit is one, and this process has no other files to write.
        ensure!(unsafe { libc::setrlimit(libc::RLIMIT_FSIZE, &limit) } == 0);
        let create = |length| {
            let options = MapOptions {
                flags: MapFlags::CREATE,
                length: Some(length),
                ..options(Access::ReadWrite)
            };
            policy().map_file(STORE, options, |opening| opening.open(&path))
        };
        ensure!(create(1 << 21).err() == Some(Error::NoSpace));
        ensure!(create(1 << 20).is_ok());
        Ok(())
    })
}
