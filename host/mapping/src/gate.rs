//! Who is writing a mapping's bytes at this moment.
//!
//! A write enters the gate, and leaves it when it has copied its bytes. Two things
//! close the gate: `protect`, while it takes away the right to write, and windows
//! on the file, as long as they exist. Nobody holds a lock while bytes are copied,
//! because a page can take as long as its disk does.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Set while windows exist on the file.
const WATCHED: usize = 1;
/// Set while `protect` changes pages.
const PROTECTING: usize = 2;
/// What each writer adds.
const WRITER: usize = 4;

/// How often to look for a writer that has not left before the answer is `busy`.
const LOOKS: usize = 1000;

/// Counts the writers of one mapping.
#[derive(Debug, Default)]
pub(crate) struct Gate(AtomicUsize);

/// A writer in the gate. Dropping it leaves.
#[derive(Debug)]
#[must_use]
pub(crate) struct Writer<'a>(&'a Gate);

impl Gate {
    /// Enters, unless the gate is closed.
    #[inline]
    pub(crate) fn enter(&self) -> Option<Writer<'_>> {
        let before = self.0.fetch_add(WRITER, Ordering::SeqCst);
        let writer = Writer(self);
        (before & (WATCHED | PROTECTING) == 0).then_some(writer)
    }

    /// Enters a closed gate. The caller holds the lock of whatever closed it.
    pub(crate) fn enter_closed(&self) -> Writer<'_> {
        self.0.fetch_add(WRITER, Ordering::SeqCst);
        Writer(self)
    }

    /// Closes the gate while windows exist, or opens it again.
    pub(crate) fn watch(&self, watched: bool) {
        if watched {
            self.0.fetch_or(WATCHED, Ordering::SeqCst);
        } else {
            self.0.fetch_and(!WATCHED, Ordering::SeqCst);
        }
    }

    /// Whether the gate is empty, or will be at once. A writer that waits for a
    /// disk does not leave at once.
    pub(crate) fn is_empty_soon(&self) -> bool {
        (0..LOOKS).any(|look| {
            if look > 0 {
                thread::yield_now();
            }
            self.is_empty()
        })
    }

    /// Runs `change` while nobody is in the gate. The caller holds a lock that
    /// lets one caller in at a time.
    pub(crate) fn while_empty<R>(&self, change: impl FnOnce() -> R) -> R {
        self.0.fetch_or(PROTECTING, Ordering::SeqCst);
        let _open = Reopen(self);
        while !self.is_empty() {
            thread::yield_now();
        }
        change()
    }

    fn is_empty(&self) -> bool {
        self.0.load(Ordering::SeqCst) < WRITER
    }
}

impl Drop for Writer<'_> {
    #[inline]
    fn drop(&mut self) {
        self.0.0.fetch_sub(WRITER, Ordering::SeqCst);
    }
}

/// Opens the gate after a change, even after one that panics.
struct Reopen<'a>(&'a Gate);

impl Drop for Reopen<'_> {
    fn drop(&mut self) {
        self.0.0.fetch_and(!PROTECTING, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicBool;

    #[test]
    fn a_gate_is_closed_as_long_as_windows_exist() {
        let gate = Gate::default();
        let writer = gate.enter().unwrap();
        gate.watch(true);
        assert!(gate.enter().is_none());
        assert!(!gate.is_empty_soon());
        drop(writer);
        assert!(gate.is_empty_soon());
        let writer = gate.enter_closed();
        assert!(!gate.is_empty_soon());
        drop(writer);
        gate.watch(false);
        assert!(gate.enter().is_some());
    }

    #[test]
    fn a_change_waits_for_writers_and_keeps_others_out() {
        let rounds = if cfg!(miri) { 20 } else { 20_000 };
        let gate = Gate::default();
        let (changing, done) = (AtomicBool::new(false), AtomicBool::new(false));
        thread::scope(|scope| {
            scope.spawn(|| {
                while !done.load(Ordering::SeqCst) {
                    if let Some(_writer) = gate.enter() {
                        assert!(!changing.load(Ordering::SeqCst));
                    }
                }
            });
            for _ in 0..rounds {
                gate.while_empty(|| {
                    changing.store(true, Ordering::SeqCst);
                    changing.store(false, Ordering::SeqCst);
                });
            }
            done.store(true, Ordering::SeqCst);
        });
    }
}
