//! The guests' calls: all go through here, whether components or core modules
//! make them, to be counted and told to whoever traces them.

mod explanations;
mod ledger;
mod mapped;
mod trace;

pub(crate) use self::ledger::Ledger;
pub(crate) use self::mapped::{Mapped, outcome};
pub(crate) use self::trace::{Began, file_mapped};

use crate::Error;
use crate::usage::Operation;
use mem_mapping::{ByteRange, StoreId};
use std::sync::Arc;

/// The mapping that a call is about, and where it is counted.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    ledger: Arc<Ledger>,
    /// Of the guest that has it.
    store: StoreId,
    /// Mappings of a context are numbered from 1 on.
    number: u64,
}

impl Account {
    /// Counts and tells a call that has ended.
    pub(crate) fn ended(
        &self,
        operation: Operation,
        range: ByteRange,
        began: Began,
        result: Result<(), Error>,
    ) {
        let why = self
            .ledger
            .count(self.store, operation, range.length, result);
        began.tell(operation, self.number, range, result, why);
    }
}
