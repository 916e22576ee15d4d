//! How fast bytes come through in blocks of each length, in every way.

use crate::rows::median;
use crate::units;
use serde_json::{Map, Value, json};
use std::fmt::Write;

/// The ways, in the order in which they are measured.
pub const WAYS: [&str; 4] = ["mapping", "window", "std::fs", "native"];

/// The speeds of all ways for blocks of one length, in bytes per nanosecond,
/// which are GB/s.
pub struct Speeds {
    pub length: u32,
    pub speeds: [f64; WAYS.len()],
}

impl Speeds {
    /// Of what each round took each way, in nanoseconds for `calls`. None if
    /// there is no round.
    pub fn new(length: u32, calls: u32, rounds: &[[u64; WAYS.len()]]) -> Option<Self> {
        let bytes = f64::from(length) * f64::from(calls);
        let mut speeds = [0.0; WAYS.len()];
        for (way, speed) in speeds.iter_mut().enumerate() {
            *speed = bytes / median(rounds.iter().map(|round| round[way]))? as f64;
        }
        Some(Self { length, speeds })
    }
}

pub const HEADINGS: [&str; 1 + WAYS.len()] =
    ["blocks of", "mapping", "window", "std::fs", "native"];

/// The cells of one line for people.
pub fn cells(speeds: &Speeds) -> [String; HEADINGS.len()] {
    let [mapping, window, file, native] = speeds.speeds.map(|speed| format!("{speed:.3}"));
    [units::bytes(speeds.length), mapping, window, file, native]
}

/// The speeds for people, in GB/s.
pub fn table(all: &[Speeds]) -> String {
    let headings = [HEADINGS.map(Into::into)]
        .into_iter()
        .filter(|_| !all.is_empty());
    let mut table = String::new();
    for [length, ways @ ..] in headings.chain(all.iter().map(cells)) {
        let ways = ways.map(|way| format!("{way:>12}")).concat();
        writeln!(table, "{length:16}{ways}").expect("a string takes everything");
    }
    table
}

/// The speeds for programs.
pub fn json(all: &[Speeds]) -> Value {
    let one = |speeds: &Speeds| {
        let mut ways: Map<_, _> = WAYS
            .iter()
            .zip(speeds.speeds)
            .map(|(way, speed)| (way.to_string(), json!(speed)))
            .collect();
        ways.insert("length".into(), json!(speeds.length));
        ways.insert("unit".into(), json!("GB/s"));
        Value::from(ways)
    };
    all.iter().map(one).collect()
}
