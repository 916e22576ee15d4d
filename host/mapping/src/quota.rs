use crate::{Error, process};
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
    pub error: Error,
    /// What it limits, in the plural.
    pub what: &'static str,
    /// What an embedder raises it by; nothing where there is no embedder.
    pub raised_by: fn() -> &'static str,
}

impl Quota {
    /// A quota of `limit`, nothing of which is used.
    pub fn new(limit: u64) -> Arc<Self> {
        let name = QuotaName {
            error: Error::QuotaExceeded,
            what: "units",
            raised_by: || "",
        };
        Self::named(limit, name)
    }

    /// Like `new`, for one that errors call `name`.
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

    /// Makes the limit `limit`. What is charged already stays so, even if it is
    /// more.
    pub fn set_limit(&self, limit: u64) {
        self.limit.store(limit, Ordering::Relaxed);
    }

    /// How much is charged.
    pub fn used(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }

    /// Takes `amount` out of the quota until the charge is dropped, or none of
    /// it if that would exceed the limit.
    ///
    /// # Errors
    ///
    /// That of the quota's name: `QuotaExceeded` unless it is another.
    pub fn charge(self: &Arc<Self>, amount: u64) -> Result<Charge, Error> {
        let mut charge = Charge {
            quota: self.clone(),
            amount: 0,
        };
        charge.resize(amount)?;
        Ok(charge)
    }

    /// The error of what would have charged `more`.
    #[cold]
    fn exceeded(&self, more: u64) -> Error {
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

/// A part taken out of a [`Quota`], given back on drop.
#[derive(Debug)]
pub struct Charge {
    quota: Arc<Quota>,
    amount: u64,
}

impl Charge {
    pub(crate) fn amount(&self) -> u64 {
        self.amount
    }

    /// Makes the charge `amount` instead of what it is.
    ///
    /// # Errors
    ///
    /// As for [`Quota::charge`], with nothing changed.
    pub(crate) fn resize(&mut self, amount: u64) -> Result<(), Error> {
        if self.try_resize(amount) {
            Ok(())
        } else {
            Err(self.quota.exceeded(amount - self.amount))
        }
    }

    /// Like `resize`, but returns whether it succeeded, and explains nothing.
    /// To make a charge less always succeeds.
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

/// Everything that the guests of one context share.
#[derive(Clone, Debug)]
pub struct Quotas {
    /// Bytes of all mappings.
    pub mapped: Arc<Quota>,
    /// Bytes of anonymous and copy-on-write mappings.
    pub private: Arc<Quota>,
    /// Runs of pages with the same protection, locks and advice.
    pub pieces: Arc<Quota>,
    /// Locked bytes, in whole pages.
    pub locked: Arc<Quota>,
    /// Windows that are attached.
    pub windows: Arc<Quota>,
}

impl Quotas {
    /// Charges for a mapping of `length` bytes, of a file unless it is
    /// `anonymous`, whose pages are the process's own if `private`.
    ///
    /// # Errors
    ///
    /// `QuotaExceeded`.
    pub(crate) fn charge(
        &self,
        length: u64,
        anonymous: bool,
        private: bool,
    ) -> Result<Charges, Error> {
        // The pages that a file has lost are one mapping more to the kernel.
        let spare = u64::from(!anonymous);
        Ok(Charges {
            mapped: self.mapped.charge(length)?,
            private: if private {
                Some(self.private.charge(length)?)
            } else {
                None
            },
            pieces: self.pieces.charge(1)?,
            kernel: process::kernel_mappings().charge(1 + spare)?,
            spare,
            locked: self.locked.charge(0)?,
        })
    }

    /// Charges for a window.
    ///
    /// # Errors
    ///
    /// `QuotaExceeded`.
    pub fn charge_window(&self) -> Result<WindowCharge, Error> {
        Ok(WindowCharge {
            _windows: self.windows.charge(1)?,
            // It splits the mapping of the memory that it lies in.
            _kernel: process::kernel_mappings().charge(2)?,
        })
    }
}

/// What one mapping is charged.
#[derive(Debug)]
pub(crate) struct Charges {
    mapped: Charge,
    private: Option<Charge>,
    pieces: Charge,
    /// Of the process: the pieces, and `spare`.
    kernel: Charge,
    spare: u64,
    pub(crate) locked: Charge,
}

impl Charges {
    /// Makes them those of a mapping of `length` bytes.
    ///
    /// # Errors
    ///
    /// `QuotaExceeded`, and they are good for nothing then.
    pub(crate) fn resize(&mut self, length: u64) -> Result<(), Error> {
        self.mapped.resize(length)?;
        match &mut self.private {
            Some(charge) => charge.resize(length),
            None => Ok(()),
        }
    }

    /// Makes them those of a mapping in `pieces`.
    ///
    /// # Errors
    ///
    /// `QuotaExceeded`, with nothing changed.
    pub(crate) fn resize_pieces(&mut self, pieces: u64) -> Result<(), Error> {
        let before = self.pieces.amount();
        self.pieces.resize(pieces)?;
        let resized = self.kernel.resize(pieces + self.spare);
        resized.inspect_err(|_| {
            self.pieces.try_resize(before);
        })
    }

    /// Makes them those of a mapping in `pieces` again, as far as others have
    /// not taken them meanwhile.
    pub(crate) fn restore_pieces(&mut self, pieces: u64) {
        self.pieces.try_resize(pieces);
        self.kernel.try_resize(pieces + self.spare);
    }
}

/// What one window is charged, given back on drop.
#[derive(Debug)]
pub struct WindowCharge {
    _windows: Charge,
    _kernel: Charge,
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
            error: Error::LockLimit,
            what: "locked bytes",
            raised_by: || "`lock_more`",
        };
        let quota = Quota::named(10, name);
        let charge = quota.charge(7).unwrap();
        let error = quota.charge(4).unwrap_err();
        assert_eq!(error, Error::LockLimit);
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
