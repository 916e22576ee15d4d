//! The host copies between mappings and memories.

use super::session::Session;
use crate::argument::Argument;
use crate::guest::WASM_PAGE;
use crate::input::{Number, page};
use crate::outcome::within;
use std::ops::Range;

impl Session<'_> {
    pub(super) fn write(&mut self, of: usize, mapping: u32, offset: u64, at: Number, length: u16) {
        let (address, length) = copied(at, length);
        if self.overlap(of, mapping, offset, address, length) {
            return;
        }
        let arguments: &[&dyn Argument] = &[&mapping, &offset, &address, &length];
        let got = self.guest(of).done("write", arguments);
        let there = self.model.memories[of].checked(address, length);
        let range = there.and_then(|_| self.model.may_write(of, mapping, offset, length));
        let want = range.and_then(|range| {
            let bytes = self.model.guest_bytes(of, address, length)?;
            self.model.write(of, mapping, range, &bytes)
        });
        assert_eq!(got, want, "write {mapping} {offset} {address} {length}");
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
        let got = guest.bytes("read", &[&mapping, &offset, &length]);
        let range = self.model.readable(of, mapping, (offset, length as u64));
        let want = range.and_then(|range| {
            self.model.memories[of].checked(address, length)?;
            let (bytes, present) = self.model.read(of, mapping, range);
            self.model.write_guest(of, address, &bytes)?;
            present.map(|()| bytes)
        });
        assert!(got == want, "read {mapping} {offset} {length} to {address}");
    }

    /// Makes the guest lose the first of several pages that are gone. A copy to
    /// them could start with any, and each loss clears the pages behind it.
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
        let (file, range) = (mapping.file, within(offset, length as u64, mapping.size));
        let Ok(range) = range else {
            return false;
        };
        let pages = mapping.file_pages(&range);
        let memory = &self.model.memories[of];
        let there = memory.checked(address, length);
        there.is_ok_and(|there| memory.shows(file, &pages, &there))
    }
}

/// The address that the host copies from or to, and how many bytes.
fn copied(at: Number, length: u16) -> (usize, usize) {
    let most = WASM_PAGE as u64 + 2 * page() as u64;
    let address = WASM_PAGE + (at.0 % most) as usize;
    (address, usize::from(length) % (3 * page()))
}
