//! Where the calls on one mapping are counted.

use super::ledger::Ledger;
use super::trace::CallTimer;
use crate::operation::Operation;
use mem_contract::{ByteRange, ErrorCode};
use mem_mapping::StoreId;
use std::sync::Arc;

/// The mapping that a call is about, and where it is counted.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(super) ledger: Arc<Ledger>,
    /// The store of the guest that has the mapping.
    pub(super) store: StoreId,
    /// Mappings of a context are numbered from 1 on.
    pub(super) number: u64,
}

impl Account {
    /// Counts and traces a call that has ended.
    pub(crate) fn ended(
        &self,
        operation: Operation,
        range: ByteRange,
        timer: CallTimer,
        result: Result<(), ErrorCode>,
    ) {
        let why = self
            .ledger
            .count(self.store, operation, range.length, result);
        timer.trace(operation, self.number, range, result, why);
    }
}
