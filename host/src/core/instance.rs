//! The exports and the handles of one instance.

use super::exports::{ByName, Exports, FindExports, MEMORY, REALLOC, Realloc};
use super::handles::CoreHandles;
use crate::handles::{Call, Entry};
use crate::view::View;
use crate::window::{FixedMemory, store_id, store_id_of_data};
use mem_mapping::StoreId;
use slab::Slab;
use std::cell::UnsafeCell;
use std::sync::{Arc, OnceLock};
use wasmtime::{AsContext, AsContextMut, Caller, Extern, Instance, Memory, Result, format_err};

/// Finds the exports and the handles of the one instance that has the functions,
/// even if another calls them: the canonical ABI, too, ties a function to a
/// memory. Until the instance is known, its exports are looked up by name.
#[derive(Clone)]
pub(super) struct OfInstance(Arc<InstanceState>);

struct InstanceState {
    handles: InstanceHandles,
    exports: OnceLock<CachedExports>,
}

struct CachedExports {
    memory: Memory,
    fixed: Option<FixedMemory>,
    realloc: Option<Realloc>,
}

impl OfInstance {
    /// For an instance that `store` is going to have.
    pub(super) fn new(store: impl AsContext) -> Self {
        Self(Arc::new(InstanceState {
            handles: InstanceHandles {
                store: store_id(store),
                table: UnsafeCell::default(),
            },
            exports: OnceLock::new(),
        }))
    }

    /// Caches the exports of the instance. A call that needs what it lacks fails.
    pub(super) fn cache(&self, mut store: impl AsContextMut, instance: Instance) {
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
        let exports = CachedExports {
            memory,
            fixed,
            realloc,
        };
        // Nobody else sets it.
        let _ = self.0.exports.set(exports);
    }
}

impl FindExports for OfInstance {
    type Entries = Slab<Entry>;

    #[inline]
    fn call<'a, T>(
        &'a self,
        store: StoreId,
        view: impl View<T>,
        data: &'a mut T,
    ) -> Result<Call<'a, CoreHandles<Slab<Entry>>>> {
        self.0.handles.call(store, view, data)
    }

    #[inline]
    fn with<T: 'static, R>(
        &self,
        caller: &mut Caller<'_, T>,
        run: impl FnOnce(&mut Caller<'_, T>, Exports<'_>) -> Result<R>,
    ) -> Result<R> {
        let Some(exports) = self.0.exports.get() else {
            return ByName.with(caller, run);
        };
        let CachedExports {
            memory,
            fixed,
            realloc,
        } = exports;
        run(
            caller,
            Exports {
                memory,
                fixed: fixed.as_ref(),
                realloc: realloc.as_ref(),
            },
        )
    }
}

/// The handles of an instance. They are not in the store's data, where there
/// is no place for them that is found as fast.
struct InstanceHandles {
    store: StoreId,
    table: UnsafeCell<Slab<Entry>>,
}

// SAFETY: the table is reached only through `call`, by somebody who has borrowed
// the store's data exclusively, so by one thread at a time; and it can be sent
// to that thread (`Entries: Send`).
unsafe impl Sync for InstanceHandles {}

impl InstanceHandles {
    /// A call from `store`, whose data is `data`.
    ///
    /// # Errors
    ///
    /// If that is another store than the instance's.
    #[inline]
    fn call<'a, T>(
        &'a self,
        store: StoreId,
        view: impl View<T>,
        data: &'a mut T,
    ) -> Result<Call<'a, CoreHandles<Slab<Entry>>>> {
        if store_id_of_data(data) != self.store {
            return Err(other_store());
        }
        let ctx = view(data).ctx;
        // SAFETY: this is the only place where the table is borrowed. It takes
        // an exclusive borrow of the data of one certain store, and returns no
        // way to that data, so there is no other borrow of the table during 'a.
        let table = unsafe { &mut *self.table.get() };
        Ok(Call { store, ctx, table })
    }
}

#[cold]
fn other_store() -> wasmtime::Error {
    format_err!("a function of an instance was called from another store")
}
