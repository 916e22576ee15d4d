//! A core module in a store of its own.

use anyhow::Result;
use mem_host::{FsPerms, MemCtx, MemCtxView, MemView};
use std::path::Path;
use std::time::{Duration, Instant};
use wasmtime::component::ResourceTable;
use wasmtime::{Engine, Linker, Module, Store, TypedFunc};

/// The module's functions, and the pointer that they take as the mapping.
pub struct Core {
    store: Store<State>,
    mapping: u32,
    load: TypedFunc<(u32, u64, u32), u64>,
    empty: TypedFunc<u32, ()>,
    read: TypedFunc<(u32, u32, u32, u32), u64>,
}

impl Core {
    /// Starts the module on the file in `dir`.
    pub fn start(engine: &Engine, dir: &Path) -> Result<Self> {
        let mut linker = Linker::new(engine);
        // With the type of a load.
        linker.func_wrap("bench", "empty", |_: u32, _: u64, _: u32| Ok(()))?;
        let mut mem = MemCtx::builder();
        mem.preopened_dir(dir, ".", FsPerms::ReadOnly)?;
        let state = State {
            mem: mem.build(),
            table: ResourceTable::new(),
        };
        let mut store = Store::new(engine, state);
        let module = Module::from_file(engine, test_artifacts::BENCH_CORE_GUEST)?;
        let instance = mem_host::core::instantiate(&mut store, &linker, &module, State::mem)?;
        let map = instance.get_typed_func::<(), u32>(&mut store, "map")?;
        Ok(Self {
            mapping: map.call(&mut store, ())?,
            load: instance.get_typed_func(&mut store, "load")?,
            empty: instance.get_typed_func(&mut store, "call_empty")?,
            read: instance.get_typed_func(&mut store, "read")?,
            store,
        })
    }

    /// Loads `calls` `u64`s of the 64 KiB at `offset`. Returns the time, and their
    /// sum.
    pub fn load(&mut self, offset: u64, calls: u32) -> wasmtime::Result<(Duration, u64)> {
        let params = (self.mapping, offset, calls);
        let start = Instant::now();
        let sum = self.load.call(&mut self.store, params)?;
        Ok((start.elapsed(), sum))
    }

    /// Calls an empty function. Returns the time, and 0 as the sum.
    pub fn empty(&mut self, calls: u32) -> wasmtime::Result<(Duration, u64)> {
        let start = Instant::now();
        self.empty.call(&mut self.store, calls)?;
        Ok((start.elapsed(), 0))
    }

    /// Reads `calls` blocks of 64 bytes in the cache. Returns the time, and the
    /// sum of `whole` blocks or of their ends.
    pub fn read(
        &mut self,
        seed: u32,
        calls: u32,
        whole: bool,
    ) -> wasmtime::Result<(Duration, u64)> {
        let params = (self.mapping, seed, calls, whole.into());
        let start = Instant::now();
        let sum = self.read.call(&mut self.store, params)?;
        Ok((start.elapsed(), sum))
    }
}

struct State {
    mem: MemCtx,
    table: ResourceTable,
}

impl MemView for State {
    fn mem(&mut self) -> MemCtxView<'_> {
        MemCtxView {
            ctx: &self.mem,
            table: &mut self.table,
        }
    }
}
