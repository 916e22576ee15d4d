//! What each byte of the files and of the guest's memory must be, page by page.

use crate::guest::WASM_PAGE;
use crate::input::page;
use crate::outcome::{Failure::*, Outcome, within};
use crate::paged::{File, by_page, zeros};
use mem_contract::{Access, ErrorCode::*, MapOptions};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

pub const MAX_WINDOWS: usize = 3;

#[derive(Debug)]
pub struct Mapping {
    pub file: usize,
    pub access: Access,
    offset: usize,
    pub size: usize,
    /// The pages of a copy-on-write mapping that were written.
    copies: BTreeMap<usize, Vec<u8>>,
}

impl Mapping {
    /// The page of the file that has the byte at `at`, and the place in that page.
    fn locate(&self, at: usize) -> (usize, usize) {
        let in_file = self.offset + at;
        (in_file / page(), in_file % page())
    }
}

/// A page of the guest's memory.
enum GuestPage {
    /// Zeros that nobody has written to.
    Zeros,
    /// Bytes of this page alone.
    Own(Vec<u8>),
    /// A page of a file.
    Shared(usize, usize),
    /// A page of a file, which the first write copies.
    Private(usize, usize),
}

/// The guest's pages from 64 KiB on, the files, and what the guest holds.
pub struct Model {
    pub files: Vec<File>,
    pub mappings: BTreeMap<u32, Mapping>,
    /// Which of the guest's pages each window has.
    pub windows: BTreeMap<u32, Range<usize>>,
    guest: Vec<GuestPage>,
}

impl Model {
    pub fn new(files: Vec<File>, wasm_pages: usize) -> Self {
        let mut model = Self {
            files,
            mappings: BTreeMap::new(),
            windows: BTreeMap::new(),
            guest: Vec::new(),
        };
        model.grow(wasm_pages - 1);
        model
    }

    pub fn grow(&mut self, wasm_pages: usize) {
        let pages = wasm_pages * WASM_PAGE / page();
        let zeros = || GuestPage::Zeros;
        self.guest.extend(std::iter::repeat_with(zeros).take(pages));
    }

    /// The size of the guest's memory.
    pub fn size(&self) -> usize {
        WASM_PAGE + self.guest.len() * page()
    }

    pub fn map(&self, file: usize, options: &MapOptions) -> Outcome<Mapping> {
        let &MapOptions {
            access,
            offset,
            length,
            ..
        } = options;
        let end = offset.checked_add(length.unwrap_or(0));
        let file_length = self.files[file].length as u64;
        if end.ok_or(Error(InvalidArgument))? > file_length {
            return Err(Error(OutOfBounds));
        }
        Ok(Mapping {
            file,
            access,
            offset: offset as usize,
            size: length.unwrap_or(file_length - offset) as usize,
            copies: BTreeMap::new(),
        })
    }

    /// The bytes of a mapping.
    pub fn mapped(&self, handle: u32, offset: u64, length: u64) -> Outcome<Vec<u8>> {
        let mapping = self.mappings.get(&handle).ok_or(Trap)?;
        let bytes = within(offset, length, mapping.size)?.map(|at| {
            let (index, into) = mapping.locate(at);
            let copy = mapping.copies.get(&index);
            copy.unwrap_or_else(|| &self.files[mapping.file].pages[index])[into]
        });
        Ok(bytes.collect())
    }

    /// Writes through a mapping.
    pub fn write(&mut self, handle: u32, offset: u64, from: &[u8]) -> Outcome<()> {
        let mapping = self.mappings.get_mut(&handle).ok_or(Trap)?;
        let range = within(offset, from.len() as u64, mapping.size)?;
        for (at, byte) in range.zip(from) {
            let (index, into) = mapping.locate(at);
            let pages = &mut self.files[mapping.file].pages;
            let to = match mapping.access {
                Access::ReadOnly => return Err(Error(ReadOnly)),
                Access::ReadWrite => &mut pages[index],
                Access::CopyOnWrite => mapping
                    .copies
                    .entry(index)
                    .or_insert_with(|| pages[index].clone()),
            };
            to[into] = *byte;
        }
        if mapping.access == Access::ReadOnly {
            return Err(Error(ReadOnly));
        }
        Ok(())
    }

    /// Where the guest's `length` bytes at `address` lie, counted from 64 KiB on,
    /// if it has them.
    fn checked_guest(&self, address: usize, length: usize) -> Outcome<Range<usize>> {
        if address + length > self.size() {
            return Err(Trap);
        }
        Ok(address - WASM_PAGE..address - WASM_PAGE + length)
    }

    /// The bytes of one of the guest's pages.
    fn page_bytes(&self, index: usize) -> &[u8] {
        match &self.guest[index] {
            GuestPage::Zeros => zeros(),
            GuestPage::Own(bytes) => bytes,
            GuestPage::Shared(file, index) | GuestPage::Private(file, index) => {
                &self.files[*file].pages[*index]
            }
        }
    }

    pub fn guest_bytes(&self, address: usize, length: usize) -> Outcome<Vec<u8>> {
        let range = self.checked_guest(address, length)?;
        let mut bytes = Vec::with_capacity(length);
        for (index, within) in by_page(range) {
            bytes.extend_from_slice(&self.page_bytes(index)[within]);
        }
        Ok(bytes)
    }

    /// The first of the guest's pages whose bytes are not those of `memory`.
    pub fn differs(&self, memory: &[u8]) -> Option<usize> {
        let pages = memory[WASM_PAGE..].chunks(page()).enumerate();
        pages
            .map(|(index, bytes)| (index, bytes == self.page_bytes(index)))
            .find_map(|(index, same)| (!same).then_some(index))
    }

    /// Writes to the guest's memory, as the guest does or the host for it.
    pub fn write_guest(&mut self, address: usize, mut from: &[u8]) -> Outcome<()> {
        for (index, within) in by_page(self.checked_guest(address, from.len())?) {
            let guest = &mut self.guest[index];
            match guest {
                GuestPage::Zeros => *guest = GuestPage::Own(vec![0; page()]),
                GuestPage::Private(file, index) => {
                    *guest = GuestPage::Own(self.files[*file].pages[*index].clone());
                }
                GuestPage::Own(_) | GuestPage::Shared(..) => {}
            }
            let to = match guest {
                GuestPage::Own(bytes) => bytes,
                GuestPage::Shared(file, index) => &mut self.files[*file].pages[*index],
                GuestPage::Zeros | GuestPage::Private(..) => unreachable!(),
            };
            let (these, rest) = from.split_at(within.len());
            to[within].copy_from_slice(these);
            from = rest;
        }
        Ok(())
    }

    /// Whether a copy between the guest's range and a mapping of the file could
    /// overlap: the range has pages of the file, or it has one page of any file
    /// twice.
    pub fn shares(&self, file: usize, address: usize, length: usize) -> bool {
        let range = self.checked_guest(address, length);
        range.is_ok_and(|range| {
            let pages = range.start / page()..range.end.div_ceil(page());
            let mut seen = BTreeSet::new();
            self.guest[pages].iter().any(|guest| match guest {
                GuestPage::Shared(of, index) => *of == file || !seen.insert((*of, *index)),
                GuestPage::Private(of, _) => *of == file,
                GuestPage::Zeros | GuestPage::Own(_) => false,
            })
        })
    }

    /// The guest's pages that a window would have, and the file's page that is the
    /// first of them.
    pub fn attach(
        &self,
        handle: u32,
        offset: u64,
        address: usize,
        length: usize,
    ) -> Outcome<(Range<usize>, usize)> {
        let range = self.checked_guest(address, length)?;
        let mapping = self.mappings.get(&handle).ok_or(Trap)?;
        if self.windows.len() >= MAX_WINDOWS {
            return Err(Error(QuotaExceeded));
        }
        let aligned = |number: usize| number.is_multiple_of(page());
        if range.is_empty() || !aligned(range.start) || !aligned(range.end) {
            return Err(Error(InvalidArgument));
        }
        if offset > mapping.size as u64 {
            return Err(Error(OutOfBounds));
        }
        // An empty mapping lies nowhere in its file.
        let into_page = if mapping.size == 0 {
            0
        } else {
            mapping.offset % page()
        };
        let first = into_page + offset as usize;
        if offset != 0 && !aligned(first) {
            return Err(Error(InvalidArgument));
        }
        let pages = if mapping.size == 0 {
            0
        } else {
            (into_page + mapping.size).div_ceil(page())
        };
        let wanted = range.start / page()..range.end / page();
        if first / page() + wanted.len() > pages {
            return Err(Error(OutOfBounds));
        }
        let taken: BTreeSet<usize> = self.windows.values().cloned().flatten().collect();
        if wanted.clone().any(|index| taken.contains(&index)) {
            return Err(Error(Busy));
        }
        Ok((
            wanted,
            (mapping.offset - into_page) / page() + first / page(),
        ))
    }

    /// Attaches the pages that the method above has returned.
    pub fn attached(&mut self, window: u32, of: u32, pages: Range<usize>, first: usize) {
        let mapping = &self.mappings[&of];
        for (index, in_file) in pages.clone().zip(first..) {
            let copy = mapping.copies.get(&in_file);
            self.guest[index] = match (mapping.access, copy) {
                (Access::ReadWrite, _) => GuestPage::Shared(mapping.file, in_file),
                (_, Some(copy)) => GuestPage::Own(copy.clone()),
                (_, None) => GuestPage::Private(mapping.file, in_file),
            };
        }
        let before = self.windows.insert(window, pages);
        assert!(before.is_none(), "{window} is given twice");
    }

    pub fn detach(&mut self, window: u32) -> Outcome<()> {
        for index in self.windows.remove(&window).ok_or(Trap)? {
            self.guest[index] = GuestPage::Zeros;
        }
        Ok(())
    }
}
