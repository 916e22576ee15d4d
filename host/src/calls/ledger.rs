//! The counts of a context.

use super::explanations::Explanations;
use crate::operation::Operation;
use crate::usage::{Amount, Calls, Usage};
use mem_contract::ErrorCode;
use mem_mapping::{Explain, Explanation, Quota, Quotas, StoreId};
use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What the guests of one context have and have called.
#[derive(Debug)]
pub(crate) struct Ledger {
    quotas: Quotas,
    book: Mutex<Book>,
}

#[derive(Debug, Default)]
struct Book {
    /// How many mappings were made.
    made: u64,
    /// The mappings that exist, by their numbers.
    live: BTreeMap<u64, Live>,
    /// The calls that are in no tally of a mapping that exists.
    calls: BTreeMap<Operation, Calls>,
    errors: BTreeMap<&'static str, u64>,
    peaks: Peaks,
    explanations: Explanations,
}

#[derive(Debug)]
struct Live {
    tally: Arc<Tally>,
    pages: Range<usize>,
}

/// The most that was charged at a time.
#[derive(Debug, Default)]
struct Peaks {
    mappings: u64,
    mapped: u64,
    private: u64,
    locked: u64,
    windows: u64,
}

impl Ledger {
    /// A ledger of what is charged to `quotas`.
    pub(crate) fn new(quotas: Quotas) -> Self {
        Self {
            quotas,
            book: Mutex::default(),
        }
    }

    /// Enters a mapping that has `pages`, and returns its number.
    pub(super) fn enter(&self, tally: Arc<Tally>, pages: Range<usize>) -> u64 {
        let mut book = self.book();
        book.made += 1;
        let number = book.made;
        book.live.insert(number, Live { tally, pages });
        number
    }

    /// Strikes a mapping out whose pages are going to be unmapped.
    pub(super) fn strike_out(&self, number: u64) {
        let mut book = self.book();
        if let Some(live) = book.live.remove(&number) {
            live.tally.add_to(&mut book.calls);
        }
    }

    /// Counts a call of a guest of `store` that has ended on this thread. The
    /// guest can ask for the explanation of an error, which this returns too.
    #[cold]
    pub(crate) fn count(
        &self,
        store: StoreId,
        operation: Operation,
        bytes: u64,
        result: Result<(), ErrorCode>,
    ) -> Option<Explanation> {
        let mut book = self.book();
        let calls = book.calls.entry(operation).or_default();
        calls.calls += 1;
        match result {
            Ok(()) => {
                calls.bytes += bytes;
                self.note_peaks(&mut book.peaks);
                None
            }
            Err(error) => {
                calls.errors += 1;
                *book.errors.entry(error.name()).or_default() += 1;
                let why = error.take_explanation();
                book.explanations.note(store, error, why.clone());
                why
            }
        }
    }

    /// Takes what is known about the last call of a guest of `store` that failed
    /// with `error`.
    pub(crate) fn explain(&self, store: StoreId, error: ErrorCode) -> Option<Explanation> {
        self.book().explanations.take(store, error)
    }

    /// Here and not where it is charged: what is charged for a call that fails
    /// in the end was never there.
    fn note_peaks(&self, peaks: &mut Peaks) {
        let quotas = &self.quotas;
        for (peak, quota) in [
            (&mut peaks.mappings, &quotas.mappings),
            (&mut peaks.mapped, &quotas.mapped),
            (&mut peaks.private, &quotas.private),
            (&mut peaks.locked, &quotas.locked),
            (&mut peaks.windows, &quotas.windows),
        ] {
            *peak = quota.used().max(*peak);
        }
    }

    pub(crate) fn usage(&self) -> Usage {
        let book = self.book();
        let mut calls = book.calls.clone();
        for live in book.live.values() {
            live.tally.add_to(&mut calls);
        }
        Usage {
            handles: book.live.len() as u64,
            mappings: amount(&self.quotas.mappings, book.peaks.mappings),
            mapped_bytes: amount(&self.quotas.mapped, book.peaks.mapped),
            private_bytes: amount(&self.quotas.private, book.peaks.private),
            locked_bytes: amount(&self.quotas.locked, book.peaks.locked),
            windows: amount(&self.quotas.windows, book.peaks.windows),
            calls,
            errors: book.errors.clone(),
        }
    }

    /// How many bytes of the mappings are in RAM.
    ///
    /// # Errors
    ///
    /// The errors of `mincore(2)`.
    pub(crate) fn resident_bytes(&self) -> io::Result<u64> {
        // Who maps or unmaps meanwhile waits for that many pages at the most.
        let mut states = [0; 4096];
        let page_size = mem_mapping::page_size();
        let numbers: Vec<u64> = self.book().live.keys().copied().collect();
        let mut resident = 0;
        for number in numbers {
            for skipped in (0..).step_by(states.len() * page_size) {
                // Looked up anew each time, because nothing keeps it mapped.
                let book = self.book();
                let Some(live) = book.live.get(&number) else {
                    break;
                };
                let rest = live.pages.len().saturating_sub(skipped) / page_size;
                let states = &mut states[..rest.min(4096)];
                if states.is_empty() {
                    break;
                }
                resident += mem_mapping::resident_pages(live.pages.start + skipped, states)?;
            }
        }
        Ok(resident as u64 * page_size as u64)
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        // Changes are of single numbers and entries.
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn amount(quota: &Quota, peak: u64) -> Amount {
    Amount {
        now: quota.used(),
        peak,
        limit: quota.limit(),
    }
}

/// Counts the calls of one mapping that take so little time that they cannot
/// wait for a lock, nor for an atomic addition.
///
/// There is one writer: the guests of a store call one after the other. If a
/// call was abandoned that still runs on another thread, a count can be lost.
#[derive(Debug)]
pub(super) struct Tally([Count; Operation::ALL.len()]);

#[derive(Debug, Default)]
struct Count {
    calls: AtomicU64,
    bytes: AtomicU64,
}

impl Tally {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self(std::array::from_fn(|_| Count::default())))
    }

    /// Counts a call that has succeeded.
    #[inline]
    pub(super) fn count(&self, operation: Operation, bytes: u64) {
        let count = &self.0[operation as usize];
        add(&count.calls, 1);
        add(&count.bytes, bytes);
    }

    fn add_to(&self, calls: &mut BTreeMap<Operation, Calls>) {
        for (operation, count) in Operation::ALL.iter().zip(&self.0) {
            let count = Calls {
                calls: count.calls.load(Ordering::Relaxed),
                bytes: count.bytes.load(Ordering::Relaxed),
                errors: 0,
            };
            if count.calls > 0 {
                calls.entry(*operation).or_default().add(count);
            }
        }
    }
}

#[inline]
fn add(sum: &AtomicU64, more: u64) {
    let sum_before = sum.load(Ordering::Relaxed);
    sum.store(sum_before.wrapping_add(more), Ordering::Relaxed);
}
