//! Faults outside the mappings of this crate. Each of them ends a process, so
//! each test runs itself again as a child.

use crate::guests::*;
use anyhow::Result;
use std::os::fd::AsRawFd;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::sync::atomic::{AtomicI32, AtomicUsize, Ordering};
use std::thread;
use test_child::{end_of_child, is_child, this_test};
use test_host::{Host, Surface};

/// Runs `child`, in a process that has the handler, for the test `name`.
fn with_handler(name: &str, child: impl FnOnce()) -> Result<ExitStatus> {
    end_of_child(name, || {
        Host::new().run(ONE_FAULT).unwrap();
        child();
    })
}

/// Maps a file without mem and touches it after it was made shorter.
fn touch_what_is_gone() {
    let file = tempfile::tempfile().unwrap();
    file.set_len(4096).unwrap();
    // SAFETY: the bytes are read by a raw pointer only.
    let mapping = unsafe { memmap2::Mmap::map(&file) }.unwrap();
    file.set_len(0).unwrap();
    // SAFETY: the page is mapped. That it cannot be read is the test.
    unsafe { mapping.as_ptr().read_volatile() };
}

#[test]
fn a_fault_elsewhere_ends_the_process() -> Result<()> {
    let status = with_handler(this_test!(), touch_what_is_gone)?;
    assert_eq!(status.signal(), Some(libc::SIGBUS));
    Ok(())
}

#[test]
fn a_signal_that_is_sent_ends_the_process() -> Result<()> {
    if is_child() {
        // The handler of Rust's runtime lets such a signal pass once.
        // SAFETY: the default is a valid disposition.
        unsafe { libc::signal(libc::SIGBUS, libc::SIG_DFL) };
    }
    let status = with_handler(this_test!(), || {
        // SAFETY: the signal goes to this process, which the test expects.
        unsafe { libc::raise(libc::SIGBUS) };
    })?;
    assert_eq!(status.signal(), Some(libc::SIGBUS));
    Ok(())
}

#[test]
fn a_fault_elsewhere_goes_to_the_previous_handler() -> Result<()> {
    extern "C" fn previous(_signal: i32) {
        // SAFETY: a signal handler may call it.
        unsafe { libc::_exit(42) };
    }
    if is_child() {
        let handler: extern "C" fn(i32) = previous;
        // SAFETY: the handler does nothing that a handler may not do.
        unsafe { libc::signal(libc::SIGBUS, handler as usize) };
    }
    let status = with_handler(this_test!(), touch_what_is_gone)?;
    assert_eq!(status.code(), Some(42));
    Ok(())
}

#[test]
fn without_the_handler_a_fault_ends_the_process() -> Result<()> {
    let status = end_of_child(this_test!(), || {
        let mut host = Host::new();
        host.mem.handle_bus_errors(false);
        let _ = host.run(ONE_FAULT);
    })?;
    assert_eq!(status.signal(), Some(libc::SIGBUS));
    Ok(())
}

#[test]
fn another_context_can_install_the_handler() -> Result<()> {
    let status = with_handler(this_test!(), || {
        let mut host = Host::new();
        host.mem.handle_bus_errors(false);
        host.run(ONE_FAULT).unwrap();
        std::process::exit(42);
    })?;
    assert_eq!(status.code(), Some(42));
    Ok(())
}

#[test]
fn a_fault_elsewhere_ends_a_process_that_ignores_the_signal() -> Result<()> {
    ignore_the_signal();
    let status = with_handler(this_test!(), touch_what_is_gone)?;
    assert_eq!(status.signal(), Some(libc::SIGBUS));
    Ok(())
}

#[test]
fn a_signal_that_is_sent_can_be_ignored() -> Result<()> {
    ignore_the_signal();
    let status = with_handler(this_test!(), || {
        // SAFETY: the signal goes to this process, which the test expects.
        unsafe { libc::raise(libc::SIGBUS) };
        std::process::exit(42);
    })?;
    assert_eq!(status.code(), Some(42));
    Ok(())
}

fn ignore_the_signal() {
    if is_child() {
        // SAFETY: ignoring it is a valid disposition.
        unsafe { libc::signal(libc::SIGBUS, libc::SIG_IGN) };
    }
}

/// Threads fault in guests and outside at once, and the previous handler mends
/// and counts exactly the faults outside.
#[test]
fn faults_of_several_threads_go_where_they_belong() -> Result<()> {
    if is_child() {
        let handler: extern "C" fn(i32, *mut libc::siginfo_t, *mut libc::c_void) = mend;
        // SAFETY: all zeros is a valid `sigaction`.
        let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
        action.sa_sigaction = handler as usize;
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
        // SAFETY: the handler has the signature that SA_SIGINFO asks for.
        let installed = unsafe { libc::sigaction(libc::SIGBUS, &action, std::ptr::null_mut()) };
        assert_eq!(installed, 0);
    }
    let status = with_handler(this_test!(), || {
        let running = AtomicUsize::new(Surface::WITH_MEM.len());
        let outside = thread::scope(|scope| {
            let outside: Vec<_> = ELSEWHERE
                .iter()
                .map(|place| scope.spawn(|| fault_while(place, &running)))
                .collect();
            for surface in Surface::WITH_MEM {
                let running = &running;
                scope.spawn(move || {
                    let mut host = Host::new();
                    host.surface = surface;
                    host.mem.max_locked_bytes(1 << 20);
                    let results: Vec<_> = (0..3).map(|_| host.run(FILE_MADE_SHORTER)).collect();
                    running.fetch_sub(1, Ordering::SeqCst);
                    results.into_iter().collect::<Result<()>>().unwrap();
                });
            }
            let faults = outside.into_iter().map(|thread| thread.join().unwrap());
            faults.sum::<usize>()
        });
        assert!(outside > 100, "{outside}");
        assert_eq!(MENDED.load(Ordering::SeqCst), outside);
        std::process::exit(42);
    })?;
    assert_eq!(status.code(), Some(42));
    Ok(())
}

/// A page of a file that is mapped without mem.
struct Elsewhere {
    address: AtomicUsize,
    file: AtomicI32,
}

static ELSEWHERE: [Elsewhere; 2] = [const {
    Elsewhere {
        address: AtomicUsize::new(0),
        file: AtomicI32::new(-1),
    }
}; 2];

static MENDED: AtomicUsize = AtomicUsize::new(0);

/// Makes the file at the address that faulted a page long, and counts.
extern "C" fn mend(signal: i32, info: *mut libc::siginfo_t, _context: *mut libc::c_void) {
    // SAFETY: the kernel passes a valid `siginfo_t`.
    let (code, address) = unsafe { ((*info).si_code, (*info).si_addr()) };
    for place in &ELSEWHERE {
        if (signal, code) == (libc::SIGBUS, libc::BUS_ADRERR)
            && place.address.load(Ordering::SeqCst) == address.addr()
            // SAFETY: a signal handler may call it.
            && unsafe { libc::ftruncate(place.file.load(Ordering::SeqCst), 4096) } == 0
        {
            MENDED.fetch_add(1, Ordering::SeqCst);
            return;
        }
    }
    // SAFETY: a signal handler may call it.
    unsafe { libc::_exit(43) };
}

/// Faults at `place` as long as guests are running; returns how often.
fn fault_while(place: &Elsewhere, running: &AtomicUsize) -> usize {
    let file = tempfile::tempfile().unwrap();
    file.set_len(4096).unwrap();
    // SAFETY: the bytes are read by a raw pointer only.
    let mapping = unsafe { memmap2::Mmap::map(&file) }.unwrap();
    place.file.store(file.as_raw_fd(), Ordering::SeqCst);
    place
        .address
        .store(mapping.as_ptr().addr(), Ordering::SeqCst);
    let mut faults = 0;
    while running.load(Ordering::SeqCst) > 0 {
        file.set_len(0).unwrap();
        // SAFETY: the page is mapped, and the handler makes it readable.
        assert_eq!(unsafe { mapping.as_ptr().read_volatile() }, 0);
        faults += 1;
    }
    faults
}
