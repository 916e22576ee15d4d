//! Faults outside the mappings of this crate. Each of them ends a process, so
//! each test runs itself again as a child.

#![cfg(unix)]

use anyhow::Result;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus};
use test_host::Host;

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
