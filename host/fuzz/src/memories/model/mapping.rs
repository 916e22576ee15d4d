//! A mapping, and what is in its pages.

use crate::input::page;
use crate::outcome::{Failure::*, Outcome, within};
use crate::paged::by_page;
use mem_contract::{Access, ByteRange, ErrorCode::*};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// What a guest asks `file-map` for.
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
    /// Whether each page can be written.
    pub writable: Vec<bool>,
    /// The first page that is known to be gone.
    pub lost_from: usize,
    /// The pages that windows lost which are detached now.
    pub lost_in_windows: BTreeSet<usize>,
    /// Its copies of the file's pages.
    pub copies: BTreeMap<usize, Vec<u8>>,
    /// The file's pages that were written through it, even if their copies are
    /// gone.
    pub written: BTreeSet<usize>,
    /// Whether no `protect` has changed its pages.
    pub is_whole: bool,
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

    /// The mapping, now that its file has this length.
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

    /// Runs of equal pages, which the kernel has as one mapping each.
    pub fn pieces(&self) -> usize {
        let splits = self.writable.windows(2).filter(|pair| pair[0] != pair[1]);
        1 + splits.count()
    }

    pub fn checked_or_all(&self, range: Option<ByteRange>) -> Outcome<Range<usize>> {
        range.map_or(Ok(0..self.size), |range| {
            within(range.offset, range.length, self.size)
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

    /// The same, as pages of the file.
    pub fn file_pages(&self, range: &Range<usize>) -> Range<usize> {
        let pages = self.pages_of(range);
        self.first + pages.start..self.first + pages.end
    }

    pub fn check_present(&self, range: &Range<usize>) -> Outcome<()> {
        if self.pages_of(range).end > self.lost_from {
            return Err(Error(Truncated));
        }
        Ok(())
    }

    pub fn check_writable(&self, range: &Range<usize>) -> Outcome<()> {
        let writable = self.writable[self.pages_of(range)].iter().all(|&w| w);
        writable.then_some(()).ok_or(Error(ReadOnly))
    }

    /// The pages of a range, each with the part of it that is in the range.
    pub fn by_page(
        &self,
        range: Range<usize>,
    ) -> impl Iterator<Item = (usize, Range<usize>)> + use<> {
        by_page(self.into_page + range.start..self.into_page + range.end)
    }
}
