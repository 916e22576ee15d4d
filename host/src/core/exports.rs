//! What the calling module exports for the host, and how it is found.

use super::handles::{CoreHandles, Entries};
use crate::handles::Call;
use crate::view::MemCtxView;
use crate::view::View;
use crate::window::FixedMemory;
use mem_mapping::StoreId;
use std::borrow::Cow;
use wasmtime::component::ResourceTable;
use wasmtime::error::Context as _;
use wasmtime::{Caller, Extern, Memory, Result, TypedFunc, bail};

pub(super) const MEMORY: &str = "memory";
/// The first of these that a module has.
pub(super) const REALLOC: [&str; 2] = ["cabi_import_realloc", "cabi_realloc"];

/// A guest's realloc: old pointer, old size, alignment and new size to pointer.
pub(super) type Realloc = TypedFunc<(u32, u32, u32, u32), u32>;

/// How a function finds the exports and the handles of the module that calls it.
pub(super) trait FindExports: Clone + Send + Sync + 'static {
    /// What holds the module's handles.
    type Entries: Entries;

    /// A call from `store`, whose data is `data`.
    ///
    /// # Errors
    ///
    /// If the function does not belong to that store.
    fn call<'a, T>(
        &'a self,
        store: StoreId,
        view: impl View<T>,
        data: &'a mut T,
    ) -> Result<Call<'a, CoreHandles<Self::Entries>>>;

    /// Calls `run` with the exports.
    ///
    /// # Errors
    ///
    /// If there is no calling module, or its memory does not fit.
    fn with<T: 'static, R>(
        &self,
        caller: &mut Caller<'_, T>,
        run: impl FnOnce(&mut Caller<'_, T>, Exports<'_>) -> Result<R>,
    ) -> Result<R>;
}

/// The exports of a module.
#[derive(Clone, Copy)]
pub(super) struct Exports<'a> {
    pub(super) memory: &'a Memory,
    /// The same, if it stays where it is.
    pub(super) fixed: Option<&'a FixedMemory>,
    /// None if it has to be looked up.
    pub(super) realloc: Option<&'a Realloc>,
}

impl<'a> Exports<'a> {
    /// The module's memory and the store's data.
    #[inline]
    pub(super) fn data_and_store_mut<'c, T: 'static>(
        &self,
        caller: &'c mut Caller<'_, T>,
    ) -> (&'c mut [u8], &'c mut T)
    where
        'a: 'c,
    {
        match self.fixed {
            // SAFETY: the memory exists as long as 'a. A function of an instance
            // is called only from its store (`InstanceHandles::call`), and the
            // guest and wasmtime, which also refer to the bytes, need that store,
            // which is borrowed exclusively as long as the bytes are. The
            // store's data does not lie in the guest's memory.
            Some(fixed) => (unsafe { &mut *fixed.bytes() }, caller.data_mut()),
            None => self.memory.data_and_store_mut(caller),
        }
    }

    /// The module's realloc, which is looked up if it is not known.
    #[inline]
    pub(super) fn realloc<T: 'static>(
        &self,
        caller: &mut Caller<'_, T>,
    ) -> Result<Cow<'a, Realloc>> {
        match self.realloc {
            Some(known) => Ok(Cow::Borrowed(known)),
            None => Ok(Cow::Owned(realloc(caller)?)),
        }
    }
}

fn realloc<T: 'static>(caller: &mut Caller<'_, T>) -> Result<Realloc> {
    let export = REALLOC.iter().find_map(|name| caller.get_export(name));
    let Some(Extern::Func(function)) = export else {
        bail!("the module does not export a function `cabi_realloc`");
    };
    let realloc = function.typed(caller);
    realloc.context("the module's `cabi_realloc` has the wrong type")
}

/// Looks the exports up by their names at each call, which takes longer than
/// most calls do otherwise.
#[derive(Clone, Copy)]
pub(super) struct ByName;

impl FindExports for ByName {
    type Entries = ResourceTable;

    #[inline]
    fn call<'a, T>(
        &'a self,
        store: StoreId,
        view: impl View<T>,
        data: &'a mut T,
    ) -> Result<Call<'a, CoreHandles<ResourceTable>>> {
        let MemCtxView { ctx, table } = view(data);
        Ok(Call { store, ctx, table })
    }

    #[inline]
    fn with<T: 'static, R>(
        &self,
        caller: &mut Caller<'_, T>,
        run: impl FnOnce(&mut Caller<'_, T>, Exports<'_>) -> Result<R>,
    ) -> Result<R> {
        match &caller.get_export(MEMORY) {
            Some(Extern::Memory(memory)) if memory.ty(&*caller).is_64() => {
                bail!("the module's `memory` is a 64-bit memory")
            }
            Some(Extern::Memory(memory)) => {
                let exports = Exports {
                    memory,
                    fixed: None,
                    realloc: None,
                };
                run(caller, exports)
            }
            Some(Extern::SharedMemory(_)) => bail!("the module's `memory` is shared"),
            _ => bail!("no module calls that exports a memory `memory`"),
        }
    }
}
