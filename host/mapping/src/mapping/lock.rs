use super::mapped::Mapping;
use super::pages::start;
use crate::explanation::Explain;
use crate::system_error::{lock_limit, system_error};
use mem_contract::{ByteRange, ErrorCode};
use std::iter;
use std::mem;
use std::ops::Range;

/// How often a lock is tried that seems to exceed the process's limit.
const LOCK_TRIES: usize = 8;

impl Mapping {
    /// Holds the pages of `range` in RAM.
    ///
    /// # Errors
    ///
    /// `OutOfBounds`, `LockLimit`, `Truncated`, and `QuotaExceeded` if the
    /// pages would be in more runs than the embedder allows. After an error
    /// nothing is locked that was not locked before.
    pub fn lock(&self, range: Option<ByteRange>) -> Result<(), ErrorCode> {
        let range = self.checked_or_all(range)?;
        if range.is_empty() {
            return Ok(());
        }
        self.check_present(&range)?;
        let pages = self.pages_of(&range);
        let mut held = self.lock_pages();
        let new: Vec<Range<usize>> = held
            .runs
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
                        self.probe(&range).err().unwrap_or(ErrorCode::LockLimit)
                    })
                };
                // A file that has grown again meanwhile looks like a limit, but
                // not each time.
                let guard = iter::repeat_with(lock)
                    .take(LOCK_TRIES)
                    .find(|locked| !matches!(locked, Err(ErrorCode::LockLimit)))
                    .unwrap_or_else(|| Err(ErrorCode::LockLimit.because(lock_limit())))?;
                // The state of the pages says what is locked.
                mem::forget(guard);
                Ok(())
            },
        );
        if locked.is_err() {
            for run in new {
                // mlock(2) can fail with part of the range locked.
                // SAFETY: these pages belong to this mapping and were not locked
                // before.
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
    /// not locked. After an error nothing is unlocked.
    pub fn unlock(&self, range: Option<ByteRange>) -> Result<(), ErrorCode> {
        let range = self.checked_or_all(range)?;
        if range.is_empty() {
            return Ok(());
        }
        let pages = self.pages_of(&range);
        let mut held = self.lock_pages();
        if held.runs.within(&pages).any(|(_, state)| !state.locked) {
            return Err(ErrorCode::NotLocked);
        }
        held.change(
            &pages,
            |state| state.locked = false,
            || {
                // SAFETY: these pages belong to this mapping, and the guest wants
                // them unlocked.
                let unlocked = unsafe { region::unlock(start(&pages), pages.len()) };
                if unlocked.is_err()
                    && let Ok(guard) = region::lock(start(&pages), pages.len())
                {
                    // munlock(2) can fail with part of the range unlocked.
                    mem::forget(guard);
                }
                unlocked.map_err(system_error)
            },
        )?;
        let left = held.charges.locked.amount() - pages.len() as u64;
        held.charges.locked.try_resize(left);
        Ok(())
    }
}
