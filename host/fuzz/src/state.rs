//! What the stores and engines of all targets have.

use mem_host::{MemCtx, MemCtxView, MemView};
use wasmtime::component::ResourceTable;
use wasmtime::{Config, Engine};

/// What a store of a guest holds.
pub struct State {
    pub mem: MemCtx,
    pub table: ResourceTable,
}

impl State {
    pub fn new(mem: MemCtx) -> Self {
        let table = ResourceTable::new();
        Self { mem, table }
    }
}

impl MemView for State {
    fn mem(&mut self) -> MemCtxView<'_> {
        MemCtxView {
            ctx: &self.mem,
            table: &mut self.table,
        }
    }
}

/// An engine without windows.
pub fn engine() -> Engine {
    Engine::new(&config()).unwrap()
}

/// An engine that is prepared for windows.
pub fn windows_engine() -> Engine {
    Engine::new(mem_host::enable_windows(&mut config())).unwrap()
}

/// A configuration for guests that trap all the time. Nobody reads where.
pub fn config() -> Config {
    let mut config = Config::new();
    config.wasm_backtrace_max_frames(None);
    config
}
