//! What a context knows about its guests.

use crate::operation::Operation;
use std::collections::BTreeMap;

/// What the guests of a [`MemCtx`](crate::MemCtx) have at a moment, and what
/// they have called since it was made. See [`MemCtx::usage`].
///
/// [`MemCtx::usage`]: crate::MemCtx::usage
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Usage {
    /// How many handles of mappings the guests hold.
    pub handles: u64,
    /// The mappings as [`MemCtxBuilder::max_mappings`] counts them: one for each
    /// run of pages with the same protection, locks and advice.
    ///
    /// [`MemCtxBuilder::max_mappings`]: crate::MemCtxBuilder::max_mappings
    pub mappings: Amount,
    /// The bytes of all mappings.
    pub mapped_bytes: Amount,
    /// The bytes of the anonymous and copy-on-write mappings.
    pub private_bytes: Amount,
    /// The locked bytes, in whole pages.
    pub locked_bytes: Amount,
    /// The windows that are attached.
    pub windows: Amount,
    /// The calls of each operation that was called.
    ///
    /// A call counts when it returns to the guest. One that traps, such as one
    /// with an unknown handle, does not.
    pub calls: BTreeMap<Operation, Calls>,
    /// How many calls failed with each error that any failed with, by the name
    /// of the WIT's `error-code`.
    pub errors: BTreeMap<&'static str, u64>,
}

impl Usage {
    /// The calls of all operations together.
    pub fn total(&self) -> Calls {
        let mut total = Calls::default();
        for calls in self.calls.values() {
            total.add(*calls);
        }
        total
    }
}

/// How much there is of something that has a quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Amount {
    /// How much there is.
    pub now: u64,
    /// The most there has been at a time.
    pub peak: u64,
    /// The quota.
    pub limit: u64,
}

/// How often something was called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Calls {
    /// How many calls there were.
    pub calls: u64,
    /// How many of them failed.
    pub errors: u64,
    /// How many bytes the calls that succeeded read or wrote, mapped, or had in
    /// their ranges.
    pub bytes: u64,
}

impl Calls {
    pub(crate) fn add(&mut self, other: Self) {
        self.calls += other.calls;
        self.errors += other.errors;
        self.bytes += other.bytes;
    }
}
