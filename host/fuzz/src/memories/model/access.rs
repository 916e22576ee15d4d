//! What goes through the handles of mappings.

use super::mapping::Mapping;
use super::memory::store_of;
use super::state::{MAX_MAPPINGS, Model};
use crate::outcome::{Failure::*, Outcome, within};
use crate::paged::zeros;
use mem_contract::{Access, ByteRange, ErrorCode::*};
use std::ops::Range;

impl Model {
    /// Touches pages of a mapping. It loses the first that is gone, and all behind
    /// that.
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

    /// The range that a read copies, if it may.
    pub fn readable(&mut self, of: usize, handle: u32, at: (u64, u64)) -> Outcome<Range<usize>> {
        let mapping = self.mapping(of, handle).ok_or(Trap)?;
        let range = within(at.0, at.1, mapping.size)?;
        mapping.check_present(&range)?;
        Ok(range)
    }

    /// The bytes of a range, and whether none is lost.
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

    /// The range that a write of `length` bytes copies to, if it may.
    pub fn may_write(
        &mut self,
        of: usize,
        handle: u32,
        offset: u64,
        length: usize,
    ) -> Outcome<Range<usize>> {
        let number = self.number_of(of, handle)?;
        let mapping = &self.mappings[&number];
        let range = within(offset, length as u64, mapping.size)?;
        if mapping.access == Access::ReadOnly {
            return Err(Error(ReadOnly));
        }
        mapping.check_writable(&range)?;
        mapping.check_present(&range)?;
        let mut windows = self.windows_on(mapping.file);
        let of_another_store = windows.any(|window| store_of(window.memory) != store_of(of));
        if mapping.access == Access::ReadWrite && of_another_store {
            return Err(Error(Busy));
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
        range: Option<ByteRange>,
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

    /// Touches the first page, as the host does before it first changes any.
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
        range: Option<ByteRange>,
        write: bool,
    ) -> Outcome<()> {
        let number = self.number_of(of, handle)?;
        let mapping = &self.mappings[&number];
        let range = mapping.checked_or_all(range)?;
        if write && mapping.access == Access::ReadOnly {
            return Err(Error(AccessDenied));
        }
        if range.is_empty() {
            return Ok(());
        }
        let has_windows = self.windows.values().any(|window| window.mapping == number);
        if !write && mapping.access == Access::ReadWrite && has_windows {
            return Err(Error(Busy));
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
            return Err(Error(QuotaExceeded));
        }
        if mapping.access == Access::CopyOnWrite && mapping.is_whole {
            mapping.is_whole = false;
            self.copy_first_page(number);
        }
        Ok(())
    }
}
