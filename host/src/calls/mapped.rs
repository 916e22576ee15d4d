//! A mapping as guests have it.

use super::ledger::{Ledger, Tally};
use super::{Account, Began};
use crate::Error;
use crate::usage::Operation;
use mem_mapping::{Advice, ByteRange, FlushMode, Mapping, Protection, StoreId};
use std::sync::Arc;

/// A mapping whose calls are counted and told. What it does is documented with
/// [`Mapping`].
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
    /// That of a guest of `store`.
    pub(crate) fn new(ledger: &Arc<Ledger>, store: StoreId, mapping: Mapping) -> Self {
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

    pub(crate) fn number(&self) -> u64 {
        self.account().number
    }

    pub(crate) fn account(&self) -> &Account {
        &self.entry.account
    }

    #[inline]
    pub(crate) fn size(&self) -> u64 {
        let began = Began::now();
        let size = self.mapping.size();
        self.ended(Operation::Size, self.all(), began, Ok(()));
        size
    }

    #[inline]
    pub(crate) fn load<const N: usize>(&self, offset: u64) -> Result<[u8; N], Error> {
        let began = Began::now();
        let loaded = self.mapping.load(offset);
        let operation = const { Operation::load(N) };
        self.ended(operation, bytes_at::<N>(offset), began, outcome(&loaded));
        loaded
    }

    #[inline]
    pub(crate) fn store<const N: usize>(
        &self,
        by: StoreId,
        offset: u64,
        value: [u8; N],
    ) -> Result<(), Error> {
        let began = Began::now();
        let stored = self.mapping.store(by, offset, value);
        let operation = const { Operation::store(N) };
        self.ended(operation, bytes_at::<N>(offset), began, stored);
        stored
    }

    pub(crate) fn write(&self, by: StoreId, offset: u64, from: &[u8]) -> Result<(), Error> {
        let began = Began::now();
        let written = self.mapping.write(by, offset, from);
        let length = from.len() as u64;
        let range = ByteRange { offset, length };
        self.ended(Operation::Write, range, began, written);
        written
    }

    pub(crate) fn flush(&self, range: Option<ByteRange>, mode: FlushMode) -> Result<(), Error> {
        self.on_pages(Operation::Flush, range, |mapping| {
            mapping.flush(range, mode)
        })
    }

    pub(crate) fn lock(&self, range: Option<ByteRange>) -> Result<(), Error> {
        self.on_pages(Operation::Lock, range, |mapping| mapping.lock(range))
    }

    pub(crate) fn unlock(&self, range: Option<ByteRange>) -> Result<(), Error> {
        self.on_pages(Operation::Unlock, range, |mapping| mapping.unlock(range))
    }

    pub(crate) fn advise(&self, range: Option<ByteRange>, advice: Advice) -> Result<(), Error> {
        self.on_pages(Operation::Advise, range, |mapping| {
            mapping.advise(range, advice)
        })
    }

    pub(crate) fn protect(
        &self,
        range: Option<ByteRange>,
        protection: Protection,
    ) -> Result<(), Error> {
        self.on_pages(Operation::Protect, range, |mapping| {
            mapping.protect(range, protection)
        })
    }

    /// Flushes the whole mapping and gives it up.
    pub(crate) fn unmap(self: Arc<Self>) -> Result<(), Error> {
        self.give_up(Operation::Unmap, |mapping| {
            mapping.flush(None, FlushMode::Synchronous)
        })
    }

    /// What happens when the guest drops its handle.
    pub(crate) fn drop_handle(self: Arc<Self>) {
        // It cannot fail.
        let _ = self.give_up(Operation::DropMapping, |_| Ok(()));
    }

    fn give_up(
        self: Arc<Self>,
        operation: Operation,
        first: impl FnOnce(&Mapping) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let began = Began::now();
        let account = self.account().clone();
        let range = self.all();
        let result = tracing::debug_span!("unmap").in_scope(|| {
            let result = first(&self.mapping);
            drop(self);
            result
        });
        account.ended(operation, range, began, result);
        result
    }

    /// Calls what works on whole pages, and so takes a while.
    fn on_pages(
        &self,
        operation: Operation,
        range: Option<ByteRange>,
        run: impl FnOnce(&Mapping) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let began = Began::now();
        let result = run(&self.mapping);
        let range = range.unwrap_or_else(|| self.all());
        self.account().ended(operation, range, began, result);
        result
    }

    fn all(&self) -> ByteRange {
        ByteRange {
            offset: 0,
            length: self.mapping.size(),
        }
    }

    /// Counts and tells a call that has ended. For those that take so little
    /// time that they are counted here, and only later in the ledger.
    #[inline]
    pub(crate) fn ended(
        &self,
        operation: Operation,
        range: ByteRange,
        began: Began,
        result: Result<(), Error>,
    ) {
        let account = self.account();
        match result {
            Ok(()) => {
                self.entry.tally.count(operation, range.length);
                began.tell(operation, account.number, range, result, None);
            }
            Err(_) => account.ended(operation, range, began, result),
        }
    }
}

#[inline]
fn bytes_at<const N: usize>(offset: u64) -> ByteRange {
    let length = N as u64;
    ByteRange { offset, length }
}

/// The result without its value.
#[inline]
pub(crate) fn outcome<V>(result: &Result<V, Error>) -> Result<(), Error> {
    match result {
        Ok(_) => Ok(()),
        Err(error) => Err(*error),
    }
}
