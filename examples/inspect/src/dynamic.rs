//! What a file asks of the dynamic linker.

use crate::Error;
use crate::elf::part;
use object::elf;
use object::read::StringTable;
use object::read::elf::{Dyn, FileHeader, ProgramHeader};

/// What a file asks of the dynamic linker.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Dynamic<'data> {
    /// The name of a shared library.
    pub soname: Vec<&'data [u8]>,
    /// The shared libraries that have to be loaded.
    pub needed: Vec<&'data [u8]>,
    /// Where they are looked for first.
    pub search_path: Vec<&'data [u8]>,
}

impl<'data> Dynamic<'data> {
    /// Finds it through the segments, as the dynamic linker does. Sections can be
    /// missing.
    pub(crate) fn parse<Elf: FileHeader>(
        endian: Elf::Endian,
        data: &'data [u8],
        segments: &[Elf::ProgramHeader],
    ) -> Result<Option<Dynamic<'data>>, Error> {
        let mut found = segments
            .iter()
            .filter_map(|segment| segment.dynamic(endian, data).transpose());
        let Some(entries) = found.next() else {
            return Ok(None);
        };
        let entries = entries.map_err(part("the dynamic segment"))?;
        let end = entries
            .iter()
            .position(|entry| entry.tag(endian) == elf::DT_NULL);
        let entries = &entries[..end.unwrap_or(entries.len())];

        let value = |tag| {
            let mut entries = entries.iter().filter(|entry| entry.tag(endian) == tag);
            entries.next().map(|entry| entry.val(endian))
        };
        let strings = match (value(elf::DT_STRTAB), value(elf::DT_STRSZ)) {
            (Some(address), Some(size)) => segments
                .iter()
                .filter(|segment| segment.p_type(endian) == elf::PT_LOAD)
                .find_map(|segment| {
                    segment
                        .data_range(endian, data, address, size)
                        .ok()
                        .flatten()
                }),
            _ => None,
        };
        let strings = strings.map_or_else(StringTable::default, |strings| {
            StringTable::new(strings, 0, strings.len() as u64)
        });

        let mut dynamic = Dynamic::default();
        for entry in entries {
            let list = match entry.tag(endian) {
                elf::DT_SONAME => &mut dynamic.soname,
                elf::DT_NEEDED => &mut dynamic.needed,
                elf::DT_RPATH | elf::DT_RUNPATH => &mut dynamic.search_path,
                _ => continue,
            };
            list.push(
                entry
                    .string(endian, strings)
                    .map_err(|_| Error::DynamicString(entry.val(endian)))?,
            );
        }
        Ok(Some(dynamic))
    }
}
