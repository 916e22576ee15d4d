//! What the guests, and the host for them, read and write in linear memories.

use super::state::Model;
use super::window::Window;
use crate::guest::WASM_PAGE;
use crate::input::page;
use crate::outcome::Outcome;
use crate::paged::by_page;
use std::ops::Range;

impl Model {
    /// Touches pages of a memory in turn. A window loses its pages from the first
    /// that is gone.
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

    /// Writes to the bytes at an address.
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

    /// The first page whose bytes differ from the bytes of `memory`. The caller
    /// has read all of `memory`, so this touches all pages.
    pub fn differs(&mut self, of: usize, memory: &[u8]) -> Option<usize> {
        self.touch(of, 0..self.memories[of].pages.len());
        let pages = memory[WASM_PAGE..].chunks(page());
        pages
            .zip(&self.memories[of].pages)
            .position(|(bytes, page)| bytes != page.bytes(&self.files))
    }

    /// The address in the process at which a window lies.
    pub(super) fn address_of(&self, window: &Window) -> usize {
        self.memories[window.memory].base + window.pages.start * page()
    }
}
