//! How fast bytes come through by reads of each length, in each way.

use crate::figures::{self, median};
use serde::Serialize;
use std::collections::BTreeMap;

/// The ways, in the order in which they are measured.
pub const WAYS: [&str; 4] = ["mapping", "window", "std::fs", "native"];

/// The throughput of reads of one length.
#[derive(Serialize)]
pub struct Speeds {
    pub length: u32,
    unit: &'static str,
    /// In bytes per nanosecond, which are GB/s.
    #[serde(flatten)]
    pub ways: BTreeMap<&'static str, f64>,
}

impl Speeds {
    /// Each round has the nanoseconds that each way took for `calls`. None if
    /// there is no round.
    pub fn new(length: u32, calls: u32, rounds: &[[u64; WAYS.len()]]) -> Option<Self> {
        let bytes = f64::from(length) * f64::from(calls);
        let time = |way: usize| median(rounds.iter().map(|round| round[way]));
        let times = [time(0)?, time(1)?, time(2)?, time(3)?];
        let ways = WAYS.into_iter().zip(times.map(|time| bytes / time));
        let (unit, ways) = ("GB/s", ways.collect());
        Some(Self { length, unit, ways })
    }
}

/// The speeds for people, in GB/s.
pub fn table(speeds: &[Speeds]) -> String {
    let header = ["blocks of", WAYS[0], WAYS[1], WAYS[2], WAYS[3]];
    let rows = speeds.iter().map(|Speeds { length, ways, .. }| {
        let [mapping, window, file, native] = WAYS.map(|way| format!("{:.3}", ways[way]));
        [figures::length(*length), mapping, window, file, native]
    });
    figures::table(header, rows, &[1, 2, 3, 4])
}
