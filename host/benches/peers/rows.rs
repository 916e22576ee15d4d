//! The rows: what each compares, and how the two sides must compare.

use crate::figures::{self, median};
use plotters::style::RGBColor;
use serde::Serialize;

/// What `--check` demands of a row.
enum Target {
    /// At least this many times the peer's speed.
    Speed(f64),
    /// At most this many times the peer's time.
    Time(f64),
    /// Fewer nanoseconds than this, however long the peer takes.
    Under(f64),
    /// Nothing: the row shows which ratio is possible.
    Nothing,
}

use Target::{Nothing, Speed, Time, Under};

/// What is timed, and its color in the plots.
pub type Side = (&'static str, RGBColor);

pub const BLUE: RGBColor = RGBColor(0x09, 0x69, 0xda);
pub const GREEN: RGBColor = RGBColor(0x1a, 0x7f, 0x37);
const PURPLE: RGBColor = RGBColor(0x82, 0x50, 0xdf);
pub const ORANGE: RGBColor = RGBColor(0xbc, 0x4c, 0x00);
pub const GRAY: RGBColor = RGBColor(0x6e, 0x77, 0x81);

const COMPONENT: Side = ("mem, component", BLUE);
const CORE: Side = ("mem, core module", PURPLE);
const POLYFILL: Side = ("mem, polyfill", BLUE);
const WINDOW: Side = ("mem, window", GREEN);
const NATIVE: Side = ("native memmap2", GRAY);
const STD: Side = ("std::fs", ORANGE);
const SEEK: Side = ("std::fs, seek and read", ORANGE);
pub const ONE: Side = ("one thread", GRAY);

const BLOCK: Option<u32> = Some(64 << 10);
const FILE: Option<u32> = Some(256 << 20);
const HALF: Option<u32> = Some(128 << 20);

/// What is done, the row's name, mem, its peer, the bytes of a call if the
/// throughput is of interest and not the time, and the target.
type Row = (&'static str, &'static str, Side, Side, Option<u32>, Target);

#[rustfmt::skip]
const ROWS: &[Row] = &[
    ("load 8 bytes from anywhere", "window-load-u64-random/native-mmap", WINDOW, NATIVE, None, Time(1.3)),
    ("load 8 bytes from anywhere", "window-load-u64-random/wasi-fs", WINDOW, SEEK, None, Speed(1000.0)),
    ("load 8 bytes by a call", "core-load-u64/empty-core-call", CORE, ("empty call, core module", GRAY), None, Time(5.0)),
    ("load 8 bytes by a call", "load-u64/empty-call", COMPONENT, ("empty call, component", GRAY), None, Time(1.15)),
    ("look a word up by the crate fst", "unchanged-fst/native-mmap", ("mem's memmap2", GREEN), NATIVE, None, Time(1.5)),
    ("read 64 bytes from anywhere", "read-many-1000x64B/component-read-64B", ("mem, one of 1,000 ranges", BLUE), COMPONENT, None, Speed(4.0)),
    ("read 64 bytes from anywhere", "read-64B-random/wasi-fs", COMPONENT, SEEK, None, Speed(40.0)),
    ("read 64 bytes from anywhere", "polyfill-read-64B-random/std-fs", POLYFILL, SEEK, None, Speed(1.0)),
    ("read 64 bytes of the processor's cache", "core-read-64B/component-read-64B", CORE, COMPONENT, None, Speed(4.0)),
    ("read 4 KiB", "read-4KiB/wasi-fs", COMPONENT, STD, None, Speed(15.0)),
    ("read 64 KiB", "read-64KiB/native-memcpy", COMPONENT, NATIVE, BLOCK, Speed(0.6)),
    ("read 64 KiB", "read-64KiB/wasi-fs", COMPONENT, STD, BLOCK, Speed(3.5)),
    ("read 64 KiB", "polyfill-read-64KiB/std-fs", POLYFILL, STD, BLOCK, Time(1.5)),
    ("write 64 KiB", "write-64KiB/wasi-fs", COMPONENT, STD, BLOCK, Speed(3.0)),
    ("map and unmap", "map-unmap/size", ("mem, 4 GiB", BLUE), ("mem, 4 KiB", BLUE), None, Time(1.5)),
    ("attach windows", "window-attach-all", ("mem, 3 GiB or more", GREEN), ("mem, 64 MiB", GREEN), None, Under(5e6)),
    ("have 256 MiB in the guest's memory", "window-attach-256MiB", WINDOW, ("std::fs, read it all", ORANGE), None, Speed(500.0)),
    ("sum up 256 MiB", "window-sum/native-mmap", WINDOW, NATIVE, FILE, Speed(0.85)),
    ("calls", "two-threads-loads", ("load 8 bytes", BLUE), ONE, None, Speed(1.7)),
    ("calls", "two-threads-reads", ("read 64 bytes", BLUE), ONE, None, Speed(1.7)),
    ("windows", "two-threads-attaches", ("attach, touch, detach 4 MiB", GREEN), ONE, None, Speed(1.7)),
    ("windows", "two-threads-native-attaches", ("map it by memmap2", GRAY), ONE, None, Nothing),
    ("windows", "two-threads-sums", ("sum up 128 MiB each", GREEN), ONE, HALF, Speed(1.3)),
    ("windows", "two-threads-native-sums", ("the same by memmap2", GRAY), ONE, HALF, Nothing),
];

/// A row and what was measured.
#[derive(Serialize)]
pub struct Measured {
    name: &'static str,
    against: &'static str,
    /// What mem reaches, in `unit`.
    value: f64,
    unit: &'static str,
    /// How many times the peer's speed, or its time if the target is a time.
    pub ratio: f64,
    #[serde(skip)]
    pub meets_target: bool,
    #[serde(skip)]
    pub work: &'static str,
    /// Mem and its peer, with the nanoseconds of a call.
    #[serde(skip)]
    pub sides: [(Side, f64); 2],
    #[serde(skip)]
    cells: [String; 6],
}

impl Measured {
    /// The row `name`. Each round has the nanoseconds that mem and the peer took
    /// for `calls`. None if there is no such row.
    pub fn new(name: &str, calls: u32, rounds: &[(u64, u64)]) -> Option<Self> {
        let row = ROWS.iter().find(|row| row.1 == name)?;
        let &(work, name, mem_side, peer_side, bytes, ref target) = row;
        let mem = median(rounds.iter().map(|round| round.0))? / f64::from(calls);
        let peer = median(rounds.iter().map(|round| round.1))? / f64::from(calls);
        let (speed, time) = (peer / mem, mem / peer);
        let (ratio, meets_target, asked) = match *target {
            Speed(least) => (speed, speed >= least, format!(">= {least}")),
            Time(most) => (time, time <= most, format!("<= {most}")),
            Under(most) => (time, mem < most, format!("in {}", figures::time(most))),
            Nothing => (speed, true, String::new()),
        };
        let asked = asked + if meets_target { "" } else { "  MISSED" };
        let throughput = |nanoseconds| bytes.map(|bytes| f64::from(bytes) / nanoseconds);
        let [mem_shown, peer_shown] = [mem, peer].map(|time| match throughput(time) {
            Some(throughput) => figures::throughput(throughput),
            None => figures::time(time),
        });
        let [against, shown] = [peer_side.0.to_string(), format!("{ratio:.2}")];
        Some(Self {
            name,
            against: peer_side.0,
            value: throughput(mem).unwrap_or(mem),
            unit: bytes.map_or("ns/call", |_| "GB/s"),
            ratio,
            meets_target,
            work,
            sides: [(mem_side, mem), (peer_side, peer)],
            cells: [name.into(), mem_shown, peer_shown, against, shown, asked],
        })
    }
}

/// Puts rows that do the same work next to each other.
pub fn sort(rows: &mut [Measured]) {
    rows.sort_by_key(|measured| ROWS.iter().position(|row| row.1 == measured.name));
}

/// The rows for people.
pub fn table(rows: &[Measured]) -> String {
    let header = ["row", "mem", "peer", "peer is", "ratio", "target"];
    figures::table(header, rows.iter().map(|row| row.cells.clone()), &[1, 2, 4])
}
