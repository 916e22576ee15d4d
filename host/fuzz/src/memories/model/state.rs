//! What all stores and files have, and which handle stands for what.

use super::mapping::{Mapping, Options};
use super::memory::{Memory, STORES, store_of};
use super::window::Window;
use crate::input::page;
use crate::outcome::{Failure::*, Outcome};
use crate::paged::File;
use mem_contract::{Access, ErrorCode::*};
use std::collections::BTreeMap;

/// The most windows and mappings of one context.
pub const MAX_WINDOWS: usize = 6;
pub const MAX_MAPPINGS: usize = 10;

/// Whether a store's guests can have windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Windows {
    Allowed,
    /// The context does not grant them.
    NotGranted,
    /// The engine has not been prepared for them.
    NotPrepared,
}

/// The mappings and windows that handles stand for: those of an instance, or of
/// all instances that share a table.
#[derive(Default)]
pub struct Handles {
    pub mappings: BTreeMap<u32, usize>,
    pub windows: BTreeMap<u32, usize>,
}

/// What all stores and files have.
pub struct Model {
    pub files: Vec<File>,
    pub memories: Vec<Memory>,
    pub windows_of: [Windows; STORES],
    /// Whether the stores share a context.
    pub one_context: bool,
    /// The limits of the process.
    pub max_kernel_mappings: usize,
    pub max_descriptors: usize,
    /// By numbers that are never used again, as the windows are.
    pub(super) mappings: BTreeMap<usize, Mapping>,
    pub(super) windows: BTreeMap<usize, Window>,
    next: usize,
    /// The handles of each memory's instance, unless it uses its store's table.
    own: Vec<Handles>,
    tables: [Handles; STORES],
    uses_table: Vec<bool>,
}

impl Model {
    pub fn new(files: Vec<File>, windows_of: [Windows; STORES], uses_table: Vec<bool>) -> Self {
        Self {
            files,
            memories: uses_table.iter().map(|_| Memory::default()).collect(),
            windows_of,
            one_context: false,
            max_kernel_mappings: usize::MAX,
            max_descriptors: usize::MAX,
            mappings: BTreeMap::new(),
            windows: BTreeMap::new(),
            next: 0,
            own: uses_table.iter().map(|_| Handles::default()).collect(),
            tables: Default::default(),
            uses_table,
        }
    }

    /// Whether the instance that has the memory `of` uses its store's table.
    pub fn uses_table(&self, of: usize) -> bool {
        self.uses_table[of]
    }

    pub(super) fn number(&mut self) -> usize {
        self.next += 1;
        self.next
    }

    /// The handles of the instance that has the memory `of`.
    pub fn handles(&mut self, of: usize) -> &mut Handles {
        if self.uses_table[of] {
            &mut self.tables[store_of(of)]
        } else {
            &mut self.own[of]
        }
    }

    /// The number of a mapping.
    pub(super) fn number_of(&mut self, of: usize, handle: u32) -> Outcome<usize> {
        self.handles(of).mappings.get(&handle).copied().ok_or(Trap)
    }

    /// The mapping of a handle.
    pub fn mapping(&mut self, of: usize, handle: u32) -> Option<&Mapping> {
        let number = self.number_of(of, handle).ok()?;
        Some(&self.mappings[&number])
    }

    pub(super) fn same_context(&self, one: usize, other: usize) -> bool {
        self.one_context || one == other
    }

    /// How many mappings the kernel has for all guests.
    pub fn kernel_mappings(&self) -> usize {
        let mappings = self.mappings.values().map(|mapping| mapping.pieces() + 1);
        let apart = self.memories.iter().map(|memory| memory.apart.len());
        mappings.sum::<usize>() + 2 * (self.windows.len() + apart.sum::<usize>())
    }

    pub(super) fn pieces_of(&self, store: usize) -> usize {
        let mappings = self.mappings.values();
        let mine = mappings.filter(|mapping| self.same_context(mapping.store, store));
        mine.map(Mapping::pieces).sum()
    }

    pub fn descriptors(&self) -> usize {
        let mappings = self.mappings.values();
        mappings.filter(|m| self.keeps_descriptor(m)).count()
    }

    fn keeps_descriptor(&self, mapping: &Mapping) -> bool {
        mapping.access == Access::ReadWrite || self.windows_of[mapping.store] != Windows::NotGranted
    }

    /// The mapping that `file-map` gives, which has no handle yet.
    pub fn map(&mut self, of: usize, options: Options) -> Outcome<Mapping> {
        let store = store_of(of);
        let Options { access, offset, .. } = options;
        if options.create && access != Access::ReadWrite {
            return Err(Error(InvalidArgument));
        }
        let end = offset.checked_add(options.length.unwrap_or(0));
        let end = end.ok_or(Error(InvalidArgument))?;
        let mapping = Mapping::new(store, options);
        if self.pieces_of(store) + 1 > MAX_MAPPINGS
            || self.kernel_mappings() + 2 > self.max_kernel_mappings
            || self.keeps_descriptor(&mapping) && self.descriptors() + 1 > self.max_descriptors
        {
            return Err(Error(QuotaExceeded));
        }
        let length_now = self.files[options.file].length as u64;
        if end > length_now {
            if !options.create {
                return Err(Error(OutOfBounds));
            }
            // The zeros behind the end show in windows on the last page.
            let shows = !length_now.is_multiple_of(page() as u64);
            let is_shown = |window: &Window| shows || store_of(window.memory) != store;
            if self.windows_on(options.file).any(is_shown) {
                return Err(Error(Busy));
            }
            self.files[options.file].resize(end as usize);
        }
        let length_now = self.files[options.file].length;
        Ok(mapping.sized(length_now))
    }

    /// Gives the guest a handle of the mapping that the method above returned.
    pub fn mapped(&mut self, of: usize, handle: u32, mapping: Mapping) {
        let number = self.number();
        self.mappings.insert(number, mapping);
        let handles = self.handles(of);
        let before = handles.mappings.insert(handle, number);
        let is_new = before.is_none() && !handles.windows.contains_key(&handle);
        assert!(is_new, "{handle} is given twice");
    }

    /// Drops a handle, and its mapping unless something else needs that.
    pub fn drop_mapping(&mut self, of: usize, handle: u32) -> Outcome<()> {
        let number = self.handles(of).mappings.remove(&handle).ok_or(Trap)?;
        self.let_go(number);
        Ok(())
    }

    /// Drops a mapping that has neither a handle nor windows.
    pub(super) fn let_go(&mut self, number: usize) {
        let mut handles = self.own.iter().chain(&self.tables);
        let is_needed = handles.any(|handles| handles.mappings.values().any(|&m| m == number))
            || self.windows.values().any(|window| window.mapping == number);
        if !is_needed {
            self.mappings.remove(&number);
        }
    }

    /// Drops a store's table. Its windows stay.
    pub fn drop_table(&mut self, store: usize) {
        let table = std::mem::take(&mut self.tables[store]);
        for number in table.mappings.into_values() {
            self.let_go(number);
        }
    }

    /// Gives the stores the tables of each other.
    pub fn swap_tables(&mut self) {
        let [one, other] = &mut self.tables;
        std::mem::swap(one, other);
    }

    /// Drops a store.
    pub fn drop_store(&mut self, store: usize) {
        self.drop_table(store);
        for of in (0..self.memories.len()).filter(|&of| store_of(of) == store) {
            let own = std::mem::take(&mut self.own[of]);
            let gone = self.windows.iter().filter(|(_, w)| w.memory == of);
            let gone: Vec<usize> = gone.map(|(&number, _)| number).collect();
            for window in gone {
                self.take_off(window);
            }
            for number in own.mappings.into_values() {
                self.let_go(number);
            }
            self.memories[of] = Memory::default();
        }
    }

    /// Makes a file longer or shorter. Copies of pages that are gone are gone too.
    pub fn resize(&mut self, file: usize, length: usize) {
        self.files[file].resize(length);
        let pages = self.files[file].pages.len();
        let mappings = self.mappings.values_mut();
        for mapping in mappings.filter(|mapping| mapping.file == file) {
            mapping.copies.retain(|&index, _| index < pages);
        }
        for memory in &mut self.memories {
            memory.forget_copies(file, pages);
        }
    }
}
