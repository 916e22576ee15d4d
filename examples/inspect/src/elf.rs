//! Walking an ELF file.

use crate::{Dynamic, Error};
use object::elf::{self, FileHeader32, FileHeader64};
use object::read::elf::{FileHeader, ProgramHeader, SectionHeader, SectionTable, Sym};
use object::{Endianness, read};

const SEGMENTS: &str = "the headers of its segments";
const SECTIONS: &str = "the headers of its sections";

/// What is in an ELF file.
#[derive(Debug, PartialEq, Eq)]
pub struct Elf<'data> {
    /// Whether addresses have 64 bits, else 32.
    pub is_64: bool,
    /// The byte order.
    pub is_little_endian: bool,
    /// What the file is for, one of `ET_*`.
    pub kind: u16,
    /// The processor, one of `EM_*`.
    pub machine: u16,
    /// Where execution starts.
    pub entry: u64,
    /// The program that loads this one.
    pub interpreter: Option<&'data [u8]>,
    /// The bits that identify the build.
    pub build_id: Option<&'data [u8]>,
    /// What the file asks of the dynamic linker, if it asks for something.
    pub dynamic: Option<Dynamic<'data>>,
    /// The symbol table, if it was not stripped.
    pub symbols: Option<Symbols>,
    /// The symbol table of the dynamic linker.
    pub dynamic_symbols: Option<Symbols>,
    /// What is loaded.
    pub segments: Vec<Segment>,
    /// The parts of the file, in the order of their headers, without the empty
    /// one at index 0.
    pub sections: Vec<Section<'data>>,
}

/// A part of a file that is loaded, or that says how to load it.
#[derive(Debug, PartialEq, Eq)]
pub struct Segment {
    /// One of `PT_*`.
    pub kind: u32,
    /// Bits of `PF_*`.
    pub flags: u32,
    /// Where it starts in the file.
    pub offset: u64,
    /// How many bytes it has in the file.
    pub file_size: u64,
    /// Where it is loaded.
    pub address: u64,
    /// How many bytes it has in memory.
    pub memory_size: u64,
}

/// A named part of a file.
#[derive(Debug, PartialEq, Eq)]
pub struct Section<'data> {
    /// As it is in the file, in any encoding.
    pub name: &'data [u8],
    /// One of `SHT_*`.
    pub kind: u32,
    /// Bits of `SHF_*`.
    pub flags: u64,
    /// Where it is loaded, 0 if it is not.
    pub address: u64,
    /// Where it starts in the file.
    pub offset: u64,
    /// Its size in bytes. Zeros that are not in the file count.
    pub size: u64,
}

/// How many symbols of each kind there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Symbols {
    /// All, without the empty one at index 0.
    pub total: usize,
    /// Functions.
    pub functions: usize,
    /// Variables and constants.
    pub objects: usize,
    /// Symbols of any kind that other files have to define.
    pub undefined: usize,
}

impl<'data> Elf<'data> {
    /// Parses the bytes of a file. They need not be aligned.
    ///
    /// # Errors
    ///
    /// - [`Error::NotElf`]
    /// - [`Error::Cut`]
    /// - [`Error::Part`]
    /// - [`Error::DynamicString`]
    pub fn parse(data: &'data [u8]) -> Result<Elf<'data>, Error> {
        if !data.starts_with(&elf::ELFMAG) {
            return Err(Error::NotElf);
        }
        match data.get(elf::ELFMAG.len()) {
            Some(&elf::ELFCLASS32) => parse::<FileHeader32<Endianness>>(data),
            _ => parse::<FileHeader64<Endianness>>(data),
        }
    }
}

fn parse<'data, Header>(data: &'data [u8]) -> Result<Elf<'data>, Error>
where
    Header: FileHeader<Endian = Endianness>,
{
    check_inside(data, 0, size_of::<Header>() as u64, || "its header".into())?;
    let header = Header::parse(data).map_err(part("its header"))?;
    let endian = header.endian().map_err(part("its header"))?;

    let number = header.phnum(endian, data).map_err(part(SEGMENTS))?;
    let size = number as u64 * size_of::<Header::ProgramHeader>() as u64;
    check_inside(data, header.e_phoff(endian).into(), size, || {
        SEGMENTS.into()
    })?;
    let segments = header.program_headers(endian, data);
    let segments = segments.map_err(part(SEGMENTS))?;

    let start = header.e_shoff(endian).into();
    let number = match start {
        0 => 0,
        _ => header.shnum(endian, data).map_err(part(SECTIONS))?,
    };
    let size = number as u64 * size_of::<Header::SectionHeader>() as u64;
    check_inside(data, start, size, || SECTIONS.into())?;
    let sections = header.sections(endian, data).map_err(part(SECTIONS))?;

    let shown = show_sections(&sections, endian, data)?;
    if shown.is_empty() {
        for (at, segment) in segments.iter().enumerate() {
            let (offset, size) = segment.file_range(endian);
            check_inside(data, offset, size, || format!("segment {at}"))?;
        }
    }
    // A file of debug information keeps the headers of segments without bytes.
    let mut interpreters = segments
        .iter()
        .filter(|segment| segment.file_range(endian).1 != 0)
        .filter_map(|segment| segment.interpreter(endian, data).transpose());
    let symbols = |kind| count_symbols(&sections, endian, data, kind);
    Ok(Elf {
        is_64: header.is_class_64(),
        is_little_endian: header.is_little_endian(),
        kind: header.e_type(endian),
        machine: header.e_machine(endian),
        entry: header.e_entry(endian).into(),
        interpreter: interpreters
            .next()
            .transpose()
            .map_err(part("the interpreter's segment"))?,
        build_id: build_id(&sections, segments, endian, data).map_err(part("the notes"))?,
        dynamic: Dynamic::parse::<Header>(endian, data, segments)?,
        symbols: symbols(elf::SHT_SYMTAB)?,
        dynamic_symbols: symbols(elf::SHT_DYNSYM)?,
        segments: segments
            .iter()
            .map(|segment| Segment {
                kind: segment.p_type(endian),
                flags: segment.p_flags(endian),
                offset: segment.p_offset(endian).into(),
                file_size: segment.p_filesz(endian).into(),
                address: segment.p_vaddr(endian).into(),
                memory_size: segment.p_memsz(endian).into(),
            })
            .collect(),
        sections: shown,
    })
}

fn show_sections<'data, Header>(
    sections: &SectionTable<'data, Header>,
    endian: Endianness,
    data: &'data [u8],
) -> Result<Vec<Section<'data>>, Error>
where
    Header: FileHeader<Endian = Endianness>,
{
    let shown = sections.iter().skip(1).map(|section| {
        let name = sections.section_name(endian, section);
        let name = name.map_err(part("the name of a section"))?;
        // None for a section that takes no bytes of the file.
        if let Some((offset, size)) = section.file_range(endian) {
            check_inside(data, offset, size, || {
                format!("section {}", name.escape_ascii())
            })?;
        }
        Ok(Section {
            name,
            kind: section.sh_type(endian),
            flags: section.sh_flags(endian).into(),
            address: section.sh_addr(endian).into(),
            offset: section.sh_offset(endian).into(),
            size: section.sh_size(endian).into(),
        })
    });
    shown.collect()
}

fn count_symbols<'data, Header>(
    sections: &SectionTable<'data, Header>,
    endian: Endianness,
    data: &'data [u8],
    kind: u32,
) -> Result<Option<Symbols>, Error>
where
    Header: FileHeader<Endian = Endianness>,
{
    if !sections
        .iter()
        .any(|section| section.sh_type(endian) == kind)
    {
        return Ok(None);
    }
    let table = sections.symbols(endian, data, kind);
    let table = table.map_err(part("the symbols"))?;
    let mut symbols = Symbols::default();
    for symbol in table.iter().skip(1) {
        symbols.total += 1;
        match symbol.st_type() {
            elf::STT_FUNC | elf::STT_GNU_IFUNC => symbols.functions += 1,
            elf::STT_OBJECT | elf::STT_TLS | elf::STT_COMMON => symbols.objects += 1,
            _ => {}
        }
        symbols.undefined += usize::from(symbol.is_undefined(endian));
    }
    Ok(Some(symbols))
}

/// The description of the note that has the build id. Sections say where notes
/// are; in a file without sections, segments do.
fn build_id<'data, Header>(
    sections: &SectionTable<'data, Header>,
    segments: &'data [Header::ProgramHeader],
    endian: Endianness,
    data: &'data [u8],
) -> read::Result<Option<&'data [u8]>>
where
    Header: FileHeader<Endian = Endianness>,
{
    let of_sections = sections.iter().map(|section| section.notes(endian, data));
    let of_segments = segments.iter().map(|segment| segment.notes(endian, data));
    let of_segments = of_segments.filter(|_| sections.is_empty());
    for notes in of_sections.chain(of_segments) {
        for note in notes?.into_iter().flatten() {
            let note = note?;
            if note.name() == elf::ELF_NOTE_GNU && note.n_type(endian) == elf::NT_GNU_BUILD_ID {
                return Ok(Some(note.desc()));
            }
        }
    }
    Ok(None)
}

/// Fails if `size` bytes at `offset` do not lie wholly in the file.
fn check_inside(
    data: &[u8],
    offset: u64,
    size: u64,
    part: impl FnOnce() -> String,
) -> Result<(), Error> {
    let end = u128::from(offset) + u128::from(size);
    let len = data.len();
    if size == 0 || end <= len as u128 {
        return Ok(());
    }
    let part = part();
    Err(Error::Cut { part, end, len })
}

/// Says in which part of the file the error is.
pub(crate) fn part(part: &'static str) -> impl Fn(read::Error) -> Error {
    move |reason| Error::Part { part, reason }
}
