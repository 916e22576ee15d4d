//! Pages of a mapping in a guest's memory.

mod memory;

pub(crate) use self::memory::FixedMemory;
pub use self::memory::enable_windows;

use self::memory::Memory;
use crate::calls::{Account, CallTimer, Handle, outcome};
use crate::ctx::MemCtx;
use crate::operation::Operation;
use mem_contract::{ByteRange, ErrorCode};
use mem_mapping::{Explain, StoreId};
use std::ops::Range;
use std::sync::{Arc, Weak};
use wasmtime::AsContext;

/// Which store a guest belongs to. The store's data stays at its address as
/// long as the store exists, so that address identifies the store.
#[inline]
pub(crate) fn store_id(store: impl AsContext) -> StoreId {
    store_id_of_data(store.as_context().data())
}

/// The id of the store that has `data`.
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
    /// The store that has the memory. Another store can get the table, but while
    /// its guests run, the guests of this one may run too.
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
    /// The errors that `attach` documents.
    pub(crate) fn attach(
        operation: Operation,
        ctx: &MemCtx,
        store: StoreId,
        mapping: &Handle,
        offset: u64,
        buffer: Range<usize>,
    ) -> Result<Self, ErrorCode> {
        let timer = CallTimer::start();
        let range = ByteRange {
            offset,
            length: buffer.len() as u64,
        };
        let placed = Self::place(ctx, store, mapping, offset, buffer);
        let account = mapping.account().clone();
        account.ended(operation, range, timer, outcome(&placed));
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
    ) -> Result<(Weak<Memory>, usize), ErrorCode> {
        let charge = ctx.inner.charge_window()?;
        let page_size = mem_mapping::page_size();
        if buffer.is_empty()
            || !buffer.start.is_multiple_of(page_size)
            || !buffer.end.is_multiple_of(page_size)
        {
            let why = format!("the buffer is not whole pages of {page_size} bytes");
            return Err(ErrorCode::InvalidArgument.because(why));
        }
        let memory = Memory::with(&buffer).ok_or_else(|| {
            ErrorCode::Unsupported.because(
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
    pub(crate) fn check(&self, operation: Operation) -> Result<(), ErrorCode> {
        let timer = CallTimer::start();
        let checked = match self.memory.upgrade() {
            Some(memory) => memory.check(self.start),
            None => Ok(()),
        };
        self.account.ended(operation, self.range, timer, checked);
        checked
    }

    /// Puts plain pages of zeros back, for a guest of the store `by`.
    ///
    /// # Errors
    ///
    /// `QuotaExceeded` if the operating system refuses, and `Busy` if the memory
    /// is another store's; the window then stays attached as long as the memory
    /// exists.
    pub(crate) fn detach(self, operation: Operation, by: StoreId) -> Result<(), ErrorCode> {
        let timer = CallTimer::start();
        let detached = match self.memory.upgrade() {
            Some(_) if by != self.store => {
                Err(ErrorCode::Busy.because("the window is in a memory of another store"))
            }
            Some(memory) => memory.detach(self.start),
            None => Ok(()),
        };
        self.account.ended(operation, self.range, timer, detached);
        detached
    }
}
