//! The handler of SIGBUS, and what it can call.

use libc::{c_int, c_void, sigaction, siginfo_t};
use std::io;
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::OnceLock;

/// Lets this thread get SIGBUS. A thread that blocks it and touches a page that
/// is gone ends the process.
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

/// Lets other threads run for a while. Can be called in a signal handler.
pub(crate) fn pause() {
    let a_while = libc::timespec {
        tv_sec: 0,
        tv_nsec: 100_000,
    };
    // SAFETY: nanosleep(2) may be called in a signal handler. The null pointer
    // says that nobody wants the time left when a signal ends it.
    unsafe { libc::nanosleep(&a_while, ptr::null_mut()) };
}

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
    // SAFETY: the kernel passed these arguments.
    unsafe { call_previous(&handlers.previous, signal, info, context) }
}

/// Does what would have happened without our handler.
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
