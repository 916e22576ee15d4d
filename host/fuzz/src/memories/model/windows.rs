//! How windows come and go.

use super::memory::store_of;
use super::state::{MAX_WINDOWS, Model, Windows};
use super::window::Window;
use crate::input::page;
use crate::outcome::{Failure::*, Outcome};
use mem_contract::{Access, ErrorCode::*};
use std::ops::Range;

impl Model {
    /// The windows on a file, of all mappings.
    pub(super) fn windows_on(&self, file: usize) -> impl Iterator<Item = &Window> {
        let windows = self.windows.values();
        windows.filter(move |window| self.mappings[&window.mapping].file == file)
    }

    /// A window, which has no handle yet.
    pub fn attach(
        &mut self,
        of: usize,
        handle: u32,
        offset: u64,
        address: usize,
        length: usize,
    ) -> Outcome<Window> {
        let store = store_of(of);
        let range = self.memories[of].checked(address, length)?;
        let number = self.number_of(of, handle)?;
        let mapping = &self.mappings[&number];
        if self.windows_of[store] == Windows::NotGranted {
            return Err(Error(AccessDenied));
        }
        if self.windows_of_context(store) >= MAX_WINDOWS
            || self.kernel_mappings() + 2 > self.max_kernel_mappings
        {
            return Err(Error(QuotaExceeded));
        }
        let aligned = |number: usize| number.is_multiple_of(page());
        if range.is_empty() || !aligned(range.start) || !aligned(range.end) {
            return Err(Error(InvalidArgument));
        }
        if self.windows_of[store] == Windows::NotPrepared {
            return Err(Error(Unsupported));
        }
        if offset > mapping.size as u64 {
            return Err(Error(OutOfBounds));
        }
        let start = mapping.into_page + offset as usize;
        if offset != 0 && !aligned(start) {
            return Err(Error(InvalidArgument));
        }
        let first = start / page();
        if first + length / page() > mapping.writable.len() {
            return Err(Error(OutOfBounds));
        }
        // A store can get the table of another, with its mappings.
        if self.windows_of[mapping.store] == Windows::NotGranted {
            return Err(Error(Unsupported));
        }
        let skipped = offset as usize;
        let end = mapping.size.min(skipped + length - start % page());
        mapping.check_present(&(skipped..end))?;
        let file = &self.files[mapping.file];
        let in_file = mapping.first * page() + mapping.into_page;
        if skipped < end && file.length < in_file + end {
            return Err(Error(Truncated));
        }
        let writes = mapping.access == Access::ReadWrite;
        if writes {
            mapping.check_writable(&(skipped..end))?;
        }
        let pages = range.start / page()..range.end / page();
        let overlaps = |window: &Window| {
            window.memory == of && window.pages.start < pages.end && pages.start < window.pages.end
        };
        let someone_writes = self
            .windows_on(mapping.file)
            .any(|window| self.mappings[&window.mapping].access == Access::ReadWrite);
        let mut elsewhere = self.windows_on(mapping.file);
        if self.windows.values().any(overlaps)
            || elsewhere.any(|w| w.memory != of) && (writes || someone_writes)
        {
            return Err(Error(Busy));
        }
        Ok(Window {
            mapping: number,
            memory: of,
            pages,
            first,
            lost_from: usize::MAX,
        })
    }

    /// Attaches the window that the method above returned.
    pub fn attached(&mut self, of: usize, handle: u32, window: Window) {
        let mapping = &self.mappings[&window.mapping];
        for (at, index) in window.pages.clone().zip(window.first..) {
            let in_file = mapping.first + index;
            let is_shared = mapping.access == Access::ReadWrite;
            let is_copied = !is_shared && mapping.written.contains(&in_file);
            let copy = is_copied.then(|| self.shown(mapping, index).to_vec());
            self.memories[of].put_file(at, mapping.file, in_file, is_shared, copy);
        }
        self.memories[of].join(&window.pages);
        let number = self.number();
        self.windows.insert(number, window);
        let handles = self.handles(of);
        let before = handles.windows.insert(handle, number);
        let is_new = before.is_none() && !handles.mappings.contains_key(&handle);
        assert!(is_new, "{handle} is given twice");
    }

    /// Detaches a window and drops its handle. The window stays if it lies in a
    /// memory of another store.
    pub fn detach(&mut self, of: usize, handle: u32) -> Outcome<()> {
        let number = self.handles(of).windows.remove(&handle).ok_or(Trap)?;
        let Some(window) = self.windows.get(&number) else {
            // Its memory was dropped.
            return Ok(());
        };
        let (memory, pages) = (window.memory, window.pages.clone());
        if store_of(memory) != store_of(of) {
            return Err(Error(Busy));
        }
        self.take_off(number);
        let at = |page: usize| {
            let mut windows = self.windows.values();
            windows.find(|window| window.memory == memory && window.pages.contains(&page))
        };
        let before = pages.start.checked_sub(1).and_then(at);
        let zeros_before = before.is_some_and(|window| window.lost_from < window.pages.len());
        let (before, behind) = (before.is_some(), at(pages.end).is_some());
        let is_apart = (before && behind) || zeros_before;
        self.memories[memory].part(pages, before, behind, is_apart);
        Ok(())
    }

    /// How many windows count against the quota of a store's context.
    fn windows_of_context(&self, store: usize) -> usize {
        let windows = self.windows.values().map(|window| window.memory);
        let memories = self.memories.iter().enumerate();
        let apart = memories.flat_map(|(of, memory)| memory.apart.iter().map(move |_| of));
        let all = windows.chain(apart).map(store_of);
        all.filter(|&of| self.same_context(of, store)).count()
    }

    /// Removes a window. Its mapping remembers what the window lost.
    pub(super) fn take_off(&mut self, number: usize) {
        let window = self.windows.remove(&number).unwrap();
        self.memories[window.memory].put_zeros(window.pages.clone());
        let lost = window.in_mapping().skip(window.lost_from);
        let mapping = self.mappings.get_mut(&window.mapping).unwrap();
        mapping.lost_in_windows.extend(lost);
        self.let_go(window.mapping);
    }

    pub fn check(&mut self, of: usize, handle: u32) -> Outcome<()> {
        let number = self.handles(of).windows.get(&handle).copied();
        let number = number.ok_or(Trap)?;
        match self.windows.get(&number) {
            Some(window) => self.check_window(number, window.in_mapping(), true),
            None => Ok(()),
        }
    }

    /// Checks that a window has lost none of these pages of its mapping. If it
    /// looks, it first touches the last of them.
    fn check_window(&mut self, number: usize, pages: Range<usize>, looks: bool) -> Outcome<()> {
        let window = &self.windows[&number];
        let mine = window.in_mapping();
        let both = mine.start.max(pages.start)..mine.end.min(pages.end);
        if both.is_empty() {
            return Ok(());
        }
        if looks {
            let last = window.pages.start + (both.end - 1 - mine.start);
            self.touch(window.memory, last..last + 1);
        }
        if self.windows[&number].lost_from < both.end - mine.start {
            return Err(Error(Truncated));
        }
        Ok(())
    }

    /// Checks that no window of the mapping has lost any of these pages. It asks
    /// the windows in the order of their addresses, up to the first that has.
    pub(super) fn check_windows(
        &mut self,
        mapping: usize,
        pages: Range<usize>,
        looks: bool,
    ) -> Outcome<()> {
        let before = &self.mappings[&mapping].lost_in_windows;
        if before.range(pages.clone()).next().is_some() {
            return Err(Error(Truncated));
        }
        let windows = self.windows.iter();
        let mut windows: Vec<(usize, usize)> = windows
            .filter(|(_, window)| window.mapping == mapping)
            .map(|(&number, window)| (self.address_of(window), number))
            .collect();
        windows.sort_unstable();
        windows
            .into_iter()
            .try_for_each(|(_, number)| self.check_window(number, pages.clone(), looks))
    }
}
