//! What is done to whole pages: lock, protect, advise.

use super::pieces::{Huge, Order, PageState, Pieces};
use super::{Access, Advice, ByteRange, Mapping, Protection};
use crate::explanation::{lock_limit, out_of_mappings};
use crate::policy::exec_not_granted;
use crate::quota::Charges;
use crate::{Error, fault};
use std::io::ErrorKind;
use std::iter;
use std::mem;
use std::ops::Range;
use std::ptr;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{MutexGuard, PoisonError};

/// How often a lock is tried that seems to exceed the process's limit.
const LOCK_TRIES: usize = 8;

impl Mapping {
    /// Holds the pages of `range` in RAM.
    ///
    /// # Errors
    ///
    /// `OutOfBounds`, `LockLimit`, `Truncated`, and `QuotaExceeded` if the
    /// pages would be in more pieces than the embedder allows. Then nothing is
    /// locked that was not before.
    pub fn lock(&self, range: Option<ByteRange>) -> Result<(), Error> {
        let range = self.checked_or_all(range)?;
        if range.is_empty() {
            return Ok(());
        }
        self.check_present(&range)?;
        let pages = self.pages_of(&range);
        let mut held = self.lock_pages();
        let new: Vec<Range<usize>> = held
            .pieces
            .within(&pages)
            .filter(|(_, state)| !state.locked)
            .map(|(run, _)| run)
            .collect();
        let before = held.charges.locked.amount();
        let bytes: usize = new.iter().map(Range::len).sum();
        held.charges.locked.resize(before + bytes as u64)?;
        let locked = held.change(
            &pages,
            |state| state.locked = true,
            || {
                let lock = || {
                    region::lock(start(&pages), pages.len()).map_err(|error| {
                        tracing::debug!(%error, "lock");
                        self.probe(&range).err().unwrap_or(Error::LockLimit)
                    })
                };
                // A file that has grown again meanwhile looks like a limit, but
                // not each time.
                let guard = iter::repeat_with(lock)
                    .take(LOCK_TRIES)
                    .find(|locked| !matches!(locked, Err(Error::LockLimit)))
                    .unwrap_or_else(|| Err(Error::LockLimit.because(lock_limit())))?;
                // The state of the pages says what is locked.
                mem::forget(guard);
                Ok(())
            },
        );
        if locked.is_err() {
            for run in new {
                // mlock(2) can fail with part of the range locked.
                // SAFETY: these pages are ours and were not locked before.
                let _ = unsafe { region::unlock(start(&run), run.len()) };
            }
            held.charges.locked.try_resize(before);
        }
        locked
    }

    /// Undoes `lock` for the pages of `range`.
    ///
    /// # Errors
    ///
    /// `OutOfBounds`, `QuotaExceeded`, and `NotLocked` if any of the pages is
    /// not locked. Then nothing is unlocked.
    pub fn unlock(&self, range: Option<ByteRange>) -> Result<(), Error> {
        let range = self.checked_or_all(range)?;
        if range.is_empty() {
            return Ok(());
        }
        let pages = self.pages_of(&range);
        let mut held = self.lock_pages();
        if held.pieces.within(&pages).any(|(_, state)| !state.locked) {
            return Err(Error::NotLocked);
        }
        held.change(
            &pages,
            |state| state.locked = false,
            || {
                // SAFETY: these pages are ours, and the guest wants them unlocked.
                let unlocked = unsafe { region::unlock(start(&pages), pages.len()) };
                if unlocked.is_err()
                    && let Ok(guard) = region::lock(start(&pages), pages.len())
                {
                    // munlock(2) can fail with part of the range unlocked.
                    mem::forget(guard);
                }
                Ok(unlocked?)
            },
        )?;
        let left = held.charges.locked.amount() - pages.len() as u64;
        held.charges.locked.try_resize(left);
        Ok(())
    }

    /// Changes what the pages of `range` can be used for.
    ///
    /// # Errors
    ///
    /// `OutOfBounds`; `QuotaExceeded`; `AccessDenied` for writing to what was
    /// mapped read-only, and for execution that is not granted; `Busy` for
    /// taking a file's pages away from windows that can write them.
    pub fn protect(&self, range: Option<ByteRange>, protection: Protection) -> Result<(), Error> {
        let range = self.checked_or_all(range)?;
        if protection.write && self.access == Access::ReadOnly {
            let why = "the mapping was made read-only; map the file with another access";
            return Err(Error::AccessDenied.because(why));
        }
        if protection.execute && !self.may_execute {
            return Err(exec_not_granted());
        }
        if range.is_empty() {
            return Ok(());
        }
        let windows_write = self.access == Access::ReadWrite && self.attached.any();
        if !protection.write && windows_write {
            let why = "windows that can write the file are attached; detach them first";
            return Err(Error::Busy.because(why));
        }
        let pages = self.pages_of(&range);
        let mut held = self.lock_pages();
        let protected = held.change(
            &pages,
            |state| state.protection = protection,
            || {
                self.gate.while_empty(|| {
                    // Before a writer can enter that does not see it.
                    if !protection.write {
                        self.some_protected.store(true, Ordering::Relaxed);
                    }
                    set_protection(&pages, protection)
                })
            },
        );
        if protected == Err(Error::QuotaExceeded) {
            held.restore_protection(&pages, protection);
        }
        protected
    }

    /// Tells the operating system how `range` is going to be used.
    ///
    /// # Errors
    ///
    /// `OutOfBounds`, `QuotaExceeded`, `ReadOnly`, `Truncated`, and
    /// `Unsupported` for advice that the operating system does not take.
    pub fn advise(&self, range: Option<ByteRange>, advice: Advice) -> Result<(), Error> {
        let range = self.checked_or_all(range)?;
        if advice == Advice::PopulateWrite {
            self.check_writable(&range)?;
        }
        if range.is_empty() {
            return Ok(());
        }
        self.check_present(&range)?;
        let change = |state: &mut PageState| match advice {
            Advice::Normal => state.order = Order::Normal,
            Advice::Random => state.order = Order::Random,
            Advice::Sequential => state.order = Order::Sequential,
            Advice::HugePage => state.huge = Huge::Yes,
            Advice::NoHugePage => state.huge = Huge::No,
            Advice::WillNeed
            | Advice::Cold
            | Advice::PageOut
            | Advice::PopulateRead
            | Advice::PopulateWrite => {}
        };
        let pages = self.pages_of(&range);
        self.lock_pages().change(&pages, change, || {
            crate::os::advise(&self.map, range.clone(), advice).map_err(|error| {
                match (self.probe(&range), error.kind()) {
                    (Err(truncated), _) => truncated,
                    (Ok(()), ErrorKind::InvalidInput) => Error::Unsupported.because(
                        "the operating system does not know this advice, or not for this kind of \
                         file; do without",
                    ),
                    // So Linux says that it cannot split a mapping.
                    (Ok(()), ErrorKind::WouldBlock) => {
                        Error::QuotaExceeded.because(out_of_mappings())
                    }
                    (Ok(()), _) => error.into(),
                }
            })
        })
    }

    pub(super) fn lock_pages(&self) -> MutexGuard<'_, Pages> {
        // A change is committed in one step, after all that could panic.
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The state of a mapping's pages, and what is charged for it.
#[derive(Debug)]
pub(super) struct Pages {
    pieces: Pieces,
    charges: Charges,
    /// The first page of private ones that can be written and are one piece as
    /// yet.
    whole: Option<usize>,
}

impl Pages {
    /// Those of a mapping, which are `private` if what is written to them is
    /// the process's own.
    pub(super) fn new(
        pages: Range<usize>,
        protection: Protection,
        charges: Charges,
        private: bool,
    ) -> Self {
        Self {
            whole: (private && protection.write && !pages.is_empty()).then_some(pages.start),
            pieces: Pieces::new(pages, protection),
            charges,
        }
    }

    /// Touches a page before the first change of any.
    ///
    /// Linux joins pieces that are alike again, unless each had been written
    /// first while they were apart, and then counts more than there are.
    fn touch_whole(&mut self) {
        if let Some(first) = self.whole.take() {
            fault::expect();
            let first = ptr::with_exposed_provenance_mut::<u8>(first);
            // SAFETY: the mapping has this page and owns these pages, and none
            // of them was protected yet. If the file has lost the page, the
            // mapping's guard has it replaced.
            let first = unsafe { AtomicU8::from_ptr(first) };
            // This writes what is there already. If it fails, somebody else has
            // written the byte meanwhile, which is as good.
            let byte = first.load(Ordering::Relaxed);
            let _ = first.compare_exchange(byte, byte, Ordering::Relaxed, Ordering::Relaxed);
        }
    }

    /// Whether one of `pages` is not writable.
    pub(super) fn any_protected(&self, pages: Range<usize>) -> bool {
        self.pieces
            .within(&pages)
            .any(|(_, state)| !state.protection.write)
    }

    /// Undoes what mprotect(2) did to a part of `pages` before it failed to
    /// give them `protection`. Those that cannot be as they were count as
    /// writable only if they are so either way.
    fn restore_protection(&mut self, pages: &Range<usize>, protection: Protection) {
        let runs: Vec<_> = self.pieces.within(pages).collect();
        for (run, state) in runs {
            if set_protection(&run, state.protection).is_err() {
                self.pieces = self
                    .pieces
                    .changed(&run, |state| state.protection.write &= protection.write);
            }
        }
    }

    /// Makes a change to each of `pages`, charges for the pieces it leaves,
    /// and has `apply` tell the operating system; all of it or nothing.
    fn change(
        &mut self,
        pages: &Range<usize>,
        change: impl Fn(&mut PageState),
        apply: impl FnOnce() -> Result<(), Error>,
    ) -> Result<(), Error> {
        let changed = self.pieces.changed(pages, change);
        self.charges.resize_pieces(changed.len() as u64)?;
        self.touch_whole();
        if let Err(error) = apply() {
            self.charges.restore_pieces(self.pieces.len() as u64);
            return Err(error);
        }
        self.pieces = changed;
        Ok(())
    }
}

/// Has the operating system change the protection of `pages`, which are pages
/// of a mapping whose writers ask for the state of the pages first.
fn set_protection(pages: &Range<usize>, protection: Protection) -> Result<(), Error> {
    // SAFETY: the pages are a mapping's, they stay readable, and writes ask for
    // their state before they touch them.
    Ok(unsafe { region::protect(start(pages), pages.len(), protection.into()) }?)
}

/// The pointer that the system calls for `pages` want; it is never
/// dereferenced.
fn start(pages: &Range<usize>) -> *const u8 {
    ptr::with_exposed_provenance(pages.start)
}
