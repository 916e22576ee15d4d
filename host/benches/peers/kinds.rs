//! What is drawn as bars, and which side of which row it is.

use crate::bars::{Bar, Group};
use crate::rows::Measured;
use crate::theme::{CORE, Color, HANDLE, NATIVE, STD, WINDOW};

/// One side of a row.
pub enum Side {
    Mem,
    Peer,
}

use Side::{Mem, Peer};

/// Bars that belong together: of each the label, the row and its side.
pub struct Kind {
    title: &'static str,
    bars: &'static [(&'static str, &'static str, Side, &'static Color)],
}

const fn kind(
    title: &'static str,
    bars: &'static [(&'static str, &'static str, Side, &'static Color)],
) -> Kind {
    Kind { title, bars }
}

const LOAD_OR_READ: &str = "window-load-u64-random/wasi-fs";
const LOAD: &str = "load-u64/empty-call";
const CORE_READ: &str = "core-read-64B/component-read-64B";
const READ: &str = "read-64B-random/wasi-fs";
const READ_PAGE: &str = "read-4KiB/wasi-fs";
const WRITE: &str = "write-64KiB/wasi-fs";
const ATTACH: &str = "window-attach-256MiB";
const MAP: &str = "map-unmap/size";
const SUM: &str = "window-sum/native-mmap";
const LOADS: &str = "two-threads-loads";
const READS: &str = "two-threads-reads";
const ATTACHES: &str = "two-threads-attaches";
const NATIVE_ATTACHES: &str = "two-threads-native-attaches";
const SUMS: &str = "two-threads-sums";
const NATIVE_SUMS: &str = "two-threads-native-sums";
const WINDOW_LOAD: &str = "window-load-u64-random/native-mmap";
const POLYFILL_READ: &str = "polyfill-read-64B-random/std-fs";
const UNCHANGED: &str = "unchanged-fst/native-mmap";
const CORE_LOAD: &str = "core-load-u64/empty-core-call";
const READ_MANY: &str = "read-many-1000x64B/component-read-64B";

/// The kinds of access, and who makes them.
pub const ACCESSES: &[Kind] = &[
    kind(
        "load 8 bytes from anywhere",
        &[
            ("native memmap2", WINDOW_LOAD, Peer, &NATIVE),
            ("mem, window", WINDOW_LOAD, Mem, &WINDOW),
            ("std::fs, seek and read", LOAD_OR_READ, Peer, &STD),
        ],
    ),
    kind(
        "load 8 bytes by a call",
        &[
            ("empty call, core module", CORE_LOAD, Peer, &NATIVE),
            ("mem, core module", CORE_LOAD, Mem, &CORE),
            ("empty call, component", LOAD, Peer, &NATIVE),
            ("mem, component", LOAD, Mem, &HANDLE),
        ],
    ),
    kind(
        "look a word up by the crate fst",
        &[
            ("native memmap2", UNCHANGED, Peer, &NATIVE),
            ("mem's memmap2", UNCHANGED, Mem, &WINDOW),
        ],
    ),
    kind(
        "read 64 bytes from anywhere",
        &[
            ("mem, one of 1,000 ranges", READ_MANY, Mem, &HANDLE),
            ("mem, component", READ, Mem, &HANDLE),
            ("mem, polyfill", POLYFILL_READ, Mem, &HANDLE),
            ("std::fs, seek and read", READ, Peer, &STD),
        ],
    ),
    kind(
        "read 64 bytes of the processor's cache",
        &[
            ("mem, core module", CORE_READ, Mem, &CORE),
            ("mem, component", CORE_READ, Peer, &HANDLE),
        ],
    ),
    kind(
        "read 4 KiB",
        &[
            ("mem, component", READ_PAGE, Mem, &HANDLE),
            ("std::fs", READ_PAGE, Peer, &STD),
        ],
    ),
    kind(
        "write 64 KiB",
        &[
            ("mem, component", WRITE, Mem, &HANDLE),
            ("std::fs", WRITE, Peer, &STD),
        ],
    ),
    kind(
        "map and unmap",
        &[
            ("mem, 4 KiB", MAP, Peer, &HANDLE),
            ("mem, 4 GiB", MAP, Mem, &HANDLE),
        ],
    ),
    kind(
        "have 256 MiB in the guest's memory",
        &[
            ("mem, attach a window", ATTACH, Mem, &WINDOW),
            ("std::fs, read it all", ATTACH, Peer, &STD),
        ],
    ),
    kind(
        "sum up 256 MiB",
        &[
            ("native memmap2", SUM, Peer, &NATIVE),
            ("mem, window", SUM, Mem, &WINDOW),
        ],
    ),
];

/// What two threads do.
pub const THREADS: &[Kind] = &[
    kind(
        "calls",
        &[
            ("load 8 bytes", LOADS, Mem, &HANDLE),
            ("read 64 bytes", READS, Mem, &HANDLE),
        ],
    ),
    kind(
        "windows",
        &[
            ("attach, touch, detach 4 MiB", ATTACHES, Mem, &WINDOW),
            ("map it by memmap2", NATIVE_ATTACHES, Mem, &NATIVE),
            ("sum up 128 MiB each", SUMS, Mem, &WINDOW),
            ("the same by memmap2", NATIVE_SUMS, Mem, &NATIVE),
        ],
    ),
];

/// The groups and bars of which something was measured.
pub fn groups(
    kinds: &[Kind],
    rows: &[Measured],
    figure: impl Fn(&Measured, &Side) -> (f64, String),
) -> Vec<Group> {
    let groups = kinds.iter().map(|&Kind { title, bars }| {
        let bars = bars.iter().filter_map(|(label, name, side, color)| {
            let row = rows.iter().find(|row| row.name() == *name)?;
            let (value, shown) = figure(row, side);
            Some(Bar {
                label,
                value,
                shown,
                color,
            })
        });
        Group {
            title,
            bars: bars.collect(),
        }
    });
    groups.filter(|group| !group.bars.is_empty()).collect()
}
