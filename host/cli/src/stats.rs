//! `--mem-stats`: prints tables to standard error when the guest has ended.

use crate::context;
use anyhow::{Result, ensure};
use bytesize::ByteSize;
use comfy_table::{CellAlignment, Table, presets};
use mem_host::{Amount, Usage};
use std::io::{self, Write};

/// Prints the tables when the process exits.
///
/// If the guest traps or exits, `wasmtime-cli` calls `std::process::exit`, which
/// drops nothing.
pub fn print_at_exit() -> Result<()> {
    // SAFETY: `print` is a safe function. It does not unwind, because it is
    // `extern "C"`, and it uses only statics, which are never freed.
    let registered = unsafe { libc::atexit(print) };
    ensure!(registered == 0, "cannot print statistics at the exit");
    Ok(())
}

extern "C" fn print() {
    if let Some(ctx) = context::get() {
        let usage = ctx.usage();
        // Nobody is left who could handle an error.
        let _ = writeln!(io::stderr(), "{}\n{}", calls(&usage), amounts(&usage));
    }
}

fn calls(usage: &Usage) -> Table {
    let mut table = table(["operation", "calls", "errors", "bytes"]);
    let operations = usage.calls.iter();
    let operations = operations.map(|(operation, calls)| (operation.name(), *calls));
    for (name, calls) in operations.chain([("all", usage.total())]) {
        table.add_row([
            name.to_owned(),
            calls.calls.to_string(),
            calls.errors.to_string(),
            size(calls.bytes),
        ]);
    }
    table
}

/// How to write an amount.
type Show = fn(u64) -> String;

fn amounts(usage: &Usage) -> Table {
    let mut table = table(["", "at the end", "peak", "limit"]);
    let number: Show = |number| number.to_string();
    let rows: [(_, _, Show); _] = [
        ("mapped", usage.mapped_bytes, size),
        ("private", usage.private_bytes, size),
        ("locked", usage.locked_bytes, size),
        ("mappings", usage.mappings, number),
        ("windows", usage.windows, number),
    ];
    for (
        name,
        Amount {
            now, peak, limit, ..
        },
        show,
    ) in rows
    {
        table.add_row([name.to_owned(), show(now), show(peak), show(limit)]);
    }
    table
}

fn table<const N: usize>(header: [&str; N]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(header);
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn size(bytes: u64) -> String {
    ByteSize::b(bytes).to_string()
}
