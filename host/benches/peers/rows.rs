//! The rows, what is asked of each, and how they are shown.

use crate::units;
use serde_json::{Value, json};
use std::fmt::Write;

/// What a row compares.
pub struct Row {
    pub name: &'static str,
    against: &'static str,
    /// How many bytes a call moves, where the figure is a speed.
    bytes: Option<u32>,
    asked: Asked,
}

/// What is asked of the ratio.
enum Asked {
    /// How many times the peer's speed, at least.
    Speed(f64),
    /// How many times the peer's time, at most.
    Time(f64),
    /// Less than so many nanoseconds, whatever the peer takes.
    Under(f64),
    /// Nothing: it tells how many times the peer's speed is possible.
    Nothing,
}

use Asked::{Nothing, Speed, Time, Under};

const BLOCK: Option<u32> = Some(64 << 10);
const FILE: Option<u32> = Some(256 << 20);
const HALF: Option<u32> = Some(128 << 20);
const NATIVE: &str = "memmap2 in the host";
const CALL: &str = "the component's call";
const ONE: &str = "one thread";

const ROWS: &[Row] = &[
    row("read-64KiB/wasi-fs", "std::fs", BLOCK, Speed(3.5)),
    row("read-4KiB/wasi-fs", "std::fs", None, Speed(15.0)),
    row("read-64B-random/wasi-fs", "std::fs", None, Speed(40.0)),
    row("load-u64/empty-call", "an empty method", None, Time(1.15)),
    row("read-64KiB/native-memcpy", NATIVE, BLOCK, Speed(0.6)),
    row("write-64KiB/wasi-fs", "std::fs", BLOCK, Speed(3.0)),
    row("map-unmap/size", "4 KiB instead of 4 GiB", None, Time(1.5)),
    row("window-sum/native-mmap", NATIVE, FILE, Speed(0.85)),
    row(
        "window-load-u64-random/native-mmap",
        NATIVE,
        None,
        Time(1.3),
    ),
    row(
        "window-load-u64-random/wasi-fs",
        "std::fs",
        None,
        Speed(1000.0),
    ),
    row(
        "window-attach-256MiB",
        "std::fs reads it",
        None,
        Speed(500.0),
    ),
    row("window-attach-all", "64 MiB of it", None, Under(5e6)),
    row(
        "core-load-u64/empty-core-call",
        "an empty function",
        None,
        Time(5.0),
    ),
    row("core-read-64B/component-read-64B", CALL, None, Speed(4.0)),
    row(
        "read-many-1000x64B/component-read-64B",
        CALL,
        None,
        Speed(4.0),
    ),
    row("unchanged-fst/native-mmap", NATIVE, None, Time(1.5)),
    row("polyfill-read-64KiB/std-fs", "std::fs", BLOCK, Time(1.5)),
    row(
        "polyfill-read-64B-random/std-fs",
        "std::fs",
        None,
        Speed(1.0),
    ),
    row("two-threads-loads", ONE, None, Speed(1.7)),
    row("two-threads-reads", ONE, None, Speed(1.7)),
    row("two-threads-attaches", ONE, None, Speed(1.7)),
    row("two-threads-native-attaches", ONE, None, Nothing),
    row("two-threads-sums", ONE, HALF, Speed(1.3)),
    row("two-threads-native-sums", ONE, HALF, Nothing),
];

const fn row(name: &'static str, against: &'static str, bytes: Option<u32>, asked: Asked) -> Row {
    Row {
        name,
        against,
        bytes,
        asked,
    }
}

/// A row and the time of one call on each side, in nanoseconds.
pub struct Measured {
    row: &'static Row,
    mem: f64,
    peer: f64,
}

impl Measured {
    /// The row `name`, of which each round took mem and the peer so many
    /// nanoseconds for `calls`. None if there is no such row.
    pub fn new(name: &str, calls: u32, rounds: &[(u64, u64)]) -> Option<Self> {
        let per_call = |time| time as f64 / f64::from(calls);
        Some(Self {
            row: ROWS.iter().find(|row| row.name == name)?,
            mem: per_call(median(rounds.iter().map(|&(mem, _)| mem))?),
            peer: per_call(median(rounds.iter().map(|&(_, peer)| peer))?),
        })
    }

    pub fn name(&self) -> &'static str {
        self.row.name
    }

    /// The nanoseconds of one call of mem and of the peer.
    pub fn nanoseconds(&self) -> (f64, f64) {
        (self.mem, self.peer)
    }

    /// How many times the speed of the peer, or its time if that is asked for.
    pub fn ratio(&self) -> f64 {
        match self.row.asked {
            Speed(_) | Nothing => self.peer / self.mem,
            Time(_) | Under(_) => self.mem / self.peer,
        }
    }

    /// Whether the ratio is what is asked.
    pub fn is_met(&self) -> bool {
        match self.row.asked {
            Speed(least) => self.ratio() >= least,
            Time(most) => self.ratio() <= most,
            Under(most) => self.mem < most,
            Nothing => true,
        }
    }
}

pub fn median(values: impl Iterator<Item = u64>) -> Option<u64> {
    let mut values: Vec<u64> = values.collect();
    values.sort_unstable();
    values.get(values.len() / 2).copied()
}

pub const HEADINGS: [&str; 6] = ["row", "mem", "peer", "peer is", "ratio", "asked"];

/// The cells of the row for people.
pub fn cells(measured: &Measured) -> [String; 6] {
    let show = |nanoseconds| match measured.row.bytes {
        Some(bytes) => units::speed(f64::from(bytes) / nanoseconds),
        None => units::time(nanoseconds),
    };
    let asked = match measured.row.asked {
        Speed(least) => format!(">= {least}"),
        Time(most) => format!("<= {most}"),
        Under(most) => format!("in {}", units::time(most)),
        Nothing => String::new(),
    };
    let missed = if measured.is_met() { "" } else { "  MISSED" };
    [
        measured.row.name.into(),
        show(measured.mem),
        show(measured.peer),
        measured.row.against.into(),
        format!("{:.2}", measured.ratio()),
        asked + missed,
    ]
}

/// The rows for people.
pub fn table(rows: &[Measured]) -> String {
    let lines = [HEADINGS.map(Into::into)].into_iter();
    let lines = lines.chain(rows.iter().map(cells));
    let mut table = String::new();
    for [name, mem, peer, against, ratio, asked] in lines {
        let line = format!("{name:38}{mem:>12}{peer:>12}  {against:24}{ratio:>8}  {asked}");
        writeln!(table, "{}", line.trim_end()).expect("a string takes everything");
    }
    table
}

/// The rows for programs.
pub fn json(rows: &[Measured]) -> Value {
    let row = |measured: &Measured| {
        let (value, unit) = match measured.row.bytes {
            Some(bytes) => (f64::from(bytes) / measured.mem, "GB/s"),
            None => (measured.mem, "ns/call"),
        };
        json!({
            "name": measured.row.name,
            "value": value,
            "unit": unit,
            "ratio": measured.ratio(),
            "against": measured.row.against,
        })
    };
    rows.iter().map(row).collect()
}
