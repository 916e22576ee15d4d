use crate::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A limit on an amount that many holders share.
#[derive(Debug)]
pub struct Quota {
    limit: AtomicU64,
    used: AtomicU64,
}

impl Quota {
    /// A quota of `limit`, of which nothing is used.
    pub fn new(limit: u64) -> Arc<Self> {
        Arc::new(Self {
            limit: AtomicU64::new(limit),
            used: AtomicU64::new(0),
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
    pub fn charge(self: &Arc<Self>, amount: u64) -> Option<Charge> {
        let mut charge = Charge {
            quota: self.clone(),
            amount: 0,
        };
        charge.resize(amount).then_some(charge)
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

    /// Makes the charge `amount` instead of what it is. Returns false and
    /// changes nothing if that would exceed the limit.
    pub(crate) fn resize(&mut self, amount: u64) -> bool {
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
    pub(crate) fn charge(&self, length: u64, anonymous: bool, private: bool) -> Option<Charges> {
        // The pages that a file has lost are one mapping more to the kernel.
        let spare = u64::from(!anonymous);
        Some(Charges {
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
    pub fn charge_window(&self) -> Option<WindowCharge> {
        Some(WindowCharge {
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
    /// Makes them those of a mapping of `length` bytes. Returns false if that
    /// would exceed a limit, and they are good for nothing then.
    pub(crate) fn resize(&mut self, length: u64) -> bool {
        let private = self.private.as_mut();
        self.mapped.resize(length) && private.is_none_or(|charge| charge.resize(length))
    }

    /// Makes them those of a mapping in `pieces`. Returns false and changes
    /// nothing if that would exceed a limit.
    pub(crate) fn resize_pieces(&mut self, pieces: u64) -> bool {
        let before = self.pieces.amount();
        if !self.pieces.resize(pieces) {
            return false;
        }
        let resized = self.kernel.resize(pieces + self.spare);
        if !resized {
            self.pieces.resize(before);
        }
        resized
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
        assert!(quota.charge(4).is_none());
        let second = quota.charge(3).unwrap();
        drop(first);
        assert!(quota.charge(8).is_none());
        assert!(quota.charge(7).is_some());
        drop(second);
        assert!(quota.charge(10).is_some());
    }

    #[test]
    fn a_refused_resize_changes_nothing() {
        let quota = Quota::new(10);
        let mut charge = quota.charge(6).unwrap();
        assert!(!charge.resize(11));
        assert!(!charge.resize(u64::MAX));
        assert!(quota.charge(5).is_none());
        assert!(charge.resize(10));
        assert!(quota.charge(1).is_none());
        assert!(charge.resize(0));
        assert!(quota.charge(10).is_some());
    }
}
