//! What goes through the handles of mappings.

use super::{Access, MAX_MAPPINGS, Model, store_of};
use crate::guest::{Failure::*, Outcome};
use crate::input::page;
use crate::paged::{by_page, zeros};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// What a guest asks of `file-map`.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    pub file: usize,
    pub access: Access,
    pub create: bool,
    pub offset: u64,
    pub length: Option<u64>,
}

#[derive(Debug)]
pub struct Mapping {
    pub store: usize,
    pub file: usize,
    pub access: Access,
    offset: u64,
    length: Option<u64>,
    pub size: usize,
    /// Where in its page the first byte lies.
    pub into_page: usize,
    /// The page of the file that its first page is.
    pub first: usize,
    /// Of each page, whether it can be written.
    pub writable: Vec<bool>,
    /// The first page that is known to be gone.
    pub lost_from: usize,
    /// Those that windows lost which were detached since.
    pub lost_in_windows: BTreeSet<usize>,
    /// Pages of the file of which it has copies, and those that were written,
    /// whether the copies are still there or not.
    pub copies: BTreeMap<usize, Vec<u8>>,
    pub written: BTreeSet<usize>,
    /// Whether its pages were never told apart.
    is_whole: bool,
}

impl Mapping {
    pub fn new(store: usize, options: Options) -> Self {
        Self {
            store,
            file: options.file,
            access: options.access,
            offset: options.offset,
            length: options.length,
            size: 0,
            into_page: 0,
            first: 0,
            writable: Vec::new(),
            lost_from: usize::MAX,
            lost_in_windows: BTreeSet::new(),
            copies: BTreeMap::new(),
            written: BTreeSet::new(),
            is_whole: true,
        }
    }

    /// As the file has this length.
    pub fn sized(mut self, file_length: usize) -> Self {
        let offset = self.offset as usize;
        self.size = self.length.map_or(file_length - offset, |l| l as usize);
        // An empty mapping lies nowhere in its file.
        if self.size > 0 {
            self.into_page = offset % page();
            self.first = offset / page();
            let pages = (self.into_page + self.size).div_ceil(page());
            self.writable = vec![self.access != Access::ReadOnly; pages];
        }
        self
    }

    /// Runs of pages alike.
    pub fn pieces(&self) -> usize {
        let splits = self.writable.windows(2).filter(|pair| pair[0] != pair[1]);
        1 + splits.count()
    }

    pub fn checked(&self, offset: u64, length: u64) -> Outcome<Range<usize>> {
        match offset.checked_add(length) {
            Some(end) if end <= self.size as u64 => Ok(offset as usize..end as usize),
            _ => Err(OutOfBounds),
        }
    }

    fn checked_or_all(&self, range: Option<(u64, u64)>) -> Outcome<Range<usize>> {
        range.map_or(Ok(0..self.size), |(offset, length)| {
            self.checked(offset, length)
        })
    }

    /// The pages that a range of bytes touches.
    pub fn pages_of(&self, range: &Range<usize>) -> Range<usize> {
        if range.is_empty() {
            return 0..0;
        }
        let start = (self.into_page + range.start) / page();
        start..(self.into_page + range.end).div_ceil(page())
    }

    /// The same as pages of the file.
    pub fn file_pages(&self, range: &Range<usize>) -> Range<usize> {
        let pages = self.pages_of(range);
        self.first + pages.start..self.first + pages.end
    }

    pub fn check_present(&self, range: &Range<usize>) -> Outcome<()> {
        if self.pages_of(range).end > self.lost_from {
            return Err(Truncated);
        }
        Ok(())
    }

    pub fn check_writable(&self, range: &Range<usize>) -> Outcome<()> {
        let writable = self.writable[self.pages_of(range)].iter().all(|&w| w);
        writable.then_some(()).ok_or(ReadOnly)
    }

    /// Pages and places in them, as `by_page` has them.
    fn by_page(&self, range: Range<usize>) -> impl Iterator<Item = (usize, Range<usize>)> + use<> {
        by_page(self.into_page + range.start..self.into_page + range.end)
    }
}

impl Model {
    /// Touches pages of a mapping: the first of them that is gone is lost, and
    /// all behind it.
    fn touch_mapping(&mut self, number: usize, pages: Range<usize>) {
        let mapping = self.mappings.get_mut(&number).unwrap();
        let there = self.files[mapping.file].pages.len();
        let first_gone = there.saturating_sub(mapping.first).max(pages.start);
        if first_gone < pages.end {
            mapping.lost_from = mapping.lost_from.min(first_gone);
        }
    }

    /// The bytes of a page.
    pub fn shown<'a>(&'a self, mapping: &'a Mapping, index: usize) -> &'a [u8] {
        if index >= mapping.lost_from {
            return zeros();
        }
        let in_file = mapping.first + index;
        let copy = mapping.copies.get(&in_file);
        copy.unwrap_or_else(|| &self.files[mapping.file].pages[in_file])
    }

    /// What a read finds out before it copies.
    pub fn readable(&mut self, of: usize, handle: u32, at: (u64, u64)) -> Outcome<Range<usize>> {
        let mapping = self.mapping(of, handle).ok_or(Trap)?;
        let range = mapping.checked(at.0, at.1)?;
        mapping.check_present(&range)?;
        Ok(range)
    }

    /// The bytes of a range, and whether they are all there.
    pub fn read(&mut self, of: usize, handle: u32, range: Range<usize>) -> (Vec<u8>, Outcome<()>) {
        let number = self.number_of(of, handle).unwrap();
        let pages = self.mappings[&number].pages_of(&range);
        self.touch_mapping(number, pages);
        let mapping = &self.mappings[&number];
        let present = mapping.check_present(&range);
        let mut bytes = Vec::with_capacity(range.len());
        for (index, within) in mapping.by_page(range) {
            bytes.extend_from_slice(&self.shown(mapping, index)[within]);
        }
        (bytes, present)
    }

    /// What a write finds out before it copies `length` bytes.
    pub fn may_write(
        &mut self,
        of: usize,
        handle: u32,
        offset: u64,
        length: usize,
    ) -> Outcome<Range<usize>> {
        let number = self.number_of(of, handle)?;
        let mapping = &self.mappings[&number];
        let range = mapping.checked(offset, length as u64)?;
        if mapping.access == Access::ReadOnly {
            return Err(ReadOnly);
        }
        mapping.check_writable(&range)?;
        mapping.check_present(&range)?;
        let mut windows = self.windows_on(mapping.file);
        let of_another_store = windows.any(|window| store_of(window.memory) != store_of(of));
        if mapping.access == Access::ReadWrite && of_another_store {
            return Err(Busy);
        }
        Ok(range)
    }

    /// Writes to a range that may be written.
    pub fn write(
        &mut self,
        of: usize,
        handle: u32,
        range: Range<usize>,
        mut from: &[u8],
    ) -> Outcome<()> {
        let number = self.number_of(of, handle)?;
        let pages = self.mappings[&number].pages_of(&range);
        self.touch_mapping(number, pages);
        let mapping = self.mappings.get_mut(&number).unwrap();
        let present = mapping.check_present(&range);
        for (index, within) in mapping.by_page(range) {
            let (these, rest) = from.split_at(within.len());
            from = rest;
            let in_file = mapping.first + index;
            mapping.written.insert(in_file);
            if index >= mapping.lost_from {
                continue;
            }
            let shared = &mut self.files[mapping.file].pages[in_file];
            let to = if mapping.access == Access::ReadWrite {
                shared
            } else {
                let copy = || shared.clone();
                mapping.copies.entry(in_file).or_insert_with(copy)
            };
            to[within].copy_from_slice(these);
        }
        present
    }

    pub fn flush(
        &mut self,
        of: usize,
        handle: u32,
        range: Option<(u64, u64)>,
        waits: bool,
    ) -> Outcome<()> {
        let number = self.number_of(of, handle)?;
        let mapping = &self.mappings[&number];
        let range = mapping.checked_or_all(range)?;
        if mapping.access != Access::ReadWrite || range.is_empty() {
            return Ok(());
        }
        let pages = mapping.pages_of(&range);
        if waits {
            self.touch_mapping(number, pages.end - 1..pages.end);
        }
        self.mappings[&number].check_present(&range)?;
        self.check_windows(number, pages, waits)
    }

    /// The host touches a page before the first change to any.
    fn copy_first_page(&mut self, number: usize) {
        self.touch_mapping(number, 0..1);
        let mapping = self.mappings.get_mut(&number).unwrap();
        if mapping.lost_from > 0 {
            let of_file = &self.files[mapping.file].pages[mapping.first];
            let copy = || of_file.clone();
            mapping.copies.entry(mapping.first).or_insert_with(copy);
        }
    }

    pub fn protect(
        &mut self,
        of: usize,
        handle: u32,
        range: Option<(u64, u64)>,
        write: bool,
    ) -> Outcome<()> {
        let number = self.number_of(of, handle)?;
        let mapping = &self.mappings[&number];
        let range = mapping.checked_or_all(range)?;
        if write && mapping.access == Access::ReadOnly {
            return Err(AccessDenied);
        }
        if range.is_empty() {
            return Ok(());
        }
        let has_windows = self.windows.values().any(|window| window.mapping == number);
        if !write && mapping.access == Access::ReadWrite && has_windows {
            return Err(Busy);
        }
        let (of_context, of_process) = (self.pieces_of(mapping.store), self.kernel_mappings());
        let mapping = self.mappings.get_mut(&number).unwrap();
        let (before, pages) = (mapping.pieces(), mapping.pages_of(&range));
        let old = mapping.writable.clone();
        mapping.writable[pages].fill(write);
        let more = mapping.pieces().saturating_sub(before);
        if more > 0
            && (of_context + more > MAX_MAPPINGS || of_process + more > self.max_kernel_mappings)
        {
            mapping.writable = old;
            return Err(QuotaExceeded);
        }
        if mapping.access == Access::CopyOnWrite && mapping.is_whole {
            mapping.is_whole = false;
            self.copy_first_page(number);
        }
        Ok(())
    }
}
