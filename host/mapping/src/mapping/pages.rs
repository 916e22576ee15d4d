//! The state of a mapping's pages, and how it changes.

use super::runs::{PageState, Runs};
use crate::fault;
use crate::quotas::Charges;
use crate::system_error::system_error;
use mem_contract::{ErrorCode, Protection};
use std::ops::Range;
use std::ptr;
use std::sync::atomic::{AtomicU8, Ordering};

/// The state of a mapping's pages, and what they are charged.
#[derive(Debug)]
pub(super) struct Pages {
    pub(super) runs: Runs,
    pub(super) charges: Charges,
    /// The first page of private, writable pages that have been one run since
    /// they were mapped.
    whole: Option<usize>,
}

impl Pages {
    /// The state of fresh `pages`. They are `private` if what is written to
    /// them belongs to the process alone.
    pub(super) fn new(
        pages: Range<usize>,
        protection: Protection,
        charges: Charges,
        private: bool,
    ) -> Self {
        let whole = private && protection.allows_write() && !pages.is_empty();
        Self {
            whole: whole.then_some(pages.start),
            runs: Runs::new(pages, protection),
            charges,
        }
    }

    /// Touches a page before the first change of any.
    ///
    /// Linux joins runs that have become alike, unless each was first written
    /// while they were apart. Then it counts more mappings than there are runs.
    fn touch_whole(&mut self) {
        if let Some(first) = self.whole.take() {
            fault::expect();
            let first = ptr::with_exposed_provenance_mut::<u8>(first);
            // SAFETY: the mapping has this page and owns these pages, and none
            // of them was protected yet. If the file has lost the page, the
            // mapping's guard has it replaced.
            let first = unsafe { AtomicU8::from_ptr(first) };
            // This writes the byte that is there already. If it fails, somebody
            // else has written the page meanwhile, which does as well.
            let byte = first.load(Ordering::Relaxed);
            let _ = first.compare_exchange(byte, byte, Ordering::Relaxed, Ordering::Relaxed);
        }
    }

    /// Whether one of `pages` is not writable.
    pub(super) fn any_protected(&self, pages: Range<usize>) -> bool {
        self.runs
            .within(&pages)
            .any(|(_, state)| !state.protection.allows_write())
    }

    /// Undoes what mprotect(2) did to a part of `pages` before it failed to
    /// give them `protection`. Pages that cannot go back count as writable only
    /// if they are so either way.
    pub(super) fn restore_protection(&mut self, pages: &Range<usize>, protection: Protection) {
        let runs: Vec<_> = self.runs.within(pages).collect();
        for (run, state) in runs {
            if set_protection(&run, state.protection).is_err() {
                self.runs = self.runs.changed(&run, |state| {
                    let before = state.protection;
                    let write = before.allows_write() && protection.allows_write();
                    state.protection = Protection::new(write, before.allows_execute());
                });
            }
        }
    }

    /// Makes a change to each of `pages`, charges for the runs that it leaves,
    /// and calls `apply`, which makes the change in the operating system. It
    /// does all of this or nothing.
    pub(super) fn change(
        &mut self,
        pages: &Range<usize>,
        change: impl Fn(&mut PageState),
        apply: impl FnOnce() -> Result<(), ErrorCode>,
    ) -> Result<(), ErrorCode> {
        let changed = self.runs.changed(pages, change);
        self.charges.resize_runs(changed.len() as u64)?;
        self.touch_whole();
        if let Err(error) = apply() {
            self.charges.restore_runs(self.runs.len() as u64);
            return Err(error);
        }
        self.runs = changed;
        Ok(())
    }
}

/// Has the operating system change the protection of `pages`, which are pages
/// of a mapping whose writers ask for the state of the pages first.
pub(super) fn set_protection(
    pages: &Range<usize>,
    protection: Protection,
) -> Result<(), ErrorCode> {
    let protection = as_region(protection);
    // SAFETY: the pages are a mapping's, they stay readable, and writes ask for
    // their state before they touch them.
    unsafe { region::protect(start(pages), pages.len(), protection) }.map_err(system_error)
}

/// The protection as the crate `region` has it.
pub(super) fn as_region(protection: Protection) -> region::Protection {
    let mut converted = region::Protection::READ;
    converted.set(region::Protection::WRITE, protection.allows_write());
    converted.set(region::Protection::EXECUTE, protection.allows_execute());
    converted
}

/// The pointer for the system calls on `pages`. Nobody dereferences it.
pub(super) fn start(pages: &Range<usize>) -> *const u8 {
    ptr::with_exposed_provenance(pages.start)
}
