//! A copy that stands in for pages of the file.

use std::ops;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use mem_contract::{ByteRange, ErrorCode};

use super::changes;
use crate::cause::Cause;
use crate::placement::Placement;
use crate::shared::{self, Shared};

/// A copy of a range of a mapping. Its address is the range's offset in the
/// file, modulo the page.
pub(super) struct Copied {
    /// The copy, and before it as many bytes as it needs to lie at its address.
    memory: Vec<u8>,
    /// Where in the memory the copy starts.
    start: usize,
    page: usize,
    /// Whether somebody borrowed it to write since it was written back.
    borrowed: AtomicBool,
    /// Whether somebody has a pointer to write by. Nobody can see its use.
    pointed_to: bool,
    /// What write-back compares with, where writes are to reach the mapping.
    kept: Option<Mutex<Kept>>,
}

/// What the mapping had when the copy was made, and what was written back to
/// it since. Empty, with room for the bytes, until the copy is first borrowed
/// to be written.
type Kept = Vec<u8>;

impl Copied {
    /// A copy of a range inside the mapping, the range of `placement`.
    pub fn new(shared: &Shared, range: ByteRange, placement: Placement) -> Result<Self, Cause> {
        let page = placement.align;
        // Room for any lead, and for an address if there are no bytes.
        let room = placement.len.checked_add(page);
        let mut memory = shared::with_room(room.ok_or(ErrorCode::QuotaExceeded)?)?;
        let address = memory.as_ptr().addr();
        // Pages are powers of two, and so is where addresses wrap.
        let start = placement.start.wrapping_sub(address) % page;
        memory.resize(start, 0);
        shared.append(range, &mut memory)?;
        Ok(Self {
            memory,
            start,
            page,
            borrowed: AtomicBool::new(false),
            pointed_to: false,
            kept: None,
        })
    }

    /// The copy, to be written back. It takes its length once more.
    pub fn keeping_what_it_was(mut self) -> Result<Self, Cause> {
        let kept = shared::with_room(self.slice().len())?;
        self.kept = Some(Mutex::new(kept));
        Ok(self)
    }

    #[inline]
    pub fn slice(&self) -> &[u8] {
        &self.memory[self.start..]
    }

    #[inline]
    pub fn slice_mut(&mut self) -> &mut [u8] {
        if !*self.borrowed.get_mut() {
            self.keep();
        }
        &mut self.memory[self.start..]
    }

    pub fn as_mut_ptr(&mut self) -> *mut u8 {
        self.pointed_to = true;
        self.slice_mut().as_mut_ptr()
    }

    /// Call this before somebody borrows the copy to write.
    #[cold]
    fn keep(&mut self) {
        *self.borrowed.get_mut() = true;
        if let Some(kept) = &mut self.kept {
            let kept = kept.get_mut().unwrap_or_else(PoisonError::into_inner);
            if kept.is_empty() {
                kept.extend_from_slice(&self.memory[self.start..]);
            }
        }
    }

    /// Writes what was changed in the pages of `part` to the mapping. The copy
    /// starts at `offset` in it.
    pub fn write_back(
        &self,
        shared: &Shared,
        offset: u64,
        part: ops::Range<usize>,
    ) -> Result<(), Cause> {
        let Some(kept) = &self.kept else {
            return Ok(());
        };
        // A writer has to borrow the copy, and the borrow orders its writes with
        // this look.
        if !(self.pointed_to || self.borrowed.load(Ordering::Relaxed)) {
            return Ok(());
        }
        // Each run is noted when it has been written, whatever panicked.
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        let copy = self.slice();
        let part = self.whole_pages(part);
        let mut at = part.start;
        while let Some(run) = changes::first_run(&copy[at..part.end], &kept[at..part.end]) {
            let run = at + run.start..at + run.end;
            let changed = &copy[run.clone()];
            shared.write(offset + run.start as u64, changed)?;
            kept[run.clone()].copy_from_slice(changed);
            at = run.end;
        }
        if part == (0..copy.len()) {
            self.borrowed.store(false, Ordering::Relaxed);
        }
        Ok(())
    }

    /// A part of the copy, widened to whole pages as far as the copy has them.
    fn whole_pages(&self, part: ops::Range<usize>) -> ops::Range<usize> {
        if part.is_empty() {
            return part;
        }
        let copy = self.slice();
        let lead = copy.as_ptr().addr() % self.page;
        let start = (lead + part.start) / self.page * self.page;
        let end = (lead + part.end).next_multiple_of(self.page);
        start.saturating_sub(lead)..copy.len().min(end - lead)
    }
}
