use super::mapped::Mapping;
use super::pages::set_protection;
use crate::explanation::Explain;
use mem_contract::{Access, ByteRange, ErrorCode, Protection};
use std::sync::atomic::Ordering;

impl Mapping {
    /// Changes what the pages of `range` can be used for.
    ///
    /// # Errors
    ///
    /// `OutOfBounds`; `QuotaExceeded`; `AccessDenied` for writing to a mapping
    /// made read-only, and for execution without a grant; `Busy` if pages of the
    /// file are to become read-only while windows can write them.
    pub fn protect(
        &self,
        range: Option<ByteRange>,
        protection: Protection,
    ) -> Result<(), ErrorCode> {
        let range = self.checked_or_all(range)?;
        if protection.allows_write() && self.access == Access::ReadOnly {
            let why = "the mapping was made read-only; map the file with another access";
            return Err(ErrorCode::AccessDenied.because(why));
        }
        if protection.allows_execute() && !self.may_execute {
            return Err(exec_not_granted());
        }
        if range.is_empty() {
            return Ok(());
        }
        let windows_write = self.access == Access::ReadWrite && self.attached.any();
        if !protection.allows_write() && windows_write {
            let why = "windows that can write the file are attached; detach them first";
            return Err(ErrorCode::Busy.because(why));
        }
        let pages = self.pages_of(&range);
        let mut held = self.lock_pages();
        let protected = held.change(
            &pages,
            |state| state.protection = protection,
            || {
                self.gate.while_empty(|| {
                    // Before a writer can enter that does not see it.
                    if !protection.allows_write() {
                        self.some_protected.store(true, Ordering::Relaxed);
                    }
                    set_protection(&pages, protection)
                })
            },
        );
        if protected == Err(ErrorCode::QuotaExceeded) {
            held.restore_protection(&pages, protection);
        }
        protected
    }
}

/// The error of execution that the embedder has not granted.
pub(crate) fn exec_not_granted() -> ErrorCode {
    ErrorCode::AccessDenied.because(
        "execution is not granted; ask for less, or have the embedder grant it by \
         `MemCtxBuilder::allow_exec` (`--mem-exec`)",
    )
}
