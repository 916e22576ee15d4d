//! Handles that belong to one instance.

use super::handle::{Entry, Reach};
use crate::linker::View;
use crate::window::{store_id, store_id_of_data};
use mem_mapping::StoreId;
use slab::Slab;
use std::cell::UnsafeCell;
use wasmtime::{AsContext, Result, format_err};

/// The handles of an instance. They are not in the store's data, where there
/// is no place for them that is found as fast.
pub(super) struct OwnHandles {
    store: StoreId,
    handles: UnsafeCell<Slab<Entry>>,
}

// SAFETY: the handles are reached only through `reach`, by whoever has borrowed
// the store's data exclusively, so by one thread at a time; and they can be sent
// to it (`Handles: Send`).
unsafe impl Sync for OwnHandles {}

impl OwnHandles {
    /// Those of an instance in `store`.
    pub(super) fn new(store: impl AsContext) -> Self {
        Self {
            store: store_id(store),
            handles: UnsafeCell::default(),
        }
    }

    /// The handles and the context. `data` is that of the store which calls.
    ///
    /// # Errors
    ///
    /// If that is another store than the instance's.
    #[inline]
    pub(super) fn reach<'a, T>(
        &'a self,
        view: impl View<T>,
        data: &'a mut T,
    ) -> Result<Reach<'a, Slab<Entry>>> {
        if store_id_of_data(data) != self.store {
            return Err(other_store());
        }
        let ctx = view(data).ctx;
        // SAFETY: this is the only place where the handles are borrowed. It
        // takes an exclusive borrow of the data of one certain store, and
        // returns no way to that data, so there is no other borrow of the
        // handles during 'a.
        let handles = unsafe { &mut *self.handles.get() };
        Ok(Reach { ctx, handles })
    }
}

#[cold]
fn other_store() -> wasmtime::Error {
    format_err!("a function of an instance was called from another store")
}
