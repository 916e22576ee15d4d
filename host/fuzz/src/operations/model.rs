//! What mappings must do, in plain vectors.

use crate::input::page;
use crate::outcome::{Failure::*, Outcome, within};
use mem_contract::{Access, Advice, ByteRange, ErrorCode, ErrorCode::*};
use mem_contract::{MapFlags, MapOptions, Protection};
use std::collections::BTreeMap;
use std::ops::Range;

pub const MAX_MAPPED: u64 = 1 << 20;
pub const MAX_PRIVATE: u64 = 1 << 17;
pub const MAX_LOCKED: u64 = 1 << 15;
pub const MAX_MAPPINGS: u64 = 10;
pub const MAX_READ: u64 = 20_000;

/// What the system keeps for a page. A run of equal pages counts as one mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    pub write: bool,
    pub execute: bool,
    pub locked: bool,
    order: Advice,
    huge: Option<Advice>,
}

/// A byte of a mapping that does not share its bytes with the file.
#[derive(Clone, Copy, Debug)]
struct Private {
    byte: u8,
    /// Whether it was written through the mapping.
    own: bool,
    /// Whether the file has not changed it since. It is unspecified whether such
    /// a change shows.
    known: bool,
}

#[derive(Debug)]
pub struct Mapping {
    /// The file, none for anonymous memory.
    file: Option<usize>,
    access: Access,
    offset: usize,
    pub size: usize,
    /// The bytes, unless they are the bytes of the file.
    private: Option<Vec<Private>>,
    pub pages: Vec<Page>,
    /// Where in its page the first byte lies.
    into_page: usize,
}

impl Mapping {
    pub fn checked(&self, range: ByteRange) -> Outcome<Range<usize>> {
        within(range.offset, range.length, self.size)
    }

    fn checked_or_all(&self, range: Option<ByteRange>) -> Outcome<Range<usize>> {
        range.map_or(Ok(0..self.size), |range| self.checked(range))
    }

    fn pages_of(&self, range: &Range<usize>) -> Range<usize> {
        if range.is_empty() {
            return 0..0;
        }
        let start = (self.into_page + range.start) / page();
        start..(self.into_page + range.end).div_ceil(page())
    }

    fn runs(pages: &[Page]) -> u64 {
        let splits = pages.windows(2).filter(|pair| pair[0] != pair[1]).count();
        1 + splits as u64
    }

    pub fn check_writable(&self, range: &Range<usize>) -> Outcome<()> {
        let writable = |page: &Page| page.write;
        if self.access == Access::ReadOnly || !self.pages[self.pages_of(range)].iter().all(writable)
        {
            return Err(Error(ReadOnly));
        }
        Ok(())
    }
}

/// Everything that the host keeps for the guest.
pub struct Model {
    pub files: [Option<Vec<u8>>; 4],
    pub mappings: BTreeMap<u32, Mapping>,
    pub may_execute: bool,
}

/// Where a path leads that the host resolves.
#[derive(Clone, Copy, Debug)]
pub enum Target {
    /// To the file of this number. The last lies in a directory that is granted
    /// for reading.
    File(usize),
    Directory,
    /// To the outside of its granted directory, which the host finds out when it
    /// opens the path.
    Outside,
}

/// A target, or why the host refuses the path before it opens anything.
pub type Path = Result<Target, ErrorCode>;

pub const READ_ONLY_FILE: usize = 3;

impl Model {
    fn charge(&self, options: &MapOptions, length: u64) -> Outcome<()> {
        if options.flags.contains(MapFlags::EXEC) && !self.may_execute {
            return Err(Error(AccessDenied));
        }
        let is_anonymous = options.flags.contains(MapFlags::ANONYMOUS);
        let is_private = is_anonymous || options.access == Access::CopyOnWrite;
        let mappings = || self.mappings.values();
        let mapped: u64 = mappings().map(|m| m.size as u64).sum();
        let private = mappings().filter(|m| m.private.is_some());
        let private: u64 = private.map(|m| m.size as u64).sum();
        let exceeds =
            |used: u64, more: u64, limit| used.checked_add(more).is_none_or(|u| u > limit);
        if exceeds(mapped, length, MAX_MAPPED)
            || is_private && exceeds(private, length, MAX_PRIVATE)
            || exceeds(self.pieces(), 1, MAX_MAPPINGS)
        {
            return Err(Error(QuotaExceeded));
        }
        Ok(())
    }

    fn pieces(&self) -> u64 {
        self.mappings
            .values()
            .map(|m| Mapping::runs(&m.pages))
            .sum()
    }

    fn locked(&self) -> usize {
        let pages = self.mappings.values().flat_map(|m| &m.pages);
        pages.filter(|page| page.locked).count() * page()
    }

    /// A mapping, which the model does not have yet.
    pub fn map(&mut self, path: Path, options: &MapOptions) -> Outcome<Mapping> {
        let &MapOptions { access, offset, .. } = options;
        let create = options.flags.contains(MapFlags::CREATE);
        if options.flags.contains(MapFlags::ANONYMOUS) {
            let length = options.length.ok_or(Error(InvalidArgument))?;
            if length == 0 || offset != 0 || create {
                return Err(Error(InvalidArgument));
            }
            self.charge(options, length)?;
            return Ok(self.mapping(None, options, length as usize));
        }
        let target = path.map_err(Error)?;
        if create && access != Access::ReadWrite {
            return Err(Error(InvalidArgument));
        }
        let end = offset.checked_add(options.length.unwrap_or(0));
        let end = end.ok_or(Error(InvalidArgument))?;
        // Without `create` the file may be too short, and that error comes first.
        let at_first = options.length.filter(|_| create);
        self.charge(options, at_first.unwrap_or(0))?;
        if create && end > i64::MAX as u64 {
            return Err(Error(NoSpace));
        }
        let file = match target {
            Target::File(READ_ONLY_FILE) if access == Access::ReadWrite => {
                return Err(Error(AccessDenied));
            }
            Target::File(file) => file,
            Target::Directory => return Err(Error(NotAFile)),
            Target::Outside => return Err(Error(AccessDenied)),
        };
        let length_now = match &self.files[file] {
            Some(bytes) => bytes.len() as u64,
            None if create => 0,
            None => return Err(Error(NotFound)),
        };
        let length_then = if create {
            length_now.max(end)
        } else {
            length_now
        };
        if end > length_then {
            return Err(Error(OutOfBounds));
        }
        let length = options.length.unwrap_or(length_then - offset);
        self.charge(options, length)?;
        if create {
            let bytes = self.files[file].get_or_insert_default();
            bytes.resize(length_then as usize, 0);
        }
        Ok(self.mapping(Some(file), options, length as usize))
    }

    fn mapping(&self, file: Option<usize>, options: &MapOptions, size: usize) -> Mapping {
        let offset = options.offset as usize;
        let byte = |byte| Private {
            byte,
            own: false,
            known: true,
        };
        let private = match file {
            None => Some(vec![byte(0); size]),
            Some(file) if options.access == Access::CopyOnWrite => {
                let bytes = self.files[file].as_deref().unwrap();
                Some(bytes[offset..][..size].iter().copied().map(byte).collect())
            }
            Some(_) => None,
        };
        let into_page = if size == 0 { 0 } else { offset % page() };
        let page_state = Page {
            write: options.access != Access::ReadOnly,
            execute: options.flags.contains(MapFlags::EXEC),
            locked: false,
            order: Advice::Normal,
            huge: None,
        };
        let pages = if size == 0 {
            0
        } else {
            (into_page + size).div_ceil(page())
        };
        Mapping {
            file,
            access: options.access,
            offset,
            size,
            private,
            pages: vec![page_state; pages],
            into_page,
        }
    }

    /// The bytes, none where they are unspecified.
    pub fn bytes(&self, handle: u32, range: Range<usize>) -> Vec<Option<u8>> {
        let mapping = &self.mappings[&handle];
        match &mapping.private {
            Some(bytes) => bytes[range]
                .iter()
                .map(|byte| byte.known.then_some(byte.byte))
                .collect(),
            None => {
                let bytes = self.files[mapping.file.unwrap()].as_deref().unwrap();
                let bytes = &bytes[mapping.offset..][..mapping.size];
                bytes[range].iter().copied().map(Some).collect()
            }
        }
    }

    pub fn write(&mut self, handle: u32, offset: u64, from: &[u8]) -> Outcome<()> {
        let mapping = self.mappings.get_mut(&handle).ok_or(Trap)?;
        let range = within(offset, from.len() as u64, mapping.size)?;
        mapping.check_writable(&range)?;
        if let Some(bytes) = &mut mapping.private {
            for (to, &byte) in bytes[range].iter_mut().zip(from) {
                *to = Private {
                    byte,
                    own: true,
                    known: true,
                };
            }
            return Ok(());
        }
        let file = mapping.file.unwrap();
        let start = mapping.offset + range.start;
        self.files[file].as_mut().unwrap()[start..][..from.len()].copy_from_slice(from);
        // A private mapping of the file may show the bytes, if it has not written
        // them itself.
        let copies = self.mappings.values_mut().filter(|m| m.file == Some(file));
        for copy in copies {
            let Some(bytes) = &mut copy.private else {
                continue;
            };
            for (at, byte) in bytes.iter_mut().enumerate() {
                let in_file = copy.offset + at;
                if (start..start + from.len()).contains(&in_file) && !byte.own {
                    byte.known = false;
                }
            }
        }
        Ok(())
    }

    /// Changes the pages, if the quotas allow it.
    fn change(
        &mut self,
        handle: u32,
        range: &Range<usize>,
        change: impl Fn(&mut Page),
    ) -> Outcome<()> {
        let others = self.pieces();
        let mapping = self.mappings.get_mut(&handle).unwrap();
        let mut pages = mapping.pages.clone();
        pages[mapping.pages_of(range)].iter_mut().for_each(change);
        let (before, after) = (Mapping::runs(&mapping.pages), Mapping::runs(&pages));
        if after > before && others - before + after > MAX_MAPPINGS {
            return Err(Error(QuotaExceeded));
        }
        mapping.pages = pages;
        Ok(())
    }

    fn range(&self, handle: u32, range: Option<ByteRange>) -> Outcome<Range<usize>> {
        self.mappings
            .get(&handle)
            .ok_or(Trap)?
            .checked_or_all(range)
    }

    pub fn flush(&self, handle: u32, range: Option<ByteRange>) -> Outcome<()> {
        self.range(handle, range).map(|_| ())
    }

    pub fn lock(&mut self, handle: u32, range: Option<ByteRange>) -> Outcome<()> {
        let range = self.range(handle, range)?;
        let mapping = &self.mappings[&handle];
        let pages = &mapping.pages[mapping.pages_of(&range)];
        let new = pages.iter().filter(|page| !page.locked).count() * page();
        if new > 0 && (self.locked() + new) as u64 > MAX_LOCKED {
            return Err(Error(LockLimit));
        }
        self.change(handle, &range, |page| page.locked = true)
    }

    pub fn unlock(&mut self, handle: u32, range: Option<ByteRange>) -> Outcome<()> {
        let range = self.range(handle, range)?;
        let mapping = &self.mappings[&handle];
        let pages = &mapping.pages[mapping.pages_of(&range)];
        if pages.iter().any(|page| !page.locked) {
            return Err(Error(NotLocked));
        }
        self.change(handle, &range, |page| page.locked = false)
    }

    pub fn protect(
        &mut self,
        handle: u32,
        range: Option<ByteRange>,
        protection: Protection,
    ) -> Outcome<()> {
        let range = self.range(handle, range)?;
        let (write, execute) = (protection.allows_write(), protection.allows_execute());
        let read_only = self.mappings[&handle].access == Access::ReadOnly;
        if write && read_only || execute && !self.may_execute {
            return Err(Error(AccessDenied));
        }
        self.change(handle, &range, |page| {
            page.write = write;
            page.execute = execute;
        })
    }

    /// What advice about `ranges` must give: all of them are checked first. Systems
    /// need not know all kinds, so `got` is what this one said.
    pub fn advise(
        &mut self,
        handle: u32,
        ranges: &[Option<ByteRange>],
        advice: Advice,
        got: Outcome<()>,
    ) -> Outcome<()> {
        use Advice::*;
        self.mappings.get(&handle).ok_or(Trap)?;
        let checked = |range: &Option<ByteRange>| {
            let range = self.range(handle, *range)?;
            if advice == PopulateWrite {
                self.mappings[&handle].check_writable(&range)?;
            }
            Ok(range)
        };
        let ranges = ranges.iter().map(checked).collect::<Outcome<Vec<_>>>()?;
        let change = |page: &mut Page| match advice {
            Normal | Random | Sequential => page.order = advice,
            HugePage | NoHugePage => page.huge = Some(advice),
            _ => {}
        };
        let pages = self.mappings[&handle].pages.clone();
        for range in &ranges {
            self.change(handle, range, change)?;
        }
        let some = ranges.iter().any(|range| !range.is_empty());
        let all_know_it = matches!(advice, Normal | Random | Sequential | WillNeed);
        if some && !all_know_it && got == Err(Error(Unsupported)) {
            self.mappings.get_mut(&handle).unwrap().pages = pages;
            return got;
        }
        Ok(())
    }
}
