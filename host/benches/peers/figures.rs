//! The figures that count, as people read them.

use bytesize::ByteSize;
use comfy_table::{CellAlignment, Table, presets};
use human_repr::{HumanDuration, HumanThroughput};

/// The value in the middle. None if there are no values.
pub fn median(values: impl Iterator<Item = u64>) -> Option<f64> {
    let mut values: Vec<u64> = values.collect();
    values.sort_unstable();
    values.get(values.len() / 2).map(|&value| value as f64)
}

pub fn time(nanoseconds: f64) -> String {
    (nanoseconds / 1e9).human_duration().to_string()
}

/// `gigabytes` per second.
pub fn throughput(gigabytes: f64) -> String {
    (gigabytes * 1e9).human_throughput_bytes().to_string()
}

pub fn length(bytes: u32) -> String {
    format!("{:.0}", ByteSize::b(bytes.into()))
}

/// A table with numbers in the columns `numbers`.
pub fn table<const N: usize>(
    header: [&str; N],
    rows: impl Iterator<Item = [String; N]>,
    numbers: &[usize],
) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(header).add_rows(rows);
    let columns = table.column_iter_mut();
    for column in columns.filter(|column| numbers.contains(&column.index)) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.trim_fmt()
}
