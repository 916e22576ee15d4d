//! The host reports and counts each call, in the same way for components and core
//! modules, on synchronous and asynchronous hosts. Each function of the contract
//! has its call here, or its guest.

use crate::guests::*;
use anyhow::{Context as _, Result};
use mem_host::Usage;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};
use test_artifacts::Guest;
use test_host::{Host, Surface, tests_on};
use test_wit::Function;
use tracing::field::{Field, Visit};
use tracing::{Event, Level};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{self, Layer, SubscriberExt};
use wasmtime::Engine;
use wasmtime::component::types::ComponentItem;

/// The calls of the guest `each_call`: operation, mapping, offset, length and
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
    ("advise-many", 1, 1, 8, "ok"),
    ("advise-many", 1, 1, 8, "ok"),
    ("advise-many", 1, 1, 8, "ok"),
    ("advise-many", 1, 0, 0, "ok"),
    ("advise-many", 1, 0, 2, "out-of-bounds"),
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

/// Functions that are not operations of their own to the host, and a guest of a
/// test that calls them.
const WITHOUT_EVENTS: &[(&str, Guest)] = &[
    ("explain", MESSAGES),
    ("page-size", WINDOW),
    ("file-map-at", DIRECTORY_RAW),
    ("file-map-of", DIRECTORY_RAW),
];

/// The fields of an event.
#[derive(Debug, Default)]
struct Call {
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

impl Visit for Call {
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
struct Events(Arc<Mutex<Vec<Call>>>);

impl Events {
    fn take(&self) -> Vec<Call> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<S: tracing::Subscriber> Layer<S> for Events {
    fn on_event(&self, event: &Event<'_>, _: layer::Context<'_, S>) {
        let mut call = Call::default();
        event.record(&mut call);
        self.0.lock().unwrap().push(call);
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

/// A new function of the contract needs a call in the guest `each_call` and a row
/// in `CALLS`, or a row in `WITHOUT_EVENTS`.
#[test]
fn each_function_has_a_test() -> Result<()> {
    let functions = test_wit::contract().functions();
    let operations: BTreeSet<&str> = functions.iter().map(|f| &*f.operation).collect();
    let mut tested: BTreeSet<&str> = CALLS.iter().map(|call| call.0).collect();
    tested.extend(WITHOUT_EVENTS.iter().map(|(function, _)| *function));
    let untested: Vec<_> = operations.difference(&tested).collect();
    assert!(untested.is_empty(), "no test calls {untested:?} of wit/");
    let unknown: Vec<_> = tested.difference(&operations).collect();
    assert!(unknown.is_empty(), "wit/ does not have {unknown:?}");

    let engine = Engine::default();
    for (operation, guest) in WITHOUT_EVENTS {
        let function = test_wit::contract().function(operation);
        let calls = imports(&engine, *guest, function)?;
        assert!(calls, "the guest {} does not call {operation}", guest.name);
    }
    Ok(())
}

/// Whether the guest calls the function. A component imports what it calls, and
/// nothing else.
fn imports(engine: &Engine, guest: Guest, function: &Function) -> Result<bool> {
    let component = test_host::component(engine, guest)?;
    let ty = component.component_type();
    let mut imports = ty.imports(engine);
    let instance = imports.find(|(name, _)| *name == function.interface);
    let (_, instance) =
        instance.with_context(|| format!("{} imports no {function:?}", guest.name))?;
    let ComponentItem::ComponentInstance(instance) = instance.ty else {
        anyhow::bail!("{} is an instance", function.interface);
    };
    let mut exports = instance.exports(engine);
    Ok(exports.any(|(name, _)| name == function.name))
}

fn check_events(events: &[Call]) {
    let calls: Vec<_> = events
        .iter()
        .map(|e| (&*e.operation, e.mapping, e.offset, e.length, &*e.result))
        .collect();
    assert_eq!(calls, CALLS);
    assert!(events.iter().all(|call| call.timed));
    for call in events.iter().filter(|call| call.result == "ok") {
        assert_eq!(call.why, None);
    }
    let missing = events[1].why.as_deref();
    assert_eq!(
        missing,
        Some("nothing is at this path; create the file first")
    );
    let maps: Vec<_> = events
        .iter()
        .filter_map(|call| Some((call.path.as_deref(), call.access.as_deref()?)))
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

    assert_eq!(usage.handles, 0);
    for (amount, peak) in [
        (usage.mapped_bytes, 8194),
        (usage.private_bytes, 2),
        (usage.locked_bytes, 8192),
        (usage.windows, 1),
        // Two for the file, when one of its two pages was unlocked, and one for
        // the anonymous mapping.
        (usage.mappings, 3),
    ] {
        assert_eq!((amount.now, amount.peak), (0, peak));
    }
    assert_eq!(usage.locked_bytes.limit, 1 << 20);
}
