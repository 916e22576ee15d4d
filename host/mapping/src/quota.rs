//! Limits, and what is charged against them.

use crate::explanation::Explain;
use mem_contract::ErrorCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A limit on an amount that many holders share.
#[derive(Debug)]
pub struct Quota {
    limit: AtomicU64,
    used: AtomicU64,
    name: QuotaName,
}

/// How errors speak of a quota.
#[derive(Clone, Copy, Debug)]
pub struct QuotaName {
    /// The error of a charge past the limit.
    pub error: ErrorCode,
    /// What it limits, in the plural.
    pub what: &'static str,
    /// What an embedder raises it by. Empty where there is no embedder.
    pub raised_by: fn() -> &'static str,
}

impl Quota {
    /// A quota of `limit`. Nothing is charged yet.
    pub fn new(limit: u64) -> Arc<Self> {
        let name = QuotaName {
            error: ErrorCode::QuotaExceeded,
            what: "units",
            raised_by: || "",
        };
        Self::named(limit, name)
    }

    /// Like `new`, for a quota that errors call `name`.
    pub fn named(limit: u64, name: QuotaName) -> Arc<Self> {
        Arc::new(Self {
            limit: AtomicU64::new(limit),
            used: AtomicU64::new(0),
            name,
        })
    }

    /// The limit.
    pub fn limit(&self) -> u64 {
        self.limit.load(Ordering::Relaxed)
    }

    /// Makes the limit `limit`. Charges stay, even if they exceed it.
    pub fn set_limit(&self, limit: u64) {
        self.limit.store(limit, Ordering::Relaxed);
    }

    /// How much is charged.
    pub fn used(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }

    /// Takes `amount` out of the quota until the charge is dropped. If that would
    /// exceed the limit, it takes nothing.
    ///
    /// # Errors
    ///
    /// The error of the quota's name: `QuotaExceeded` unless it is another.
    pub fn charge(self: &Arc<Self>, amount: u64) -> Result<Charge, ErrorCode> {
        let mut charge = Charge {
            quota: self.clone(),
            amount: 0,
        };
        charge.resize(amount)?;
        Ok(charge)
    }

    /// The error of a charge of `more` that was refused.
    #[cold]
    fn exceeded(&self, more: u64) -> ErrorCode {
        let (used, limit) = (self.used(), self.limit());
        let QuotaName {
            error,
            what,
            raised_by,
        } = self.name;
        let raise = |how: &str| match raised_by() {
            "" => String::new(),
            setter => format!(", or have the embedder {how} it by {setter}"),
        };
        error.because(if limit == 0 {
            let grant = raise("grant");
            format!("the quota of {what} is 0; do without{grant}")
        } else {
            let raise = raise("raise");
            format!(
                "of the quota of {limit} {what}, {used} are in use, and this takes {more} more; \
                 ask for less, or free some{raise}"
            )
        })
    }
}

/// A part of a [`Quota`]. Dropping it gives the part back.
#[derive(Debug)]
pub struct Charge {
    quota: Arc<Quota>,
    amount: u64,
}

impl Charge {
    pub(crate) fn amount(&self) -> u64 {
        self.amount
    }

    /// Changes the charge to `amount`.
    ///
    /// # Errors
    ///
    /// Those of [`Quota::charge`]. After one, the charge is as before.
    pub(crate) fn resize(&mut self, amount: u64) -> Result<(), ErrorCode> {
        if self.try_resize(amount) {
            Ok(())
        } else {
            Err(self.quota.exceeded(amount - self.amount))
        }
    }

    /// Like `resize`, but returns whether it succeeded, and explains nothing.
    /// A charge can always be made smaller.
    pub(crate) fn try_resize(&mut self, amount: u64) -> bool {
        let resized = self
            .quota
            .used
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
                let used = (used - self.amount).checked_add(amount)?;
                (amount <= self.amount || used <= self.quota.limit()).then_some(used)
            })
            .is_ok();
        if resized {
            self.amount = amount;
        }
        resized
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        self.quota.used.fetch_sub(self.amount, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_dropped_is_given_back() {
        let quota = Quota::new(10);
        let first = quota.charge(7).unwrap();
        assert!(quota.charge(4).is_err());
        let second = quota.charge(3).unwrap();
        drop(first);
        assert!(quota.charge(8).is_err());
        assert!(quota.charge(7).is_ok());
        drop(second);
        assert!(quota.charge(10).is_ok());
    }

    #[test]
    fn what_is_refused_says_why() {
        let name = QuotaName {
            error: ErrorCode::LockLimit,
            what: "locked bytes",
            raised_by: || "`lock_more`",
        };
        let quota = Quota::named(10, name);
        let charge = quota.charge(7).unwrap();
        let error = quota.charge(4).unwrap_err();
        assert_eq!(error, ErrorCode::LockLimit);
        assert_eq!(
            error.take_explanation().unwrap(),
            "of the quota of 10 locked bytes, 7 are in use, and this takes 4 more; ask for less, \
             or free some, or have the embedder raise it by `lock_more`"
        );
        drop(charge);
        quota.set_limit(0);
        assert_eq!(
            quota.charge(1).unwrap_err().take_explanation().unwrap(),
            "the quota of locked bytes is 0; do without, or have the embedder grant it by \
             `lock_more`"
        );
    }

    #[test]
    fn a_refused_resize_changes_nothing() {
        let quota = Quota::new(10);
        let mut charge = quota.charge(6).unwrap();
        assert!(charge.resize(11).is_err());
        assert!(charge.resize(u64::MAX).is_err());
        assert!(quota.charge(5).is_err());
        assert!(charge.resize(10).is_ok());
        assert!(quota.charge(1).is_err());
        assert!(charge.try_resize(0));
        assert!(quota.charge(10).is_ok());
    }
}
