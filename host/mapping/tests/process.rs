//! What mappings take of a process. These tests set its limits or count what the
//! kernel has for it, so each has its own.

use crate::attacks::{STORE, open, options, page, policy};
use anyhow::{Result, ensure};
use mem_mapping::{
    Access, Advice, ByteRange, Error, MapFlags, MapOptions, Policy, Reservation, process,
};
use std::fs::{self, File};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use tempfile::tempdir;
use test_child::{in_child, this_test};

/// The limits of the process hold for all policies.
#[test]
fn past_the_limits_of_the_process_a_guest_gets_quota_exceeded() -> Result<()> {
    in_child(this_test!(), || {
        let dir = tempdir()?;
        let path = dir.path().join("file");
        fs::write(&path, [7])?;
        let map = |access| policy().map_file(STORE, options(access), |opening| opening.open(&path));
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
    })
}

/// A process has as many mappings as it may have, and another thread takes what
/// the handler frees.
#[cfg(target_os = "linux")]
#[test]
fn a_fault_at_the_limit_of_mappings_is_survived_while_others_map() -> Result<()> {
    in_child(this_test!(), || {
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
    in_child(this_test!(), || {
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

/// A guest touches the memory on both sides of each window before it detaches
/// it.
#[cfg(target_os = "linux")]
#[test]
fn windows_that_come_and_go_leave_no_mappings_to_the_kernel() -> Result<()> {
    in_child(this_test!(), || {
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
    })
}

/// A guest gives advice that it takes back, and writes in between.
#[cfg(target_os = "linux")]
#[test]
fn advice_that_was_taken_back_leaves_no_mappings_to_the_kernel() -> Result<()> {
    in_child(this_test!(), || {
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

/// The system sends SIGXFSZ, which ends a process that does not expect it.
#[cfg(target_os = "linux")]
#[test]
fn a_file_past_the_limit_of_the_process_is_not_made() -> Result<()> {
    in_child(this_test!(), || {
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
