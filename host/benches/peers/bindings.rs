//! The interface through which the guest learns its plan and reports.

pub use self::mem::bench::host;

/// What the guest calls an empty method on.
pub struct Probe;

wasmtime::component::bindgen!({
    path: "benches/guest/wit",
    world: "guest",
    imports: { default: trappable },
    with: { "mem:bench/host.probe": Probe },
});
