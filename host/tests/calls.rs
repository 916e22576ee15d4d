//! Each call is an event, and is counted, alike for components and core modules,
//! on synchronous and asynchronous hosts.

use crate::guests::*;
use anyhow::Result;
use mem_host::Usage;
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};
use test_host::{Host, Surface, tests_on};
use tracing::field::{Field, Visit};
use tracing::{Event, Level};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

/// What the guest `each_call` calls: operation, mapping, offset, length and
/// result.
const CALLS: &[(&str, u64, u64, u64, &str)] = &[
    ("file-map", 1, 0, 8192, "ok"),
    ("file-map", 0, 1, 2, "not-found"),
    ("file-map", 2, 0, 2, "ok"),
    ("size", 1, 0, 8192, "ok"),
    ("read", 1, 1, 100, "ok"),
    ("read", 1, 8192, 1, "out-of-bounds"),
    ("read-u64x8", 1, 2, 128, "ok"),
    ("read-u64x8", 1, 8129, 64, "out-of-bounds"),
    ("read-many", 1, 20, 34, "ok"),
    ("read-many", 1, 2, 8192, "out-of-bounds"),
    ("write", 1, 3, 3, "ok"),
    ("write", 1, 8191, 3, "out-of-bounds"),
    ("load-u8", 1, 4, 1, "ok"),
    ("load-u8", 1, 4, 1, "ok"),
    ("load-u8", 1, 4, 1, "ok"),
    ("load-u16", 1, 4, 2, "ok"),
    ("load-u32", 1, 4, 4, "ok"),
    ("load-u64", 1, 4, 8, "ok"),
    ("load-u64x8", 1, 4, 64, "ok"),
    ("load-u64", 1, 8192, 8, "out-of-bounds"),
    ("store-u8", 1, 5, 1, "ok"),
    ("store-u16", 1, 5, 2, "ok"),
    ("store-u32", 1, 5, 4, "ok"),
    ("store-u64", 1, 5, 8, "ok"),
    ("store-u8", 1, u64::MAX, 1, "out-of-bounds"),
    ("flush", 1, 0, 7, "ok"),
    ("lock", 1, 0, 8192, "ok"),
    ("unlock", 1, 0, 7, "ok"),
    ("unlock", 1, 0, 8192, "not-locked"),
    ("advise", 1, 0, 7, "ok"),
    ("protect", 1, 0, 7, "ok"),
    ("attach", 1, 4096, 4096, "ok"),
    ("attach", 1, 0, 4096, "busy"),
    ("check", 1, 4096, 4096, "ok"),
    ("detach", 1, 4096, 4096, "ok"),
    ("attach", 1, 0, 4096, "ok"),
    ("drop-window", 1, 0, 4096, "ok"),
    ("drop-mapping", 2, 0, 2, "ok"),
    ("unmap", 1, 0, 8192, "ok"),
];

/// The fields of an event.
#[derive(Debug, Default)]
struct Told {
    operation: String,
    mapping: u64,
    offset: u64,
    length: u64,
    result: String,
    path: Option<String>,
    access: Option<String>,
    why: Option<String>,
    timed: bool,
}

impl Visit for Told {
    fn record_u64(&mut self, field: &Field, value: u64) {
        match field.name() {
            "mapping" => self.mapping = value,
            "offset" => self.offset = value,
            "length" => self.length = value,
            "nanoseconds" => self.timed = value > 0,
            name => panic!("the field {name}"),
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "operation" => self.operation = value.to_owned(),
            "result" => self.result = value.to_owned(),
            "path" => self.path = Some(value.to_owned()),
            "access" => self.access = Some(value.to_owned()),
            "why" => self.why = Some(value.to_owned()),
            name => panic!("the field {name}"),
        }
    }

    fn record_debug(&mut self, field: &Field, _: &dyn Debug) {
        panic!("the field {}", field.name());
    }
}

#[derive(Clone, Default)]
struct Events(Arc<Mutex<Vec<Told>>>);

impl Events {
    fn take(&self) -> Vec<Told> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<S: tracing::Subscriber> Layer<S> for Events {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut told = Told::default();
        event.record(&mut told);
        self.0.lock().unwrap().push(told);
    }
}

tests_on! { in a child;
    each_call: [component core_module];
}

fn each_call(surface: Surface) -> Result<()> {
    let events = Events::default();
    let calls = Targets::new().with_target("mem_host::calls", Level::TRACE);
    let layer = events.clone().with_filter(calls);
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(layer))?;

    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    for asynchronous in [false, true] {
        let mut host = Host::with_windows();
        host.surface = surface;
        host.mem.max_locked_bytes(1 << 20);
        host.write("file", [0; 8192]);
        let ctx = host.mem.build();
        let mut store = host.store(ctx.clone());
        let guest = host.compile(EACH_CALL)?;
        if asynchronous {
            runtime.block_on(guest.run_async(&mut store))?;
        } else {
            guest.run(&mut store)?;
        }
        check_events(&events.take());
        check_counts(&ctx.usage());
    }
    Ok(())
}

fn check_events(told: &[Told]) {
    let calls: Vec<_> = told
        .iter()
        .map(|t| (&*t.operation, t.mapping, t.offset, t.length, &*t.result))
        .collect();
    assert_eq!(calls, CALLS);
    assert!(told.iter().all(|told| told.timed));
    for told in told.iter().filter(|told| told.result == "ok") {
        assert_eq!(told.why, None);
    }
    let missing = told[1].why.as_deref();
    assert_eq!(
        missing,
        Some("nothing is at this path; create the file first")
    );
    let maps: Vec<_> = told
        .iter()
        .filter_map(|told| Some((told.path.as_deref(), told.access.as_deref()?)))
        .collect();
    let expected = [
        (Some("file"), "read-write"),
        (Some("missing"), "copy-on-write"),
        (None, "copy-on-write"),
    ];
    assert_eq!(maps, expected);
}

fn check_counts(usage: &Usage) {
    let mut calls = BTreeMap::<&str, (u64, u64, u64)>::new();
    let mut errors = BTreeMap::<&str, u64>::new();
    for (operation, _, _, length, result) in CALLS {
        let (all, failed, bytes) = calls.entry(operation).or_default();
        *all += 1;
        if *result == "ok" {
            *bytes += length;
        } else {
            *failed += 1;
            *errors.entry(result).or_default() += 1;
        }
    }
    let counted = usage.calls.iter();
    let counted = counted
        .map(|(operation, calls)| (operation.name(), (calls.calls, calls.errors, calls.bytes)));
    assert_eq!(counted.collect::<BTreeMap<_, _>>(), calls);
    assert_eq!(usage.errors, errors);
    let total = usage.total();
    assert_eq!(total.calls, CALLS.len() as u64);
    assert_eq!(total.errors, errors.values().sum::<u64>());
    let bytes = calls.values().map(|(_, _, bytes)| bytes);
    assert_eq!(total.bytes, bytes.sum::<u64>());

    assert_eq!(usage.mappings, 0);
    for (amount, peak) in [
        (usage.mapped_bytes, 8194),
        (usage.private_bytes, 2),
        (usage.locked_bytes, 8192),
        (usage.windows, 1),
        // One of the file's two pages was unlocked, and one mapping was more.
        (usage.pieces, 3),
    ] {
        assert_eq!((amount.now, amount.peak), (0, peak));
    }
    assert_eq!(usage.locked_bytes.limit, 1 << 20);
}
