//! What mappings must be, in plain vectors.

use crate::guest::{Failure, Failure::*, Outcome};
use crate::input::page;
use std::collections::BTreeMap;
use std::ops::Range;

pub const MAX_MAPPED: u64 = 1 << 20;
pub const MAX_PRIVATE: u64 = 1 << 17;
pub const MAX_LOCKED: u64 = 1 << 15;
pub const MAX_MAPPINGS: u64 = 10;
pub const MAX_READ: u64 = 20_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    ReadOnly,
    ReadWrite,
    CopyOnWrite,
}

/// What the system keeps for a page. Runs of pages alike count as one mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    pub write: bool,
    pub execute: bool,
    pub locked: bool,
    pub order: u8,
    pub huge: u8,
}

/// A byte of a mapping that does not share its bytes with the file.
#[derive(Clone, Copy, Debug)]
struct Private {
    byte: u8,
    /// Written through the mapping.
    own: bool,
    /// Not changed in the file since: whether such a change is seen is
    /// unspecified.
    known: bool,
}

#[derive(Debug)]
pub struct Mapping {
    /// The file, none for anonymous memory.
    file: Option<usize>,
    access: Access,
    offset: usize,
    pub size: usize,
    /// The bytes, unless they are the file's.
    private: Option<Vec<Private>>,
    pub pages: Vec<Page>,
    /// Where in its page the first byte lies.
    into_page: usize,
}

impl Mapping {
    pub fn checked(&self, offset: u64, length: u64) -> Outcome<Range<usize>> {
        match offset.checked_add(length) {
            Some(end) if end <= self.size as u64 => Ok(offset as usize..end as usize),
            _ => Err(OutOfBounds),
        }
    }

    pub fn checked_or_all(&self, range: Option<(u64, u64)>) -> Outcome<Range<usize>> {
        match range {
            Some((offset, length)) => self.checked(offset, length),
            None => Ok(0..self.size),
        }
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
            return Err(ReadOnly);
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

/// What a guest asks of `file-map`.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    pub access: Access,
    pub anonymous: bool,
    pub execute: bool,
    pub create: bool,
    pub offset: u64,
    pub length: Option<u64>,
}

/// Where a path leads.
#[derive(Clone, Copy, Debug)]
pub enum Target {
    /// Files are numbered; the last is in a directory granted for reading.
    File(usize),
    Directory,
    /// What opening it finds out.
    Outside,
    /// In no granted directory, or no path at all.
    Refused(Failure),
}

pub const READ_ONLY_FILE: usize = 3;

impl Model {
    fn charge(&self, options: Options, length: u64) -> Outcome<()> {
        if options.execute && !self.may_execute {
            return Err(AccessDenied);
        }
        let is_private = options.anonymous || options.access == Access::CopyOnWrite;
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
            return Err(QuotaExceeded);
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

    /// A mapping, which is not among those of the model yet.
    pub fn map(&mut self, target: Target, options: Options) -> Outcome<Mapping> {
        let Options { access, offset, .. } = options;
        if options.anonymous {
            let length = options.length.ok_or(InvalidArgument)?;
            if length == 0 || offset != 0 || options.create {
                return Err(InvalidArgument);
            }
            self.charge(options, length)?;
            return Ok(self.mapping(None, options, length as usize));
        }
        if let Target::Refused(failure @ (InvalidArgument | AccessDenied)) = target {
            return Err(failure);
        }
        if options.create && access != Access::ReadWrite {
            return Err(InvalidArgument);
        }
        let end = offset.checked_add(options.length.unwrap_or(0));
        let end = end.ok_or(InvalidArgument)?;
        // A file that stays as it is may be too short, which counts first.
        let at_first = options.length.filter(|_| options.create);
        self.charge(options, at_first.unwrap_or(0))?;
        if options.create && end > i64::MAX as u64 {
            return Err(NoSpace);
        }
        let file = match target {
            Target::File(READ_ONLY_FILE) if access == Access::ReadWrite => {
                return Err(AccessDenied);
            }
            Target::File(file) => file,
            Target::Directory => return Err(NotAFile),
            Target::Outside => return Err(AccessDenied),
            Target::Refused(failure) => return Err(failure),
        };
        let create = options.create;
        let length_now = match &self.files[file] {
            Some(bytes) => bytes.len() as u64,
            None if create => 0,
            None => return Err(NotFound),
        };
        let length_then = if create {
            length_now.max(end)
        } else {
            length_now
        };
        if end > length_then {
            return Err(OutOfBounds);
        }
        let length = options.length.unwrap_or(length_then - offset);
        self.charge(options, length)?;
        if create {
            let bytes = self.files[file].get_or_insert_default();
            bytes.resize(length_then as usize, 0);
        }
        Ok(self.mapping(Some(file), options, length as usize))
    }

    fn mapping(&self, file: Option<usize>, options: Options, size: usize) -> Mapping {
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
            execute: options.execute,
            locked: false,
            order: 0,
            huge: 0,
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
        let range = mapping.checked(offset, from.len() as u64)?;
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
        // Others see it, if they have the bytes for themselves perhaps.
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

    /// Whether the pages can be changed so within the quotas.
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
            return Err(QuotaExceeded);
        }
        mapping.pages = pages;
        Ok(())
    }

    fn range(&self, handle: u32, range: Option<(u64, u64)>) -> Outcome<Range<usize>> {
        self.mappings
            .get(&handle)
            .ok_or(Trap)?
            .checked_or_all(range)
    }

    pub fn flush(&self, handle: u32, range: Option<(u64, u64)>) -> Outcome<()> {
        self.range(handle, range).map(|_| ())
    }

    pub fn lock(&mut self, handle: u32, range: Option<(u64, u64)>) -> Outcome<()> {
        let range = self.range(handle, range)?;
        let mapping = &self.mappings[&handle];
        let pages = &mapping.pages[mapping.pages_of(&range)];
        let new = pages.iter().filter(|page| !page.locked).count() * page();
        if new > 0 && (self.locked() + new) as u64 > MAX_LOCKED {
            return Err(LockLimit);
        }
        self.change(handle, &range, |page| page.locked = true)
    }

    pub fn unlock(&mut self, handle: u32, range: Option<(u64, u64)>) -> Outcome<()> {
        let range = self.range(handle, range)?;
        let mapping = &self.mappings[&handle];
        let pages = &mapping.pages[mapping.pages_of(&range)];
        if pages.iter().any(|page| !page.locked) {
            return Err(NotLocked);
        }
        self.change(handle, &range, |page| page.locked = false)
    }

    pub fn protect(
        &mut self,
        handle: u32,
        range: Option<(u64, u64)>,
        protection: u8,
    ) -> Outcome<()> {
        let range = self.range(handle, range)?;
        let (write, execute) = (protection & 1 != 0, protection & 2 != 0);
        let read_only = self.mappings[&handle].access == Access::ReadOnly;
        if write && read_only || execute && !self.may_execute {
            return Err(AccessDenied);
        }
        self.change(handle, &range, |page| {
            page.write = write;
            page.execute = execute;
        })
    }

    /// What advice must give, and with `taken` what the system said: it may
    /// not know some kinds.
    pub fn advise(
        &mut self,
        handle: u32,
        range: Option<(u64, u64)>,
        advice: u8,
        taken: Outcome<()>,
    ) -> Outcome<()> {
        const SURE: Range<u8> = 0..4;
        const POPULATE_WRITE: u8 = 7;
        let range = self.range(handle, range)?;
        if advice == POPULATE_WRITE {
            self.mappings[&handle].check_writable(&range)?;
        }
        let change = |page: &mut Page| match advice {
            0..=2 => page.order = advice,
            8..=9 => page.huge = advice,
            _ => {}
        };
        let pages = self.mappings[&handle].pages.clone();
        self.change(handle, &range, change)?;
        if !range.is_empty() && !SURE.contains(&advice) && taken == Err(Unsupported) {
            self.mappings.get_mut(&handle).unwrap().pages = pages;
            return taken;
        }
        Ok(())
    }
}
