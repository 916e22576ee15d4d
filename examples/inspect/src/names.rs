//! The names of numbers, as readelf has them.

use object::elf::*;

/// What a file is for.
pub fn file(kind: u16) -> Option<&'static str> {
    Some(match kind {
        ET_REL => "relocatable object",
        ET_EXEC => "program",
        ET_DYN => "shared library or position-independent program",
        ET_CORE => "core dump",
        _ => return None,
    })
}

pub fn machine(machine: u16) -> Option<&'static str> {
    Some(match machine {
        EM_386 => "x86",
        EM_X86_64 => "x86-64",
        EM_ARM => "ARM",
        EM_AARCH64 => "AArch64",
        EM_RISCV => "RISC-V",
        EM_LOONGARCH => "LoongArch",
        EM_MIPS => "MIPS",
        EM_PPC => "PowerPC",
        EM_PPC64 => "PowerPC64",
        EM_S390 => "S/390",
        EM_SPARCV9 => "SPARC v9",
        EM_BPF => "BPF",
        _ => return None,
    })
}

pub fn segment(kind: u32) -> Option<&'static str> {
    Some(match kind {
        PT_NULL => "NULL",
        PT_LOAD => "LOAD",
        PT_DYNAMIC => "DYNAMIC",
        PT_INTERP => "INTERP",
        PT_NOTE => "NOTE",
        PT_SHLIB => "SHLIB",
        PT_PHDR => "PHDR",
        PT_TLS => "TLS",
        PT_GNU_EH_FRAME => "GNU_EH_FRAME",
        PT_GNU_STACK => "GNU_STACK",
        PT_GNU_RELRO => "GNU_RELRO",
        PT_GNU_PROPERTY => "GNU_PROPERTY",
        _ => return None,
    })
}

pub fn section(kind: u32) -> Option<&'static str> {
    Some(match kind {
        SHT_NULL => "NULL",
        SHT_PROGBITS => "PROGBITS",
        SHT_SYMTAB => "SYMTAB",
        SHT_STRTAB => "STRTAB",
        SHT_RELA => "RELA",
        SHT_HASH => "HASH",
        SHT_DYNAMIC => "DYNAMIC",
        SHT_NOTE => "NOTE",
        SHT_NOBITS => "NOBITS",
        SHT_REL => "REL",
        SHT_SHLIB => "SHLIB",
        SHT_DYNSYM => "DYNSYM",
        SHT_INIT_ARRAY => "INIT_ARRAY",
        SHT_FINI_ARRAY => "FINI_ARRAY",
        SHT_PREINIT_ARRAY => "PREINIT_ARRAY",
        SHT_GROUP => "GROUP",
        SHT_SYMTAB_SHNDX => "SYMTAB_SHNDX",
        SHT_RELR => "RELR",
        SHT_GNU_HASH => "GNU_HASH",
        SHT_GNU_VERDEF => "VERDEF",
        SHT_GNU_VERNEED => "VERNEED",
        SHT_GNU_VERSYM => "VERSYM",
        _ => return None,
    })
}

/// The letters of the bits that a segment has.
pub fn segment_flags(flags: u32) -> String {
    let letters = [(PF_R, 'R'), (PF_W, 'W'), (PF_X, 'E')];
    let set = letters.iter().filter(|(bit, _)| flags & bit != 0);
    set.map(|&(_, letter)| letter).collect()
}

/// The letters of the bits that a section has. All bits of operating systems
/// share one letter, and so do all bits of processors.
pub fn section_flags(flags: u64) -> String {
    let letters = [
        (SHF_WRITE, 'W'),
        (SHF_ALLOC, 'A'),
        (SHF_EXECINSTR, 'X'),
        (SHF_MERGE, 'M'),
        (SHF_STRINGS, 'S'),
        (SHF_INFO_LINK, 'I'),
        (SHF_LINK_ORDER, 'L'),
        (SHF_OS_NONCONFORMING, 'O'),
        (SHF_GROUP, 'G'),
        (SHF_TLS, 'T'),
        (SHF_COMPRESSED, 'C'),
        (SHF_MASKOS, 'o'),
        (SHF_MASKPROC & !SHF_EXCLUDE, 'p'),
        (SHF_EXCLUDE, 'E'),
    ];
    let set = letters
        .iter()
        .filter(|&&(bit, _)| flags & u64::from(bit) != 0);
    set.map(|&(_, letter)| letter).collect()
}
