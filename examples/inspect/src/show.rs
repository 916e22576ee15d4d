//! Printing what is in a file.

use crate::names;
use crate::{Elf, Section, Segment, Symbols};
use std::fmt::{Display, Formatter, Result};

impl Display for Elf<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let bits = if self.is_64 { 64 } else { 32 };
        let end = if self.is_little_endian {
            "little"
        } else {
            "big"
        };
        let machine = name(names::machine(self.machine), self.machine.into());
        let kind = name(names::file(self.kind), self.kind.into());
        writeln!(f, "ELF of {bits} bits, {end}-endian, {machine}: {kind}")?;
        writeln!(f, "entry            {:#x}", self.entry)?;
        if let Some(path) = self.interpreter {
            writeln!(f, "interpreter      {}", path.escape_ascii())?;
        }
        if let Some(id) = self.build_id {
            write!(f, "build id         ")?;
            id.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
            writeln!(f)?;
        }
        if let Some(dynamic) = &self.dynamic {
            for (what, strings) in [
                ("soname", &dynamic.soname),
                ("needed", &dynamic.needed),
                ("search path", &dynamic.search_path),
            ] {
                for string in strings {
                    writeln!(f, "{what:<16} {}", string.escape_ascii())?;
                }
            }
        }
        show_symbols(f, "symbols", self.symbols)?;
        show_symbols(f, "dynamic symbols", self.dynamic_symbols)?;

        writeln!(f, "segments         {}", self.segments.len())?;
        if !self.segments.is_empty() {
            let columns = ["offset", "address", "file size", "memory size"];
            row(f, "type", columns, "flags", "")?;
        }
        for segment in &self.segments {
            show_segment(f, segment)?;
        }
        writeln!(f, "sections         {}", self.sections.len())?;
        if !self.sections.is_empty() {
            row(f, "type", ["offset", "address", "size"], "flags", "name")?;
        }
        for section in &self.sections {
            show_section(f, section)?;
        }
        Ok(())
    }
}

fn show_symbols(f: &mut Formatter<'_>, what: &str, symbols: Option<Symbols>) -> Result {
    let Some(symbols) = symbols else {
        return Ok(());
    };
    let Symbols {
        total,
        functions,
        objects,
        undefined,
    } = symbols;
    writeln!(
        f,
        "{what:<16} {total}: {functions} functions, {objects} objects; {undefined} undefined"
    )
}

fn show_segment(f: &mut Formatter<'_>, segment: &Segment) -> Result {
    let kind = name(names::segment(segment.kind), segment.kind);
    let columns = [
        segment.offset,
        segment.address,
        segment.file_size,
        segment.memory_size,
    ];
    let flags = names::segment_flags(segment.flags);
    row(f, &kind, columns.map(hex), &flags, "")
}

fn show_section(f: &mut Formatter<'_>, section: &Section<'_>) -> Result {
    let kind = name(names::section(section.kind), section.kind);
    let columns = [section.offset, section.address, section.size];
    let flags = names::section_flags(section.flags);
    let name = section.name.escape_ascii().to_string();
    row(f, &kind, columns.map(hex), &flags, &name)
}

/// A line of a table.
fn row<const N: usize>(
    f: &mut Formatter<'_>,
    kind: &str,
    columns: [impl Display; N],
    flags: &str,
    name: &str,
) -> Result {
    write!(f, "  {kind:14}")?;
    for column in columns {
        write!(f, " {column:>14}")?;
    }
    let end = format!("  {flags:5}  {name}");
    writeln!(f, "{}", end.trim_end())
}

/// The name of a number, or the number.
fn name(name: Option<&str>, number: u32) -> String {
    name.map_or_else(|| format!("{number:#x}"), str::to_owned)
}

fn hex(number: u64) -> String {
    format!("{number:#x}")
}
