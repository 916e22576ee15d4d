//! What is in the pages of linear memories.

use crate::guest::WASM_PAGE;
use crate::input::page;
use crate::outcome::{Failure::*, Outcome};
use crate::paged::{File, zeros};
use std::collections::BTreeSet;
use std::ops::Range;

pub const STORES: usize = 2;

/// Each store has two memories.
pub fn store_of(memory: usize) -> usize {
    memory / 2
}

/// A linear memory from 64 KiB on.
#[derive(Default)]
pub struct Memory {
    /// Its address in the process, which orders its windows.
    pub base: usize,
    pub(super) pages: Vec<Page>,
    /// Pages between windows that were a window, and stay charged as one.
    pub apart: Vec<Range<usize>>,
}

#[derive(Clone)]
pub(super) enum Page {
    /// Bytes of this page alone; zeros if nobody wrote to it.
    Plain(Option<Vec<u8>>),
    /// A page of a file, and its copy if the page is private and was written.
    File {
        file: usize,
        index: usize,
        shared: bool,
        copy: Option<Vec<u8>>,
    },
}

impl Page {
    /// Whether the file does not have this page any more.
    fn is_gone(&self, files: &[File]) -> bool {
        matches!(self, Self::File { file, index, .. } if *index >= files[*file].pages.len())
    }

    pub fn bytes<'a>(&'a self, files: &'a [File]) -> &'a [u8] {
        match self {
            Self::Plain(None) => zeros(),
            Self::Plain(Some(bytes)) => bytes,
            Self::File {
                copy: Some(bytes), ..
            } => bytes,
            Self::File { file, index, .. } => &files[*file].pages[*index],
        }
    }

    pub fn bytes_mut<'a>(&'a mut self, files: &'a mut [File]) -> &'a mut [u8] {
        match self {
            Self::Plain(bytes) => bytes.get_or_insert_with(|| zeros().to_vec()),
            Self::File {
                file,
                index,
                shared,
                copy,
            } => {
                let of_file = &mut files[*file].pages[*index];
                if *shared {
                    of_file
                } else {
                    copy.get_or_insert_with(|| of_file.clone())
                }
            }
        }
    }
}

impl Memory {
    pub fn new(base: usize, length: usize) -> Self {
        let pages = (length - WASM_PAGE) / page();
        Self {
            base,
            pages: vec![Page::Plain(None); pages],
            apart: Vec::new(),
        }
    }

    /// Attaches a window, which takes the place of pages that were apart.
    pub fn join(&mut self, window: &Range<usize>) {
        let stays = |apart: &Range<usize>| apart.start < window.start || window.end < apart.end;
        self.apart.retain(stays);
    }

    /// Detaches a window from these pages. `before` and `behind` say whether a
    /// window is next to them, and `is_apart` whether they stay charged.
    pub fn part(&mut self, pages: Range<usize>, before: bool, behind: bool, is_apart: bool) {
        for apart in &mut self.apart {
            if !before && apart.end == pages.start {
                apart.end = pages.end;
            }
            if !behind && apart.start == pages.end {
                apart.start = pages.start;
            }
        }
        if is_apart {
            self.apart.push(pages);
        }
    }

    pub fn size(&self) -> usize {
        WASM_PAGE + self.pages.len() * page()
    }

    /// Where `length` bytes are, counted from 64 KiB on, if it has them.
    pub fn checked(&self, address: usize, length: usize) -> Outcome<Range<usize>> {
        if address + length > self.size() {
            return Err(Trap);
        }
        Ok(address - WASM_PAGE..address - WASM_PAGE + length)
    }

    /// Which of `pages` are gone.
    pub fn gone<'a>(
        &'a self,
        files: &'a [File],
        pages: Range<usize>,
    ) -> impl Iterator<Item = usize> + 'a {
        pages.filter(|&index| self.pages[index].is_gone(files))
    }

    /// Whether the range shows one of these pages of the file.
    pub fn shows(&self, of: usize, pages: &Range<usize>, range: &Range<usize>) -> bool {
        let shows = |page: &Page| matches!(page, Page::File { file, index, .. } if *file == of && pages.contains(index));
        self.pages[range.start / page()..range.end.div_ceil(page())]
            .iter()
            .any(shows)
    }

    /// Whether two pages of the range are the same page of a file. A copy to both
    /// could leave the bytes of either.
    pub fn shows_one_twice(&self, range: &Range<usize>) -> bool {
        let mut seen = BTreeSet::new();
        let pages = &self.pages[range.start / page()..range.end.div_ceil(page())];
        pages.iter().any(|page| {
            matches!(page, Page::File { file, index, shared: true, .. }
                if !seen.insert((*file, *index)))
        })
    }

    /// Drops private copies of pages that the file does not have any more.
    pub fn forget_copies(&mut self, of: usize, pages: usize) {
        for page in &mut self.pages {
            if let Page::File {
                file, index, copy, ..
            } = page
                && *file == of
                && *index >= pages
            {
                *copy = None;
            }
        }
    }

    pub fn put_zeros(&mut self, pages: Range<usize>) {
        self.pages[pages].fill(Page::Plain(None));
    }

    pub fn put_file(
        &mut self,
        at: usize,
        file: usize,
        index: usize,
        shared: bool,
        copy: Option<Vec<u8>>,
    ) {
        self.pages[at] = Page::File {
            file,
            index,
            shared,
            copy,
        };
    }
}
