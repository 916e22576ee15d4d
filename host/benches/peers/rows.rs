//! The rows, what is asked of each, and how they are shown.

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
}

use Asked::{Speed, Time};

const BLOCK: Option<u32> = Some(64 << 10);

const ROWS: &[Row] = &[
    row("read-64KiB/wasi-fs", "std::fs", BLOCK, Speed(3.5)),
    row("read-4KiB/wasi-fs", "std::fs", None, Speed(15.0)),
    row("read-64B-random/wasi-fs", "std::fs", None, Speed(40.0)),
    row("load-u64/empty-call", "an empty method", None, Time(1.15)),
    row(
        "read-64KiB/native-memcpy",
        "memmap2 in the host",
        BLOCK,
        Speed(0.6),
    ),
    row("write-64KiB/wasi-fs", "std::fs", BLOCK, Speed(3.0)),
    row("map-unmap/size", "4 KiB instead of 4 GiB", None, Time(1.5)),
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

    fn ratio(&self) -> f64 {
        match self.row.asked {
            Speed(_) => self.peer / self.mem,
            Time(_) => self.mem / self.peer,
        }
    }

    /// Whether the ratio is what is asked.
    pub fn is_met(&self) -> bool {
        match self.row.asked {
            Speed(least) => self.ratio() >= least,
            Time(most) => self.ratio() <= most,
        }
    }

    /// The figure for a call that takes `nanoseconds`, and its unit.
    fn figure(&self, nanoseconds: f64) -> (f64, &'static str) {
        match self.row.bytes {
            Some(bytes) => (f64::from(bytes) / nanoseconds, "GB/s"),
            None => (nanoseconds, "ns/call"),
        }
    }
}

fn median(values: impl Iterator<Item = u64>) -> Option<u64> {
    let mut values: Vec<u64> = values.collect();
    values.sort_unstable();
    values.get(values.len() / 2).copied()
}

/// The rows for people.
pub fn table(rows: &[Measured]) -> String {
    let mut table = String::new();
    let mut line = |cells: [&str; 6]| {
        let [name, mem, peer, against, ratio, asked] = cells;
        let line = format!("{name:26}{mem:>17}{peer:>17}  {against:24}{ratio:>6}  {asked}");
        writeln!(table, "{}", line.trim_end()).expect("a string takes everything");
    };
    line(["row", "mem", "peer", "peer is", "ratio", "asked"]);
    for measured in rows {
        let show = |nanoseconds| {
            let (value, unit) = measured.figure(nanoseconds);
            format!("{value:.*} {unit:7}", usize::from(unit == "GB/s"))
        };
        let (sign, limit) = match measured.row.asked {
            Speed(least) => (">=", least),
            Time(most) => ("<=", most),
        };
        let missed = if measured.is_met() { "" } else { "  MISSED" };
        line([
            measured.row.name,
            &show(measured.mem),
            &show(measured.peer),
            measured.row.against,
            &format!("{:.2}", measured.ratio()),
            &format!("{sign} {limit}{missed}"),
        ]);
    }
    table
}

/// The rows for programs.
pub fn json(rows: &[Measured]) -> Value {
    let row = |measured: &Measured| {
        let (value, unit) = measured.figure(measured.mem);
        json!({
            "name": measured.row.name,
            "value": value,
            "unit": unit,
            "ratio": measured.ratio(),
            "against": measured.row.against,
        })
    };
    json!({ "rows": rows.iter().map(row).collect::<Vec<_>>() })
}
