//! Runs a guest as a core module, with WASI 0.1.

use crate::State;
use anyhow::Result;
use mem_host::MemView;
use wasmtime::{Linker, Module, Store};

/// Runs the module in a store that outlives it.
pub(crate) fn run(store: &mut Store<State>, module: &Module) -> Result<()> {
    let mut linker = Linker::new(store.engine());
    wasmtime_wasi::p1::add_to_linker_sync(&mut linker, |state: &mut State| &mut state.wasip1)?;
    mem_host::core::add_to_linker_sync(&mut linker, State::mem)?;
    let instance = linker.instantiate(&mut *store, module)?;
    let start = instance.get_typed_func::<(), ()>(&mut *store, "_start")?;
    Ok(start.call(store, ())?)
}

/// Like `run`, on an asynchronous embedder.
pub(crate) async fn run_async(store: &mut Store<State>, module: &Module) -> Result<()> {
    let mut linker = Linker::new(store.engine());
    wasmtime_wasi::p1::add_to_linker_async(&mut linker, |state: &mut State| &mut state.wasip1)?;
    mem_host::core::add_to_linker_async(&mut linker, State::mem)?;
    let instance = linker.instantiate_async(&mut *store, module).await?;
    let start = instance.get_typed_func::<(), ()>(&mut *store, "_start")?;
    Ok(start.call_async(store, ()).await?)
}
