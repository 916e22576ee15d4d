//! A mapped file.

use super::pages::{PAGE, with_room};
use super::room::{Element, Room};
use super::wit::wasi::filesystem::types::Descriptor;
use super::{ErrorCode, Result};
use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::ops::Range;
use hashbrown::HashMap;

/// The most pages that one call of the runtime reads or writes.
/// Wasmtime reads no more than 64 KiB at a time.
pub const MOST_AT_ONCE: u64 = 16;

pub struct File {
    descriptor: Descriptor,
    is_writable: bool,
    /// The size of the file at the last look. Nothing is written behind it, because
    /// there can be bytes of others.
    pub size: u64,
    /// How many mappings the file has.
    pub mappings: usize,
    /// The kept pages, and the frame of each.
    pub kept: HashMap<u64, usize>,
    /// The kept pages that have to be written back.
    pub dirty: BTreeSet<u64>,
    ahead: ReadAhead,
}

impl File {
    /// A file without mappings.
    pub fn new(descriptor: Descriptor, is_writable: bool) -> Result<Self> {
        let mut file = Self {
            descriptor,
            is_writable,
            size: 0,
            mappings: 0,
            kept: HashMap::new(),
            dirty: BTreeSet::new(),
            ahead: ReadAhead::default(),
        };
        file.look()?;
        Ok(file)
    }

    /// Whether `other` is a descriptor of the same file.
    pub fn is(&self, other: &Descriptor) -> bool {
        self.descriptor.is_same_object(other)
    }

    /// Changes to another descriptor of the same file, if that can do more.
    pub fn reopened(&mut self, descriptor: Descriptor, is_writable: bool) {
        if is_writable && !self.is_writable {
            self.descriptor = descriptor;
            self.is_writable = true;
        }
    }

    /// Looks how large the file is, and keeps the size.
    pub fn look(&mut self) -> Result<u64> {
        self.size = self.descriptor.stat()?.size;
        Ok(self.size)
    }

    /// How large the file is. It does not keep the size.
    pub fn size_now(&self) -> Result<u64> {
        Ok(self.descriptor.stat()?.size)
    }

    /// Makes the file longer.
    pub fn grow(&mut self, size: u64) -> Result<()> {
        self.descriptor.set_size(size)?;
        self.size = size;
        Ok(())
    }

    pub fn sync(&self) -> Result<()> {
        Ok(self.descriptor.sync_data()?)
    }

    pub fn advise(&self, range: &Range<u64>, advice: super::wit::Advice) -> Result<()> {
        let length = range.end - range.start;
        Ok(self.descriptor.advise(range.start, length, advice)?)
    }

    /// Adds the bytes of `range` to `room`, fewer if the file ends before. Returns
    /// how many.
    ///
    /// # Panics
    ///
    /// If there is no room for them.
    pub fn read<E: Element>(&mut self, range: &Range<u64>, room: &mut Room<E>) -> Result<usize> {
        // At the known end there is no need to ask the runtime for more.
        let end = if range.start < self.size {
            range.end.min(self.size)
        } else {
            range.end
        };
        let mut at = range.start;
        while at < end {
            // There is room for the rest, so it fits.
            let (more, is_end) = room.read(&self.descriptor, at, (end - at) as usize)?;
            at += more as u64;
            if is_end || more == 0 {
                break;
            }
        }
        if at < end || at > self.size {
            self.size = at;
        }
        Ok((at - range.start) as usize)
    }

    /// Writes all of `bytes`.
    pub fn write(&self, mut at: u64, mut bytes: &[u8]) -> Result<()> {
        while !bytes.is_empty() {
            let written = self.descriptor.write(bytes, at)?;
            let written_here = usize::try_from(written).map_err(|_| ErrorCode::Io)?;
            bytes = match bytes.get(written_here..) {
                Some(rest) if written > 0 => rest,
                _ => return Err(ErrorCode::Io),
            };
            at += written;
        }
        Ok(())
    }

    /// How many pages to read from `page` on. The guest wants `wanted` of them.
    pub fn pages_to_read(&mut self, page: u64, wanted: u64) -> u64 {
        let most = self.ahead.at(page).max(wanted).min(MOST_AT_ONCE);
        let missing = (1..most).take_while(|next| !self.kept.contains_key(&(page + next)));
        let pages = 1 + missing.count() as u64;
        self.ahead.next = page + pages;
        pages
    }

    /// The dirty pages of `pages`, as ranges of successive pages. A range has at
    /// most as many pages as one call writes.
    pub fn dirty_runs(&self, pages: &Range<u64>) -> Vec<Range<u64>> {
        let mut runs: Vec<Range<u64>> = Vec::new();
        for &page in self.dirty.range(pages.clone()) {
            match runs.last_mut() {
                Some(run) if run.end == page && page - run.start < MOST_AT_ONCE => run.end += 1,
                _ => runs.push(page..page + 1),
            }
        }
        runs
    }
}

/// A buffer for as many pages as one call writes.
pub fn write_buffer() -> Result<Vec<u8>> {
    with_room(MOST_AT_ONCE * PAGE)
}

/// Doubles how much is read as long as successive pages are missing.
#[derive(Default)]
struct ReadAhead {
    next: u64,
    pages: u64,
}

impl ReadAhead {
    fn at(&mut self, page: u64) -> u64 {
        self.pages = if page == self.next && self.pages > 0 {
            (self.pages * 2).min(MOST_AT_ONCE)
        } else {
            1
        };
        self.pages
    }
}
