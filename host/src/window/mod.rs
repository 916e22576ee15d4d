//! Pages of a mapping in a guest's memory.

mod memory;

pub(crate) use self::memory::FixedMemory;
pub use self::memory::enable_windows;

use self::memory::Memory;
use crate::calls::{Account, Began, outcome};
use crate::linker::Handle;
use crate::usage::Operation;
use crate::{Error, MemCtx};
use mem_mapping::{ByteRange, Explain, StoreId};
use std::ops::Range;
use std::sync::{Arc, Weak};
use wasmtime::AsContext;

/// Which store a guest belongs to. The store's data stays at its address as
/// long as the store exists, so that address tells stores apart.
#[inline]
pub(crate) fn store_id(store: impl AsContext) -> StoreId {
    store_id_of_data(store.as_context().data())
}

/// That of the store which has `data`.
#[inline]
pub(crate) fn store_id_of_data<T>(data: &T) -> StoreId {
    StoreId::new(std::ptr::from_ref(data).addr())
}

/// A window, as the resource table holds it.
///
/// The memory keeps everything else, so that nothing of a window outlives the
/// memory, wherever this goes. Dropping it does nothing: an embedder can drop a
/// table on any thread, while another refers to the guest's memory. Only what
/// the guest calls detaches.
#[derive(Debug)]
pub(crate) struct Window {
    memory: Weak<Memory>,
    /// The store that has the memory. Another can get the table, but its guests
    /// do not keep those of this one from running.
    store: StoreId,
    /// The address of its first page.
    start: usize,
    /// The range of the mapping.
    range: ByteRange,
    account: Account,
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
        let began = Began::now();
        let range = ByteRange {
            offset,
            length: buffer.len() as u64,
        };
        let placed = Self::place(ctx, store, mapping, offset, buffer);
        let account = mapping.account().clone();
        account.ended(Operation::Attach, range, began, outcome(&placed));
        let (memory, start) = placed?;
        Ok(Self {
            memory,
            store,
            start,
            range,
            account,
        })
    }

    fn place(
        ctx: &MemCtx,
        store: StoreId,
        mapping: &Handle,
        offset: u64,
        buffer: Range<usize>,
    ) -> Result<(Weak<Memory>, usize), Error> {
        let charge = ctx.inner.charge_window()?;
        let page_size = mem_mapping::page_size();
        if buffer.is_empty()
            || !buffer.start.is_multiple_of(page_size)
            || !buffer.end.is_multiple_of(page_size)
        {
            let why = format!("the buffer is not whole pages of {page_size} bytes");
            return Err(Error::InvalidArgument.because(why));
        }
        let memory = Memory::with(&buffer).ok_or_else(|| {
            Error::Unsupported.because(
                "the guest's memory cannot have windows: the embedder did not prepare the engine \
                 by `mem_host::enable_windows`, or the memory is shared, from a pool, or may move \
                 when it grows; copy the bytes",
            )
        })?;
        let start = buffer.start;
        memory.attach(store, mapping, offset, buffer, charge)?;
        Ok((Arc::downgrade(&memory), start))
    }

    /// Whether the file still has all bytes of the window.
    ///
    /// # Errors
    ///
    /// `Truncated`.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let began = Began::now();
        let checked = match self.memory.upgrade() {
            Some(memory) => memory.check(self.start),
            None => Ok(()),
        };
        self.account
            .ended(Operation::Check, self.range, began, checked);
        checked
    }

    /// Puts plain pages of zeros back, for a guest of the store `by`.
    ///
    /// # Errors
    ///
    /// `QuotaExceeded` if the operating system refuses, and `Busy` if the memory
    /// is another store's; the window then stays attached as long as the memory
    /// exists.
    pub(crate) fn detach(self, by: StoreId) -> Result<(), Error> {
        self.give_up(by, Operation::Detach)
    }

    /// What happens when a guest of the store `by` drops its handle.
    pub(crate) fn drop_handle(self, by: StoreId) {
        // The guest did not ask whether it works.
        let _ = self.give_up(by, Operation::DropWindow);
    }

    fn give_up(self, by: StoreId, operation: Operation) -> Result<(), Error> {
        let began = Began::now();
        let detached = match self.memory.upgrade() {
            Some(_) if by != self.store => {
                Err(Error::Busy.because("the window is in a memory of another store"))
            }
            Some(memory) => memory.detach(self.start),
            None => Ok(()),
        };
        self.account.ended(operation, self.range, began, detached);
        detached
    }
}
