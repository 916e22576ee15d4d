//! The plugins as a table.

use crate::plugin::Plugin;
use anyhow::Result;
use bytesize::ByteSize;
use comfy_table::{CellAlignment, Table, presets};
use std::sync::Arc;

const HEADER: [&str; 12] = [
    "plugin",
    "state",
    "starts",
    "restarts",
    "reloads",
    "mappings",
    "mapped",
    "locked",
    "in RAM",
    "calls",
    "errors",
    "last error",
];

/// A row for each plugin.
pub async fn of(plugins: &[Arc<Plugin>]) -> Result<String> {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(HEADER);
    for column in table.column_iter_mut().take(11).skip(2) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    for plugin in plugins {
        let status = plugin.status();
        let usage = plugin.mem.usage();
        let calls = usage.total();
        table.add_row([
            plugin.name.clone(),
            status.state.to_string(),
            status.starts.to_string(),
            status.restarts.to_string(),
            status.reloads.to_string(),
            usage.handles.to_string(),
            size(usage.mapped_bytes.now),
            size(usage.locked_bytes.now),
            size(plugin.resident_bytes().await?),
            calls.calls.to_string(),
            calls.errors.to_string(),
            status.error.unwrap_or_default(),
        ]);
    }
    Ok(table.trim_fmt())
}

fn size(bytes: u64) -> String {
    ByteSize::b(bytes).to_string()
}
