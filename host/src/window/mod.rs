//! Pages of a mapping in a guest's memory.

mod memory;

pub use self::memory::enable_windows;

use self::memory::Memory;
use crate::linker::Handle;
use crate::{Error, MemCtx};
use mem_mapping::StoreId;
use std::ops::Range;
use std::sync::{Arc, Weak};
use wasmtime::AsContext;

/// Which store a guest belongs to. The store's data stays at its address as
/// long as the store exists, so that address tells stores apart.
#[inline]
pub(crate) fn store_id(store: impl AsContext) -> StoreId {
    StoreId::new(std::ptr::from_ref(store.as_context().data()).addr())
}

/// A window, as the resource table holds it. Dropping it detaches it.
///
/// The memory keeps everything else, so that nothing of a window outlives the
/// memory, wherever this goes.
#[derive(Debug)]
pub(crate) struct Window {
    memory: Weak<Memory>,
    /// The address of its first page.
    start: usize,
}

impl Window {
    /// Puts the pages of `mapping` from `offset` on at the addresses `buffer`,
    /// in the memory of a guest of `store`.
    ///
    /// # Errors
    ///
    /// Those that `attach` documents.
    pub(crate) fn attach(
        ctx: &MemCtx,
        store: StoreId,
        mapping: &Handle,
        offset: u64,
        buffer: Range<usize>,
    ) -> Result<Self, Error> {
        let charge = ctx.inner.charge_window()?;
        let page_size = mem_mapping::page_size();
        if buffer.is_empty()
            || !buffer.start.is_multiple_of(page_size)
            || !buffer.end.is_multiple_of(page_size)
        {
            return Err(Error::InvalidArgument);
        }
        let memory = Memory::with(&buffer).ok_or(Error::Unsupported)?;
        let start = buffer.start;
        memory.attach(store, mapping, offset, buffer, charge)?;
        Ok(Self {
            memory: Arc::downgrade(&memory),
            start,
        })
    }

    /// Whether the file still has all bytes of the window.
    ///
    /// # Errors
    ///
    /// `Truncated`.
    pub(crate) fn check(&self) -> Result<(), Error> {
        match self.memory.upgrade() {
            Some(memory) => memory.check(self.start),
            None => Ok(()),
        }
    }

    /// Puts plain pages of zeros back.
    ///
    /// # Errors
    ///
    /// `QuotaExceeded` if the operating system refuses; the window then stays
    /// attached as long as the memory exists.
    pub(crate) fn detach(mut self) -> Result<(), Error> {
        self.detach_once()
    }

    fn detach_once(&mut self) -> Result<(), Error> {
        match std::mem::take(&mut self.memory).upgrade() {
            Some(memory) => memory.detach(self.start),
            None => Ok(()),
        }
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        // The guest did not ask whether it works.
        let _ = self.detach_once();
    }
}
