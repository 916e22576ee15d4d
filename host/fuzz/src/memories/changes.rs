//! How files become longer and shorter.

use super::input::FILES;
use super::model::Options;
use super::session::Session;
use crate::input::{Number, page};
use std::fs::File;
use std::os::unix::fs::FileExt as _;

impl Session<'_> {
    /// Bounds the file that `options` make. A file of exabytes takes no room in the
    /// host, but it does in the model. And where a file grows within its last page,
    /// systems differ in what becomes of the bytes behind its end.
    pub(super) fn bound(&mut self, options: &mut Options) {
        options.offset %= 4 * page() as u64;
        let Some(length) = &mut options.length else {
            return;
        };
        *length %= 3 * page() as u64;
        let file = &mut self.model.files[options.file];
        let end = options.offset + *length;
        if end > file.length as u64 && file.has_tail() {
            *length = end.next_multiple_of(page() as u64) - options.offset;
        }
    }

    /// Reads the bytes that were behind the end of a file of this length. The
    /// system may have cleared them.
    pub(super) fn adopt(&mut self, file: usize, before: usize) {
        let end = before.next_multiple_of(page());
        let end = end.min(self.model.files[file].length);
        if end <= before {
            return;
        }
        let mut bytes = vec![0; end - before];
        let read = |file: &File| file.read_exact_at(&mut bytes, before as u64);
        self.shared.files.with(FILES[file], read).unwrap();
        let known = &mut self.model.files[file].pages[before / page()][before % page()..];
        for (known, byte) in known.iter_mut().zip(bytes) {
            assert!(
                byte == 0 || byte == *known,
                "bytes behind the end of a file"
            );
            *known = byte;
        }
    }

    pub(super) fn resize(&mut self, file: usize, length: Number) {
        let mut length = (length.0 % (5 * page() as u64)) as usize;
        let known = &mut self.model.files[file];
        let before = known.length;
        if length > before && known.has_tail() {
            length = length.next_multiple_of(page());
        }
        // The system could clear the bytes behind the end.
        if length == before {
            return;
        }
        let set = |file: &File| file.set_len(length as u64);
        self.shared.files.with(FILES[file], set).unwrap();
        self.model.resize(file, length);
        self.adopt(file, before);
    }

    pub(super) fn overwrite(&mut self, file: usize, offset: Number, value: u64) {
        let length = self.model.files[file].length;
        let Some(room) = length.checked_sub(8) else {
            return;
        };
        let offset = (offset.0 % (room as u64 + 1)) as usize;
        let write = |file: &File| file.write_all_at(&value.to_le_bytes(), offset as u64);
        self.shared.files.with(FILES[file], write).unwrap();
        let mut bytes = self.model.files[file].bytes();
        bytes[offset..offset + 8].copy_from_slice(&value.to_le_bytes());
        for (page, bytes) in self.model.files[file]
            .pages
            .iter_mut()
            .zip(bytes.chunks(page()))
        {
            page[..bytes.len()].copy_from_slice(bytes);
        }
    }
}
