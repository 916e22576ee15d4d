//! A mapping as guests have it.

use super::account::Account;
use super::ledger::{Ledger, Tally};
use super::trace::{CallTimer, FileMapCall};
use crate::operation::Operation;
use mem_contract::{ByteRange, ErrorCode, FlushMode};
use mem_mapping::{Mapping, StoreId};
use std::sync::Arc;

/// What a guest's handle of a mapping stands for.
pub(crate) type Handle = Arc<Mapped>;

/// A mapping whose calls are counted and traced.
#[derive(Debug)]
pub(crate) struct Mapped {
    /// Declared, and so dropped, before `mapping`.
    entry: Entry,
    mapping: Mapping,
}

/// A mapping's entry in the ledger.
#[derive(Debug)]
struct Entry {
    account: Account,
    tally: Arc<Tally>,
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.account.ledger.strike_out(self.account.number);
    }
}

impl Mapped {
    /// Gives a guest of `store` what its `call` has mapped, and counts and traces
    /// that call.
    ///
    /// # Errors
    ///
    /// The error of `mapping`.
    pub(crate) fn end_file_map(
        ledger: &Arc<Ledger>,
        store: StoreId,
        call: FileMapCall<'_>,
        mapping: Result<Mapping, ErrorCode>,
    ) -> Result<Handle, ErrorCode> {
        let mapped = mapping.map(|mapping| Self::new(ledger, store, mapping));
        let made = match &mapped {
            Ok(mapped) => Ok((mapped.account().number, mapped.mapping.size())),
            Err(error) => Err(*error),
        };
        let size = made.map_or(0, |(_, size)| size);
        let why = ledger.count(store, Operation::FileMap, size, outcome(&made));
        call.trace(made, why);
        mapped.map(Arc::new)
    }

    fn new(ledger: &Arc<Ledger>, store: StoreId, mapping: Mapping) -> Self {
        let tally = Tally::new();
        let number = ledger.enter(tally.clone(), mapping.pages());
        let ledger = ledger.clone();
        let account = Account {
            ledger,
            store,
            number,
        };
        Self {
            entry: Entry { account, tally },
            mapping,
        }
    }

    #[inline]
    pub(crate) fn mapping(&self) -> &Mapping {
        &self.mapping
    }

    pub(crate) fn account(&self) -> &Account {
        &self.entry.account
    }

    /// The range that has all its bytes.
    pub(crate) fn all(&self) -> ByteRange {
        ByteRange {
            offset: 0,
            length: self.mapping.size(),
        }
    }

    /// Runs a call that takes so little time that it is counted here, and only
    /// later in the ledger.
    #[inline]
    pub(crate) fn quick_call<V>(
        &self,
        operation: Operation,
        range: ByteRange,
        run: impl FnOnce(&Mapping) -> Result<V, ErrorCode>,
    ) -> Result<V, ErrorCode> {
        let timer = CallTimer::start();
        let result = run(&self.mapping);
        self.quick_call_ended(operation, range, timer, outcome(&result));
        result
    }

    /// Counts and traces a call as [`Mapped::quick_call`] does.
    #[inline]
    pub(crate) fn quick_call_ended(
        &self,
        operation: Operation,
        range: ByteRange,
        timer: CallTimer,
        result: Result<(), ErrorCode>,
    ) {
        let account = self.account();
        match result {
            Ok(()) => {
                self.entry.tally.count(operation, range.length);
                timer.trace(operation, account.number, range, result, None);
            }
            Err(_) => account.ended(operation, range, timer, result),
        }
    }

    /// Runs a call that works on whole pages, and so takes a while.
    pub(crate) fn call(
        &self,
        operation: Operation,
        range: ByteRange,
        run: impl FnOnce(&Mapping) -> Result<(), ErrorCode>,
    ) -> Result<(), ErrorCode> {
        let timer = CallTimer::start();
        let result = run(&self.mapping);
        self.account().ended(operation, range, timer, result);
        result
    }

    /// Flushes the whole mapping and gives it up.
    pub(crate) fn unmap(self: Arc<Self>, operation: Operation) -> Result<(), ErrorCode> {
        self.give_up(operation, |mapping| {
            mapping.flush(None, FlushMode::Synchronous)
        })
    }

    /// Gives the mapping up because the guest has dropped its handle.
    pub(crate) fn drop_handle(self: Arc<Self>, operation: Operation) {
        // It cannot fail.
        let _ = self.give_up(operation, |_| Ok(()));
    }

    fn give_up(
        self: Arc<Self>,
        operation: Operation,
        first: impl FnOnce(&Mapping) -> Result<(), ErrorCode>,
    ) -> Result<(), ErrorCode> {
        let timer = CallTimer::start();
        let account = self.account().clone();
        let range = self.all();
        let result = tracing::debug_span!("unmap").in_scope(|| {
            let result = first(&self.mapping);
            drop(self);
            result
        });
        account.ended(operation, range, timer, result);
        result
    }
}

/// The result without its value.
#[inline]
pub(crate) fn outcome<V>(result: &Result<V, ErrorCode>) -> Result<(), ErrorCode> {
    match result {
        Ok(_) => Ok(()),
        Err(error) => Err(*error),
    }
}
