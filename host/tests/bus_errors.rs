//! Faults outside the mappings of this crate. Each of them ends a process, so
//! each test runs itself again as a child.

#![cfg(unix)]

use anyhow::Result;
use std::os::fd::AsRawFd;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus};
use std::sync::atomic::{AtomicI32, AtomicUsize, Ordering};
use std::thread;
use test_host::{Host, Kind};

const IN_CHILD: &str = "MEM_TEST_IN_CHILD";

/// Runs `child`, in a process that has the handler, for the test `name`.
fn with_handler(name: &str, child: impl FnOnce()) -> Result<ExitStatus> {
    in_child(name, || {
        Host::new().run("one_fault").unwrap();
        child();
    })
}

/// Runs `child` in a process of its own for the test `name`.
fn in_child(name: &str, child: impl FnOnce()) -> Result<ExitStatus> {
    if std::env::var_os(IN_CHILD).is_some() {
        child();
        panic!("the child goes on");
    }
    let status = Command::new(std::env::current_exe()?)
        .args(["--exact", name])
        .env(IN_CHILD, "1")
        .status()?;
    Ok(status)
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
    let status = with_handler("a_fault_elsewhere_ends_the_process", touch_what_is_gone)?;
    assert_eq!(status.signal(), Some(libc::SIGBUS));
    Ok(())
}

#[test]
fn a_signal_that_is_sent_ends_the_process() -> Result<()> {
    if std::env::var_os(IN_CHILD).is_some() {
        // The handler of Rust's runtime lets such a signal pass once.
        // SAFETY: the default is a valid disposition.
        unsafe { libc::signal(libc::SIGBUS, libc::SIG_DFL) };
    }
    let status = with_handler("a_signal_that_is_sent_ends_the_process", || {
        // SAFETY: it does to this process what the test wants.
        unsafe { libc::raise(libc::SIGBUS) };
    })?;
    assert_eq!(status.signal(), Some(libc::SIGBUS));
    Ok(())
}

#[test]
fn a_fault_elsewhere_goes_to_the_previous_handler() -> Result<()> {
    extern "C" fn previous(_signal: i32) {
        // SAFETY: it may be called in a signal handler.
        unsafe { libc::_exit(42) };
    }
    if std::env::var_os(IN_CHILD).is_some() {
        let handler: extern "C" fn(i32) = previous;
        // SAFETY: the handler does nothing that a handler may not do.
        unsafe { libc::signal(libc::SIGBUS, handler as usize) };
    }
    let name = "a_fault_elsewhere_goes_to_the_previous_handler";
    let status = with_handler(name, touch_what_is_gone)?;
    assert_eq!(status.code(), Some(42));
    Ok(())
}

#[test]
fn without_the_handler_a_fault_ends_the_process() -> Result<()> {
    let name = "without_the_handler_a_fault_ends_the_process";
    let status = in_child(name, || {
        let mut host = Host::new();
        host.mem.handle_bus_errors(false);
        let _ = host.run("one_fault");
    })?;
    assert_eq!(status.signal(), Some(libc::SIGBUS));
    Ok(())
}

#[test]
fn another_context_can_install_the_handler() -> Result<()> {
    let name = "another_context_can_install_the_handler";
    let status = with_handler(name, || {
        let mut host = Host::new();
        host.mem.handle_bus_errors(false);
        host.run("one_fault").unwrap();
        std::process::exit(42);
    })?;
    assert_eq!(status.code(), Some(42));
    Ok(())
}

#[test]
fn a_fault_elsewhere_ends_a_process_that_ignores_the_signal() -> Result<()> {
    ignore_the_signal();
    let name = "a_fault_elsewhere_ends_a_process_that_ignores_the_signal";
    let status = with_handler(name, touch_what_is_gone)?;
    assert_eq!(status.signal(), Some(libc::SIGBUS));
    Ok(())
}

#[test]
fn a_signal_that_is_sent_can_be_ignored() -> Result<()> {
    ignore_the_signal();
    let status = with_handler("a_signal_that_is_sent_can_be_ignored", || {
        // SAFETY: it does to this process what the test wants.
        unsafe { libc::raise(libc::SIGBUS) };
        std::process::exit(42);
    })?;
    assert_eq!(status.code(), Some(42));
    Ok(())
}

fn ignore_the_signal() {
    if std::env::var_os(IN_CHILD).is_some() {
        // SAFETY: to ignore it is a valid disposition.
        unsafe { libc::signal(libc::SIGBUS, libc::SIG_IGN) };
    }
}

/// Threads fault in guests and outside at once, and the previous handler mends
/// and counts exactly the faults outside.
#[test]
fn faults_of_several_threads_go_where_they_belong() -> Result<()> {
    if std::env::var_os(IN_CHILD).is_some() {
        let handler: extern "C" fn(i32, *mut libc::siginfo_t, *mut libc::c_void) = mend;
        // SAFETY: all zeros is a valid `sigaction`.
        let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
        action.sa_sigaction = handler as usize;
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
        // SAFETY: the handler has the signature that SA_SIGINFO asks for.
        let installed = unsafe { libc::sigaction(libc::SIGBUS, &action, std::ptr::null_mut()) };
        assert_eq!(installed, 0);
    }
    let name = "faults_of_several_threads_go_where_they_belong";
    let status = with_handler(name, || {
        let running = AtomicUsize::new(Kind::ALL.len());
        let outside = thread::scope(|scope| {
            let outside: Vec<_> = ELSEWHERE
                .iter()
                .map(|place| scope.spawn(|| fault_while(place, &running)))
                .collect();
            for kind in Kind::ALL {
                let running = &running;
                scope.spawn(move || {
                    let mut host = Host::new();
                    host.kind = kind;
                    host.mem.max_locked_bytes(1 << 20);
                    let results: Vec<_> = (0..3).map(|_| host.run("file_made_shorter")).collect();
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
            // SAFETY: it may be called in a signal handler.
            && unsafe { libc::ftruncate(place.file.load(Ordering::SeqCst), 4096) } == 0
        {
            MENDED.fetch_add(1, Ordering::SeqCst);
            return;
        }
    }
    // SAFETY: it may be called in a signal handler.
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
