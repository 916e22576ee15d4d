//! What is in the pages of linear memories.

use super::{Model, windows::Window};
use crate::guest::{Failure::*, Outcome, WASM_PAGE};
use crate::input::page;
use crate::paged::{File, by_page, zeros};
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
    /// Its address in the process, which says in which order its windows come.
    pub base: usize,
    pages: Vec<Page>,
    /// Pages that stay charged as the window that was between others there.
    pub apart: Vec<Range<usize>>,
}

#[derive(Clone)]
enum Page {
    /// Of nobody else; zeros if nobody wrote to it.
    Plain(Option<Vec<u8>>),
    /// A page of a file, and its copy if this is private and written.
    File {
        file: usize,
        index: usize,
        shared: bool,
        copy: Option<Vec<u8>>,
    },
}

impl Page {
    /// Whether there is nothing to be had.
    fn is_gone(&self, files: &[File]) -> bool {
        matches!(self, Self::File { file, index, .. } if *index >= files[*file].pages.len())
    }

    fn bytes<'a>(&'a self, files: &'a [File]) -> &'a [u8] {
        match self {
            Self::Plain(None) => zeros(),
            Self::Plain(Some(bytes)) => bytes,
            Self::File {
                copy: Some(bytes), ..
            } => bytes,
            Self::File { file, index, .. } => &files[*file].pages[*index],
        }
    }

    fn bytes_mut<'a>(&'a mut self, files: &'a mut [File]) -> &'a mut [u8] {
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

    /// A window takes the place of pages that were apart.
    pub fn join(&mut self, window: &Range<usize>) {
        let stays = |apart: &Range<usize>| apart.start < window.start || window.end < apart.end;
        self.apart.retain(stays);
    }

    /// A window with such neighbors is detached from these pages.
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

    /// Whether the range has one of those pages of the file.
    pub fn shows(&self, of: usize, pages: &Range<usize>, range: &Range<usize>) -> bool {
        let shows = |page: &Page| matches!(page, Page::File { file, index, .. } if *file == of && pages.contains(index));
        self.pages[range.start / page()..range.end.div_ceil(page())]
            .iter()
            .any(shows)
    }

    /// Whether two pages of the range are the same page of a file: what is written
    /// to both could be either.
    pub fn shows_one_twice(&self, range: &Range<usize>) -> bool {
        let mut seen = BTreeSet::new();
        let pages = &self.pages[range.start / page()..range.end.div_ceil(page())];
        pages.iter().any(|page| {
            matches!(page, Page::File { file, index, shared: true, .. }
                if !seen.insert((*file, *index)))
        })
    }

    /// Private copies of pages that the file has not any more are given up.
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

impl Model {
    /// Touches pages of a memory in turn: a window loses those that are gone.
    pub fn touch(&mut self, of: usize, pages: Range<usize>) {
        loop {
            let memory = &self.memories[of];
            let Some(gone) = memory.gone(&self.files, pages.clone()).next() else {
                return;
            };
            let mut windows = self.windows.values_mut();
            let window = windows
                .find(|window| window.memory == of && window.pages.contains(&gone))
                .expect("only windows show files");
            window.lost_from = window.lost_from.min(gone - window.pages.start);
            let tail = gone..window.pages.end;
            self.memories[of].put_zeros(tail);
        }
    }

    /// The bytes at an address.
    pub fn guest_bytes(&mut self, of: usize, address: usize, length: usize) -> Outcome<Vec<u8>> {
        let range = self.memories[of].checked(address, length)?;
        self.touch(of, range.start / page()..range.end.div_ceil(page()));
        let mut bytes = Vec::with_capacity(length);
        for (index, within) in by_page(range) {
            let page = &self.memories[of].pages[index];
            bytes.extend_from_slice(&page.bytes(&self.files)[within]);
        }
        Ok(bytes)
    }

    /// What the guest, or the host for it, writes.
    pub fn write_guest(&mut self, of: usize, address: usize, mut from: &[u8]) -> Outcome<()> {
        let range = self.memories[of].checked(address, from.len())?;
        self.touch(of, range.start / page()..range.end.div_ceil(page()));
        for (index, within) in by_page(range) {
            let (these, rest) = from.split_at(within.len());
            let page = &mut self.memories[of].pages[index];
            page.bytes_mut(&mut self.files)[within].copy_from_slice(these);
            from = rest;
        }
        Ok(())
    }

    /// The first page whose bytes are not those of `memory`, which all are
    /// touched.
    pub fn differs(&mut self, of: usize, memory: &[u8]) -> Option<usize> {
        self.touch(of, 0..self.memories[of].pages.len());
        let pages = memory[WASM_PAGE..].chunks(page());
        pages
            .zip(&self.memories[of].pages)
            .position(|(bytes, page)| bytes != page.bytes(&self.files))
    }

    /// The addresses in the process at which windows lie.
    pub(super) fn address_of(&self, window: &Window) -> usize {
        self.memories[window.memory].base + window.pages.start * page()
    }
}
