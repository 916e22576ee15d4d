//! What happens when bytes of a mapped file are gone.
//!
//! Touching a page behind the end of its file raises SIGBUS (`mmap(2)`), which
//! would end the process. So every mapping is registered here. On a fault inside
//! a registered range, the handler puts zero pages under the rest of the range
//! and notes where the bytes were lost. The access then asks
//! [`FaultGuard::lost_from`] whether it copied the file's bytes.
//!
//! Faults outside every registered range go to the handler that stood before. An
//! embedder can leave our handler out: then nothing is recovered.

use std::cell::Cell;
use std::io;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering, fence};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Whether the process has the handler.
static INSTALLED: AtomicBool = AtomicBool::new(false);

/// Installs the handler, unless the process has it.
///
/// # Errors
///
/// Those of `sigaction(2)`.
pub(crate) fn install_handler() -> io::Result<()> {
    static INSTALLING: Mutex<()> = Mutex::new(());
    let _alone = INSTALLING.lock().unwrap_or_else(PoisonError::into_inner);
    if !INSTALLED.load(Ordering::Acquire) {
        crate::os::on_bus_error(recover)?;
        INSTALLED.store(true, Ordering::Release);
    }
    Ok(())
}

/// Lets the handler work on this thread, once: a fault on a thread that blocks
/// SIGBUS ends the process. Programs block all signals on a thread if another is
/// to get them.
#[inline]
pub(crate) fn expect() {
    thread_local! {
        static EXPECTED: Cell<bool> = const { Cell::new(false) };
    }
    #[cold]
    fn expect_first(expected: &Cell<bool>) {
        if INSTALLED.load(Ordering::Acquire) {
            crate::os::unblock_bus_errors();
            expected.set(true);
        }
    }
    EXPECTED.with(|expected| {
        if !expected.get() {
            expect_first(expected);
        }
    });
}

/// Keeps a range of addresses registered while it is mapped.
///
/// Drop it before you unmap the range.
#[derive(Debug)]
pub struct FaultGuard {
    slot: &'static Slot,
}

impl FaultGuard {
    /// Registers the whole pages `pages`.
    ///
    /// # Errors
    ///
    /// Those of `mmap(2)`, if the process has as many mappings as it may have,
    /// or nearly as many.
    ///
    /// # Safety
    ///
    /// Until the guard is dropped, `pages` must be a mapping, and its owner must
    /// let this module replace any tail of it by zero pages.
    pub unsafe fn new(pages: Range<usize>) -> io::Result<Self> {
        spares::fill()?;
        let slot = free_slots().pop().unwrap_or_else(Slot::publish_new);
        slot.set(pages);
        Ok(Self { slot })
    }

    /// The first address of the range whose bytes are lost; `usize::MAX` if
    /// none are.
    ///
    /// Call it after an access: it then reports every loss that the access met.
    #[inline]
    pub fn lost_from(&self) -> usize {
        // The handler notes the loss before it puts zero pages in place. So a
        // reader of such a zero sees the note if it looks afterwards. A fence
        // alone does not make the compiler look afterwards: LLVM moves a load
        // that nobody else synchronizes with behind it, where a branch follows.
        #[cfg(not(miri))]
        // SAFETY: there are no instructions. The compiler has to assume that
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

    /// The range, or none if it is changing. A range that changes is not the one
    /// in which this thread has just faulted, because the access holds that one.
    fn range(&self) -> Option<Range<usize>> {
        let before = self.version.load(Ordering::SeqCst);
        let range = self.start.load(Ordering::SeqCst)..self.end.load(Ordering::SeqCst);
        let after = self.version.load(Ordering::SeqCst);
        (before == after && before.is_multiple_of(2)).then_some(range)
    }
}

/// Runs in the signal handler, so it must not lock, allocate or panic. Returns
/// whether the access at `address` can be tried again.
fn recover(address: usize) -> bool {
    let mut next = SLOTS.load(Ordering::SeqCst);
    // SAFETY: each pointer in the list is null or points to a leaked slot.
    while let Some(slot) = unsafe { next.as_ref() } {
        if let Some(range) = slot.range()
            && range.contains(&address)
        {
            let page = address & !(crate::os::page_size() - 1);
            // Everything behind a page that is gone counts as gone as well.
            slot.lost_from.fetch_min(page, Ordering::SeqCst);
            // Replacing a tail splits a mapping, and so takes room that a
            // process near its limit has to keep.
            if spares::are_all_there() {
                // SAFETY: the access that faulted at `address` keeps its mapping
                // alive, and so the guard on this range. The caller that made
                // the guard allows us to replace any tail of the range.
                let put = unsafe { crate::os::put_zero_pages(page..range.end) };
                if put.is_ok() {
                    return true;
                }
            }
            slot.lost_from.fetch_min(range.start, Ordering::SeqCst);
            // SAFETY: as above; the whole range is its own tail.
            unsafe { replace(range) };
            return true;
        }
        next = slot.next.load(Ordering::SeqCst);
    }
    false
}

/// Replaces all of a range, in a process that has as many mappings as it may
/// have.
///
/// Such a process cannot split a mapping, but it can replace a whole one. With one
/// mapping more, which the system lets a process have, it cannot even do that. So
/// this function makes room by giving up one of the [`spares`], and tries again
/// until it succeeds: it never gives the fault up. Another thread can take the
/// room in between. A thread that maps by this crate gives it back, because
/// [`FaultGuard::new`] fails as long as spares are missing. Only if others take
/// the room of all spares does this thread wait, until one of them unmaps
/// something.
///
/// # Safety
///
/// As for [`os::put_zero_pages`](crate::os::put_zero_pages).
unsafe fn replace(range: Range<usize>) {
    loop {
        // SAFETY: the caller allows it.
        let replaced = unsafe { crate::os::put_zero_pages(range.clone()) }.is_ok()
            // These count against no limit of private memory (`RLIMIT_DATA`).
            // SAFETY: as above.
            || unsafe { crate::os::put_shared_zero_pages(range.clone()) }.is_ok();
        if replaced {
            return;
        }
        if !spares::give_one_up() {
            crate::os::pause();
        }
    }
}

/// Mappings that the handler gives up when the process has as many as it may
/// have. All ranges share them.
mod spares {
    use super::*;

    /// So many threads can each find a spare at the limit at the same time.
    const COUNT: usize = 16;

    /// Where they are; 0 where one is missing.
    static PLACES: [AtomicUsize; COUNT] = [const { AtomicUsize::new(0) }; COUNT];

    /// Makes the missing ones.
    ///
    /// # Errors
    ///
    /// Those of `mmap(2)`.
    pub(super) fn fill() -> io::Result<()> {
        for place in &PLACES {
            if place.load(Ordering::SeqCst) == 0 {
                let spare = crate::os::take_spare_mapping()?;
                let filled = place.compare_exchange(0, spare, Ordering::SeqCst, Ordering::SeqCst);
                if filled.is_err() {
                    // SAFETY: this call made it, and nobody else knows of it.
                    unsafe { crate::os::give_up_spare_mapping(spare) };
                }
            }
        }
        Ok(())
    }

    /// Whether none is missing. Can be called in a signal handler.
    pub(super) fn are_all_there() -> bool {
        let mut places = PLACES.iter();
        places.all(|place| place.load(Ordering::SeqCst) != 0)
    }

    /// Returns whether there was one. Can be called in a signal handler.
    pub(super) fn give_one_up() -> bool {
        PLACES.iter().any(|place| {
            let spare = place.swap(0, Ordering::SeqCst);
            if spare != 0 {
                // SAFETY: `fill` made it, and the swap gives it to one caller.
                unsafe { crate::os::give_up_spare_mapping(spare) };
            }
            spare != 0
        })
    }
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
