//! What the store of a guest holds.

use mem_host::{MemCtx, MemCtxView, MemView};
use wasmtime::component::ResourceTable;
use wasmtime_wasi::p1::WasiP1Ctx;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

/// What the store of a guest holds.
pub struct State {
    /// What mem grants.
    pub mem: MemCtx,
    /// What WASI grants to components.
    pub wasi: WasiCtx,
    /// What WASI grants to core modules.
    pub(crate) wasip1: WasiP1Ctx,
    /// The handles of components, and of core modules.
    pub table: ResourceTable,
}

impl State {
    pub(crate) fn new(mem: MemCtx, wasi: WasiCtx, wasip1: WasiP1Ctx) -> Self {
        Self {
            mem,
            wasi,
            wasip1,
            table: ResourceTable::new(),
        }
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

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}
