//! Shows the sections and the symbols of a mapped object file, as the examples
//! of the crate `object` do.

use anyhow::{Context, Result, bail};
use memmap2::Mmap;
use object::{Object, ObjectSection, ObjectSymbol};
use std::fs::File;
use std::io::Write;

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    run(&args, &mut std::io::stdout().lock())
}

/// Does what `args` say, and prints to `out`.
pub fn run(args: &[&str], out: &mut impl Write) -> Result<()> {
    if args.is_empty() {
        bail!("usage: symbols FILE...");
    }
    for path in args {
        let file = File::open(path).with_context(|| format!("cannot open {path:?}"))?;
        // SAFETY: nobody writes the file while it is mapped.
        let data = unsafe { Mmap::map(&file) }.with_context(|| format!("cannot map {path:?}"))?;
        show(&object::File::parse(&*data)?, out)?;
    }
    Ok(())
}

fn show(object: &object::File, out: &mut impl Write) -> Result<()> {
    let (format, architecture) = (object.format(), object.architecture());
    writeln!(
        out,
        "{format:?} {architecture:?} entry {:#x}",
        object.entry()
    )?;
    for section in object.sections() {
        let (name, size) = (section.name()?, section.size());
        writeln!(out, "{:#012x} {size:>8} {name}", section.address())?;
    }
    for symbol in object.symbols().chain(object.dynamic_symbols()) {
        let (address, kind) = (symbol.address(), symbol.kind());
        writeln!(out, "{address:#012x} {kind:?} {}", symbol.name()?)?;
    }
    Ok(())
}
