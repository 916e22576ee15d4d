//! What all plugins share: the engine, and the functions they import.

use crate::config::{Access, Settings, Size};
use anyhow::{Context, Result};
use mem_host::{MemCtx, MemCtxView, MemView};
use std::fs;
use std::thread;
use std::time::Duration;
use wasmtime::component::{Linker, ResourceTable};
use wasmtime::{Config, Engine, Store, StoreLimits, StoreLimitsBuilder};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

/// How long a plugin computes before others get their turn.
const TURN: Duration = Duration::from_millis(10);

pub struct Host {
    pub engine: Engine,
    pub linker: Linker<State>,
}

impl Host {
    pub fn new() -> Result<Self> {
        let mut config = Config::new();
        config.epoch_interruption(true);
        mem_host::enable_windows(&mut config);
        let engine = Engine::new(&config)?;
        let mut linker = Linker::new(&engine);
        wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
        mem_host::add_to_linker_async(&mut linker, State::mem)?;
        // A thread of its own, because plugins can occupy all threads of tokio.
        let clock = engine.weak();
        thread::spawn(move || {
            while let Some(engine) = clock.upgrade() {
                engine.increment_epoch();
                thread::sleep(TURN);
            }
        });
        Ok(Self { engine, linker })
    }

    /// A store for one run of a plugin.
    pub fn store(&self, mem: MemCtx, wasi: WasiCtx, settings: &Settings) -> Store<State> {
        let mut limits = StoreLimitsBuilder::new();
        if let Some(Size(bytes)) = settings.max_memory_bytes {
            limits = limits.memory_size(bytes.try_into().unwrap_or(usize::MAX));
        }
        let state = State {
            mem,
            wasi,
            table: ResourceTable::new(),
            limits: limits.build(),
        };
        let mut store = Store::new(&self.engine, state);
        store.limiter(|state| &mut state.limits);
        store.set_epoch_deadline(1);
        store.epoch_deadline_async_yield_and_update(1);
        store
    }
}

/// What the store of a plugin holds.
pub struct State {
    mem: MemCtx,
    wasi: WasiCtx,
    table: ResourceTable,
    limits: StoreLimits,
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

/// The context that grants what the settings say. It lasts as long as the
/// plugin is known, over all its runs.
pub fn grants(settings: &Settings) -> Result<MemCtx> {
    let mut builder = MemCtx::builder();
    builder.allow_exec(settings.exec);
    // SAFETY: plugins reach files through mem only, because WASI is granted no
    // directory, and no other code of this process writes them. The documentation
    // of the setting forbids other processes to write them.
    unsafe { builder.allow_windows(settings.windows) };
    if let Some(Size(bytes)) = settings.max_mapped_bytes {
        builder.max_mapped_bytes(bytes);
    }
    if let Some(Size(bytes)) = settings.max_private_bytes {
        builder.max_private_bytes(bytes);
    }
    if let Some(Size(bytes)) = settings.max_locked_bytes {
        builder.max_locked_bytes(bytes);
    }
    if let Some(Size(bytes)) = settings.max_read_bytes {
        builder.max_read_bytes(bytes);
    }
    if let Some(mappings) = settings.max_mappings {
        builder.max_mappings(mappings);
    }
    if let Some(windows) = settings.max_windows {
        builder.max_windows(windows);
    }
    if let Some(dir) = &settings.dir {
        fs::create_dir_all(dir).with_context(|| format!("{} cannot be made", dir.display()))?;
        let access = match settings.access {
            Access::ReadOnly => mem_host::FsPerms::ReadOnly,
            Access::ReadWrite => mem_host::FsPerms::ReadWrite,
        };
        builder.preopened_dir(dir, ".", access)?;
    }
    Ok(builder.build())
}
