//! What the calling module exports for the host, and what handles it has.

use super::handle::{Entry, Handles, Reach};
use super::own::OwnHandles;
use crate::MemCtxView;
use crate::linker::View;
use crate::window::FixedMemory;
use slab::Slab;
use std::borrow::Cow;
use std::sync::{Arc, OnceLock};
use wasmtime::component::ResourceTable;
use wasmtime::error::Context as _;
use wasmtime::{
    AsContext, AsContextMut, Caller, Extern, Instance, Memory, Result, TypedFunc, bail,
};

const MEMORY: &str = "memory";
/// The first of these that a module has.
const REALLOC: [&str; 2] = ["cabi_import_realloc", "cabi_realloc"];

/// A guest's realloc: old pointer, old size, alignment and new size to pointer.
pub(super) type Realloc = TypedFunc<(u32, u32, u32, u32), u32>;

/// How a function finds the exports and the handles of the module that calls it.
pub(super) trait Find: Clone + Send + Sync + 'static {
    /// Where the module's handles are.
    type Handles: Handles;

    /// The context and the handles, by way of the store's data.
    ///
    /// # Errors
    ///
    /// If the function does not belong to that store.
    fn reach<'a, T>(
        &'a self,
        view: impl View<T>,
        data: &'a mut T,
    ) -> Result<Reach<'a, Self::Handles>>;

    /// Calls `run` with the exports.
    ///
    /// # Errors
    ///
    /// If there is no calling module, or its memory is none that fits.
    fn with<T: 'static, R>(
        &self,
        caller: &mut Caller<'_, T>,
        run: impl Fn(&mut Caller<'_, T>, Exports<'_>) -> Result<R>,
    ) -> Result<R>;
}

/// The exports of a module.
#[derive(Clone, Copy)]
pub(super) struct Exports<'a> {
    pub(super) memory: &'a Memory,
    /// The same, if it stays where it is.
    fixed: Option<&'a FixedMemory>,
    realloc: Option<&'a Realloc>,
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
            // is called only from its store, and whoever else refers to the
            // bytes, the guest or wasmtime, needs that store, which is borrowed
            // exclusively as long as the bytes are. The store's data does not
            // lie in the guest's memory.
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

impl Find for ByName {
    type Handles = ResourceTable;

    #[inline]
    fn reach<'a, T>(
        &'a self,
        view: impl View<T>,
        data: &'a mut T,
    ) -> Result<Reach<'a, ResourceTable>> {
        let MemCtxView { ctx, table } = view(data);
        let handles = table;
        Ok(Reach { ctx, handles })
    }

    #[inline]
    fn with<T: 'static, R>(
        &self,
        caller: &mut Caller<'_, T>,
        run: impl Fn(&mut Caller<'_, T>, Exports<'_>) -> Result<R>,
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

/// The exports and the handles of the one instance that has the functions,
/// whoever it lets call them: the canonical ABI, too, ties a function to a
/// memory. Until the instance is known its exports are looked up by name.
#[derive(Clone)]
pub(super) struct OfInstance(Arc<Own>);

struct Own {
    handles: OwnHandles,
    known: OnceLock<Known>,
}

struct Known {
    memory: Memory,
    fixed: Option<FixedMemory>,
    realloc: Option<Realloc>,
}

impl OfInstance {
    /// Those of an instance that `store` is going to have.
    pub(super) fn new(store: impl AsContext) -> Self {
        Self(Arc::new(Own {
            handles: OwnHandles::new(store),
            known: OnceLock::new(),
        }))
    }

    /// Makes the instance known. What it lacks is told at the call that needs
    /// it.
    pub(super) fn know(&self, mut store: impl AsContextMut, instance: Instance) {
        let Some(memory) = instance.get_memory(&mut store, MEMORY) else {
            return;
        };
        if memory.ty(&store).is_64() {
            return;
        }
        let realloc = REALLOC
            .iter()
            .find_map(|name| instance.get_export(&mut store, name))
            .and_then(Extern::into_func)
            .and_then(|realloc| realloc.typed(&store).ok());
        let fixed = FixedMemory::of(memory.data(&store));
        let known = Known {
            memory,
            fixed,
            realloc,
        };
        // Nobody else has this to set it before.
        let _ = self.0.known.set(known);
    }
}

impl Find for OfInstance {
    type Handles = Slab<Entry>;

    #[inline]
    fn reach<'a, T>(
        &'a self,
        view: impl View<T>,
        data: &'a mut T,
    ) -> Result<Reach<'a, Slab<Entry>>> {
        self.0.handles.reach(view, data)
    }

    #[inline]
    fn with<T: 'static, R>(
        &self,
        caller: &mut Caller<'_, T>,
        run: impl Fn(&mut Caller<'_, T>, Exports<'_>) -> Result<R>,
    ) -> Result<R> {
        let Some(known) = self.0.known.get() else {
            return ByName.with(caller, run);
        };
        let exports = Exports {
            memory: &known.memory,
            fixed: known.fixed.as_ref(),
            realloc: known.realloc.as_ref(),
        };
        run(caller, exports)
    }
}
