//! Copies between mappings and memories by the host.

use super::session::Session;
use crate::guest::{Function, WASM_PAGE};
use crate::input::{Number, page};
use std::ops::Range;

impl Session<'_> {
    pub(super) fn write(&mut self, of: usize, mapping: u32, offset: u64, at: Number, length: u16) {
        let (address, length) = copied(at, length);
        if self.overlap(of, mapping, offset, address, length) {
            return;
        }
        let arguments = [mapping.into(), offset, address as u64, length as u64];
        let got = self.guest(of).done(Function::Write, &arguments);
        let there = self.model.memories[of].checked(address, length);
        let range = there.and_then(|_| self.model.may_write(of, mapping, offset, length));
        let want = range.and_then(|range| {
            let bytes = self.model.guest_bytes(of, address, length)?;
            self.model.write(of, mapping, range, &bytes)
        });
        assert_eq!(got, want, "write {arguments:?}");
    }

    pub(super) fn read(&mut self, of: usize, mapping: u32, offset: u64, at: Number, length: u16) {
        let (address, length) = copied(at, length);
        if self.overlap(of, mapping, offset, address, length) {
            return;
        }
        if let Ok(range) = self.model.memories[of].checked(address, length) {
            if self.model.memories[of].shows_one_twice(&range) {
                return;
            }
            self.touch_in_order(of, range.start / page()..range.end.div_ceil(page()));
        }
        let mut guest = self.guest(of);
        guest.set_list(address as u32);
        let arguments = [mapping.into(), offset, length as u64];
        let got = guest.list(Function::Read, &arguments);
        let range = self.model.readable(of, mapping, (offset, length as u64));
        let want = range.and_then(|range| {
            self.model.memories[of].checked(address, length)?;
            let (bytes, present) = self.model.read(of, mapping, range);
            self.model.write_guest(of, address, &bytes)?;
            present.map(|()| bytes)
        });
        assert!(got == want, "read {arguments:?} to {address}");
    }

    /// A copy to several pages that are gone could start with any of them, and
    /// make zeros of those behind it each time: so the first is lost before.
    fn touch_in_order(&mut self, of: usize, pages: Range<usize>) {
        let model = &self.model;
        let mut gone = model.memories[of].gone(&model.files, pages);
        if let (Some(first), Some(_)) = (gone.next(), gone.next()) {
            drop(gone);
            let address = WASM_PAGE + first * page();
            self.guest(of).load(address as u32).unwrap();
            self.model.touch(of, first..first + 1);
        }
    }

    /// Whether a copy between the mapping and the memory would have the same
    /// page on both sides.
    fn overlap(
        &mut self,
        of: usize,
        handle: u32,
        offset: u64,
        address: usize,
        length: usize,
    ) -> bool {
        let Some(mapping) = self.model.mapping(of, handle) else {
            return false;
        };
        let (file, range) = (mapping.file, mapping.checked(offset, length as u64));
        let Ok(range) = range else {
            return false;
        };
        let pages = mapping.file_pages(&range);
        let memory = &self.model.memories[of];
        let there = memory.checked(address, length);
        there.is_ok_and(|there| memory.shows(file, &pages, &there))
    }
}

/// Where the host copies from or to, and how much.
fn copied(at: Number, length: u16) -> (usize, usize) {
    let most = WASM_PAGE as u64 + 2 * page() as u64;
    let address = WASM_PAGE + (at.0 % most) as usize;
    (address, usize::from(length) % (3 * page()))
}
