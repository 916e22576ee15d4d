//! `--mem-stats`: tables on standard error when the guest has ended.

use crate::run::CTX;
use anyhow::{Result, ensure};
use bytesize::ByteSize;
use comfy_table::{CellAlignment, Table, presets};
use mem_host::{Amount, Usage};
use std::io::{self, Write};

/// Prints the tables when the process exits.
///
/// `wasmtime-cli` ends it by `std::process::exit` if the guest traps or exits,
/// which drops nothing.
pub fn print_at_exit() -> Result<()> {
    // SAFETY: `print` is as safe to call as any function. It does not unwind,
    // for it is `extern "C"`, and what it uses is never freed.
    let registered = unsafe { libc::atexit(print) };
    ensure!(registered == 0, "no room for what prints the statistics");
    Ok(())
}

extern "C" fn print() {
    if let Some(ctx) = CTX.get() {
        let usage = ctx.usage();
        // There is nobody left to tell.
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

/// How an amount is written.
type Show = fn(u64) -> String;

fn amounts(usage: &Usage) -> Table {
    let mut table = table(["", "at the end", "peak", "limit"]);
    let number: Show = |number| number.to_string();
    let rows: [(_, _, Show); _] = [
        ("mapped", usage.mapped_bytes, size),
        ("private", usage.private_bytes, size),
        ("locked", usage.locked_bytes, size),
        ("mappings", usage.pieces, number),
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
