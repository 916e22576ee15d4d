//! The guest of the benchmark `peers`: times mem against what else there is,
//! on one file, and reports to the host.

mod blocks;
mod calls;
mod digest;
mod measure;

use self::bindings::mem::bench::host;
use self::blocks::Sides;

mod bindings {
    wit_bindgen::generate!({ path: "wit", world: "guest" });
}

const KIB: u32 = 1 << 10;

/// What a row is measured with.
struct Setup {
    plan: host::Plan,
    sides: Sides,
}

type Measure = fn(&Setup, &str);

/// The rows by name, with the length of a block and the calls of a batch.
const ROWS: &[(&str, Measure)] = &[
    ("read-64KiB/wasi-fs", |setup, name| {
        blocks::read_in_order(setup, name, 64 * KIB, 4096);
    }),
    ("read-4KiB/wasi-fs", |setup, name| {
        blocks::read_in_order(setup, name, 4 * KIB, 8192);
    }),
    ("read-64B-random/wasi-fs", |setup, name| {
        blocks::read_at_random(setup, name, 64, 32768);
    }),
    ("load-u64/empty-call", |setup, name| {
        calls::load(setup, name, 128 * KIB);
    }),
    ("read-64KiB/native-memcpy", |setup, name| {
        blocks::copy(setup, name, 64 * KIB, 4096);
    }),
    ("write-64KiB/wasi-fs", |setup, name| {
        blocks::write(setup, name, 64 * KIB, 1024);
    }),
    ("map-unmap/size", |setup, name| {
        calls::map_and_unmap(setup, name, 200);
    }),
];

fn main() {
    let plan = host::get_plan();
    let sides = Sides::open(&plan.file);
    sides.warm_up();
    let setup = Setup { plan, sides };
    for (name, measure) in ROWS {
        if name.contains(&setup.plan.only) {
            measure(&setup, name);
        }
    }
}
