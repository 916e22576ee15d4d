//! What happens when bytes of a mapped file are gone.
//!
//! Touching a page behind the end of its file raises SIGBUS (`mmap(2)`), which
//! would end the process. So every mapping is registered here, and a fault
//! inside a registered range puts zero pages under the rest of the range and
//! notes where the bytes were lost. The access then finds out from
//! [`FaultGuard::lost_from`] that what it copied is not the file's.
//!
//! Faults outside every registered range go to whoever handled the signal
//! before. An embedder can leave the handler out: nothing is recovered then.

use std::io;
use std::ops::Range;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering, fence};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Installs the handler, unless the process has it.
///
/// # Errors
///
/// Those of `sigaction(2)`.
pub(crate) fn install_handler() -> io::Result<()> {
    static INSTALLED: Mutex<bool> = Mutex::new(false);
    let mut installed = INSTALLED.lock().unwrap_or_else(PoisonError::into_inner);
    if !*installed {
        crate::os::on_bus_error(recover)?;
        *installed = true;
    }
    Ok(())
}

/// Keeps a range of addresses registered while it is mapped.
///
/// It must be dropped before the range is unmapped.
#[derive(Debug)]
pub struct FaultGuard {
    slot: &'static Slot,
}

impl FaultGuard {
    /// Registers the whole pages `pages`.
    ///
    /// # Errors
    ///
    /// Those of `mmap(2)`.
    ///
    /// # Safety
    ///
    /// Until the guard is dropped, `pages` must be a mapping whose owner lets
    /// this module replace any tail of it by zero pages.
    pub unsafe fn new(pages: Range<usize>) -> io::Result<Self> {
        let slot = free_slots().pop().unwrap_or_else(Slot::publish_new);
        // If this fails, dropping the guard gives the slot back.
        let guard = Self { slot };
        if slot.spare.load(Ordering::SeqCst) == 0 {
            let spare = crate::os::take_spare_mappings()?;
            slot.spare.store(spare, Ordering::SeqCst);
        }
        slot.set(pages);
        Ok(guard)
    }

    /// The first address of the range whose bytes are lost; `usize::MAX` if
    /// none are.
    ///
    /// Called after an access, this tells of every loss that the access met.
    #[inline]
    pub fn lost_from(&self) -> usize {
        // The handler notes the loss before it puts zero pages in place, so
        // whoever has read such a zero sees the note, if it looks afterwards.
        // Fences do not keep the compiler from that: LLVM moves a load that
        // nobody else synchronizes with behind them, where a branch follows.
        #[cfg(not(miri))]
        // SAFETY: there are no instructions. The compiler has to take it that
        // they use any memory, and so keeps the access before them.
        unsafe {
            std::arch::asm!("", options(nostack, preserves_flags));
        }
        fence(Ordering::Acquire);
        self.slot.lost_from.load(Ordering::Acquire)
    }
}

impl Drop for FaultGuard {
    fn drop(&mut self) {
        self.slot.set(0..0);
        free_slots().push(self.slot);
    }
}

/// One registered range. Slots are never freed, so that the handler can walk
/// them without a lock; unused ones are empty and wait in [`free_slots`].
#[derive(Debug)]
struct Slot {
    /// Odd while the range is being changed, and different after each change.
    version: AtomicUsize,
    start: AtomicUsize,
    end: AtomicUsize,
    lost_from: AtomicUsize,
    /// Where the mappings are that the handler gives up if the process has as
    /// many as it may have; 0 once it has done so. They stay with the slot.
    spare: AtomicUsize,
    next: AtomicPtr<Slot>,
}

static SLOTS: AtomicPtr<Slot> = AtomicPtr::new(std::ptr::null_mut());

fn free_slots() -> MutexGuard<'static, Vec<&'static Slot>> {
    static FREE: Mutex<Vec<&'static Slot>> = Mutex::new(Vec::new());
    FREE.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Slot {
    /// Adds an empty slot to those that the handler walks.
    fn publish_new() -> &'static Slot {
        let slot: &'static Slot = Box::leak(Box::new(Slot {
            version: AtomicUsize::new(0),
            start: AtomicUsize::new(0),
            end: AtomicUsize::new(0),
            lost_from: AtomicUsize::new(usize::MAX),
            spare: AtomicUsize::new(0),
            next: AtomicPtr::default(),
        }));
        let pointer = std::ptr::from_ref(slot).cast_mut();
        let published = SLOTS.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |head| {
            slot.next.store(head, Ordering::SeqCst);
            Some(pointer)
        });
        debug_assert!(published.is_ok());
        slot
    }

    /// Only the slot's owner calls this, so there is one writer at a time.
    fn set(&self, pages: Range<usize>) {
        self.version.fetch_add(1, Ordering::SeqCst);
        self.start.store(pages.start, Ordering::SeqCst);
        self.end.store(pages.end, Ordering::SeqCst);
        self.lost_from.store(usize::MAX, Ordering::SeqCst);
        self.version.fetch_add(1, Ordering::SeqCst);
    }

    /// The range, or none if it is changing: then it is not the one in which
    /// this thread has just faulted, for that one is held by the access.
    fn range(&self) -> Option<Range<usize>> {
        let before = self.version.load(Ordering::SeqCst);
        let range = self.start.load(Ordering::SeqCst)..self.end.load(Ordering::SeqCst);
        let after = self.version.load(Ordering::SeqCst);
        (before == after && before.is_multiple_of(2)).then_some(range)
    }
}

/// Called in the signal handler: must not lock, allocate or panic. Returns
/// whether the access at `address` can be tried again.
fn recover(address: usize) -> bool {
    let mut next = SLOTS.load(Ordering::SeqCst);
    // SAFETY: the pointers in the list are those of leaked slots, or null.
    while let Some(slot) = unsafe { next.as_ref() } {
        if let Some(range) = slot.range()
            && range.contains(&address)
        {
            let page = address & !(crate::os::page_size() - 1);
            // Everything behind a page that is gone counts as gone as well.
            slot.lost_from.fetch_min(page, Ordering::SeqCst);
            // SAFETY: the access that faulted at `address` keeps its mapping,
            // and so the guard on this range, alive; whoever made the guard
            // lets any tail of the range be replaced.
            if unsafe { crate::os::put_zero_pages(page..range.end) }.is_ok() {
                return true;
            }
            // A process that has as many mappings as it may have cannot split
            // one, and one that has more, which splits like the above can lead
            // to, cannot even replace one. So others make room, and the whole
            // range is replaced: then it does not fault again.
            slot.lost_from.fetch_min(range.start, Ordering::SeqCst);
            let spare = slot.spare.swap(0, Ordering::SeqCst);
            if spare != 0 {
                // SAFETY: the slot has had them, and nobody else gets `spare`.
                unsafe { crate::os::give_up_spare_mappings(spare) };
            }
            // SAFETY: as above; the whole range is its own tail.
            return unsafe { crate::os::put_zero_pages(range) }.is_ok();
        }
        next = slot.next.load(Ordering::SeqCst);
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    #[test]
    fn a_range_that_changes_is_seen_whole_or_not_at_all() {
        let enough = if cfg!(miri) { 20 } else { 200_000 };
        let slot = Slot::publish_new();
        let seen = AtomicUsize::new(0);
        let changing = || seen.load(Ordering::Relaxed) < enough;
        thread::scope(|scope| {
            for _ in 0..2 {
                // As the handler does, on any thread.
                scope.spawn(|| {
                    while changing() {
                        if let Some(range) = slot.range() {
                            assert_eq!(range.end, 2 * range.start);
                            seen.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                });
            }
            (0..)
                .take_while(|_| changing())
                .for_each(|start| slot.set(start..2 * start));
        });
        slot.set(0..0);
    }
}
