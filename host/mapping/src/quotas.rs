//! The quotas of a context, and what its mappings and windows are charged.

use crate::process;
use crate::quota::{Charge, Quota};
use mem_contract::ErrorCode;
use std::sync::Arc;

/// The quotas that the guests of one context share.
#[derive(Clone, Debug)]
pub struct Quotas {
    /// Bytes of all mappings.
    pub mapped: Arc<Quota>,
    /// Bytes of anonymous and copy-on-write mappings.
    pub private: Arc<Quota>,
    /// Mappings, where each run of pages with the same protection, locks and
    /// advice counts as one, as it does in the operating system.
    pub mappings: Arc<Quota>,
    /// Locked bytes, in whole pages.
    pub locked: Arc<Quota>,
    /// Attached windows.
    pub windows: Arc<Quota>,
}

impl Quotas {
    /// Charges for a mapping of `length` bytes. It maps a file unless it is
    /// `anonymous`. If it is `private`, its pages belong to the process alone.
    ///
    /// # Errors
    ///
    /// `QuotaExceeded`.
    pub(crate) fn charge(
        &self,
        length: u64,
        anonymous: bool,
        private: bool,
    ) -> Result<Charges, ErrorCode> {
        // To the kernel, the pages that a file has lost are one mapping more.
        let spare = u64::from(!anonymous);
        Ok(Charges {
            mapped: self.mapped.charge(length)?,
            private: if private {
                Some(self.private.charge(length)?)
            } else {
                None
            },
            mappings: self.mappings.charge(1)?,
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
    pub fn charge_window(&self) -> Result<WindowCharge, ErrorCode> {
        Ok(WindowCharge {
            _windows: self.windows.charge(1)?,
            // A window splits the mapping of the memory around it.
            _kernel: process::kernel_mappings().charge(2)?,
        })
    }
}

/// What one mapping is charged.
#[derive(Debug)]
pub(crate) struct Charges {
    mapped: Charge,
    private: Option<Charge>,
    mappings: Charge,
    /// Charged to the process: the runs, and `spare`.
    kernel: Charge,
    spare: u64,
    pub(crate) locked: Charge,
}

impl Charges {
    /// Changes them for a mapping of `length` bytes.
    ///
    /// # Errors
    ///
    /// `QuotaExceeded`. After it, drop the charges.
    pub(crate) fn resize(&mut self, length: u64) -> Result<(), ErrorCode> {
        self.mapped.resize(length)?;
        match &mut self.private {
            Some(charge) => charge.resize(length),
            None => Ok(()),
        }
    }

    /// Changes them for a mapping of so many `runs`.
    ///
    /// # Errors
    ///
    /// `QuotaExceeded`. After it, the charges are as before.
    pub(crate) fn resize_runs(&mut self, runs: u64) -> Result<(), ErrorCode> {
        let before = self.mappings.amount();
        self.mappings.resize(runs)?;
        let resized = self.kernel.resize(runs + self.spare);
        resized.inspect_err(|_| {
            self.mappings.try_resize(before);
        })
    }

    /// Changes them back for a mapping of so many `runs`, unless others have
    /// taken the quota meanwhile.
    pub(crate) fn restore_runs(&mut self, runs: u64) {
        self.mappings.try_resize(runs);
        self.kernel.try_resize(runs + self.spare);
    }
}

/// What one window is charged. Dropping it gives the charge back.
#[derive(Debug)]
pub struct WindowCharge {
    _windows: Charge,
    _kernel: Charge,
}
