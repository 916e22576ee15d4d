//! Why an operation failed, in words.
//!
//! An [`Error`] is a small code, because loads and stores return it. What is
//! known beyond the code is kept here for the thread on which the operation
//! ran, until somebody takes it.

use crate::{Error, os};
use std::borrow::Cow;
use std::cell::Cell;
use std::io;

/// A sentence that names the cause of an error, and what can be done.
pub type Explanation = Cow<'static, str>;

thread_local! {
    static LATEST: Cell<Option<(Error, Explanation)>> = const { Cell::new(None) };
}

/// What is said wherever a disk is full.
pub(crate) const DISK_FULL: &str = "the disk is full; make room on it, and map the file anew";

impl Error {
    /// This error, explained by `why`.
    #[cold]
    pub fn because(self, why: impl Into<Explanation>) -> Self {
        LATEST.set(Some((self, why.into())));
        self
    }

    /// Takes the explanation of this error, if the latest on this thread is of
    /// one with its code. Ask right after the operation that returned it.
    #[cold]
    pub fn take_explanation(self) -> Option<Explanation> {
        LATEST
            .take()
            .and_then(|(error, why)| (error == self).then_some(why))
    }
}

/// That of an error of the operating system.
pub(crate) fn of_system(error: &io::Error) -> Explanation {
    use io::ErrorKind::*;
    match error.kind() {
        StorageFull => DISK_FULL.into(),
        QuotaExceeded => "the user's quota on the disk is exhausted; make room on it, and map \
                          the file anew"
            .into(),
        FileTooLarge => "the file would be larger than its file system or the process's limit \
                         (RLIMIT_FSIZE) allows; ask for less"
            .into(),
        ReadOnlyFilesystem => "the file system is read-only; map the file read-only or \
                               copy-on-write"
            .into(),
        OutOfMemory => out_of_mappings().into(),
        ExecutableFileBusy => "the file is a program that runs; map it read-only or \
                               copy-on-write, or end the program"
            .into(),
        _ => os::explain(error)
            .unwrap_or_else(|| format!("the operating system says: {error}").into()),
    }
}

/// That of a system that has no room for a mapping, or for a part of one that
/// is split.
pub(crate) fn out_of_mappings() -> String {
    format!(
        "the process has as many mappings as it may have (vm.max_map_count is {}), or no address \
         space or memory for more; unmap something, or have the system allow more",
        os::max_kernel_mappings()
    )
}

/// That of a lock past what the system lets a process lock.
pub(crate) fn lock_limit() -> Explanation {
    match os::max_locked_bytes() {
        Some(limit) => format!(
            "the process may lock {limit} bytes (RLIMIT_MEMLOCK), and this would be more; lock \
             less, unlock something, or have that limit raised"
        )
        .into(),
        None => "the operating system refuses to lock as many bytes; lock less, or unlock \
                 something"
            .into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_explanation_is_taken_once_and_by_its_own_code() {
        let error = Error::Busy.because("somebody is there");
        assert_eq!(
            error.take_explanation().as_deref(),
            Some("somebody is there")
        );
        assert_eq!(error.take_explanation(), None);
        let _ = Error::Busy.because("somebody is there");
        assert_eq!(Error::NoSpace.take_explanation(), None);
        assert_eq!(Error::Busy.take_explanation(), None);
    }

    #[test]
    fn an_error_of_the_system_explains_itself() {
        let full = Error::from(io::Error::from(io::ErrorKind::StorageFull));
        assert_eq!(full.take_explanation().as_deref(), Some(DISK_FULL));
    }
}
