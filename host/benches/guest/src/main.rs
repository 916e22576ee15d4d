//! The guest of the benchmark `peers`: times mem against its peers on one file,
//! and reports to the host.

mod batch;
mod blocks;
mod calls;
mod core;
mod host;
mod measure;
mod setup;
mod unchanged;
mod ways;
mod window;

use self::setup::{KIB, Setup};

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
    ("window-sum/native-mmap", window::sum),
    ("window-load-u64-random/native-mmap", |setup, name| {
        window::load(setup, name, 1024 * KIB);
    }),
    ("window-load-u64-random/wasi-fs", |setup, name| {
        window::load_or_read(setup, name, 8 * KIB);
    }),
    ("window-attach-256MiB", window::attach),
    ("window-attach-all", window::attach_all),
    ("core-load-u64/empty-core-call", |setup, name| {
        core::load(setup, name, 1024 * KIB);
    }),
    ("core-read-64B/component-read-64B", |setup, name| {
        core::read(setup, name, 64 * KIB);
    }),
    ("read-many-1000x64B/component-read-64B", |setup, name| {
        blocks::read_many(setup, name, 64, 1000, 64);
    }),
    ("unchanged-fst/native-mmap", |setup, name| {
        unchanged::index(setup, name, 64 * KIB);
    }),
    ("throughput", ways::measure),
];

/// The rows of the polyfill.
const BUNDLED_ROWS: &[(&str, Measure)] = &[
    ("polyfill-read-64KiB/std-fs", |setup, name| {
        blocks::read_in_order(setup, name, 64 * KIB, 4096);
    }),
    ("polyfill-read-64B-random/std-fs", |setup, name| {
        blocks::read_at_random(setup, name, 64, 32768);
    }),
];

fn main() {
    let setup = Setup::new();
    let rows = if setup.plan.bundled {
        BUNDLED_ROWS
    } else {
        ROWS
    };
    for (name, measure) in rows {
        if name.contains(&setup.plan.only) {
            measure(&setup, name);
        }
    }
}
