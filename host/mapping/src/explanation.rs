//! Why an operation failed, in words.
//!
//! An [`ErrorCode`] is small because loads and stores return it. What is known
//! beyond the code is kept here, for the thread on which the operation ran,
//! until somebody takes it.

use mem_contract::ErrorCode;
use std::borrow::Cow;
use std::cell::Cell;

/// A sentence that names the cause of an error, and what can be done.
pub type Explanation = Cow<'static, str>;

thread_local! {
    static LATEST: Cell<Option<(ErrorCode, Explanation)>> = const { Cell::new(None) };
}

/// The explanation wherever a disk is full.
pub(crate) const DISK_FULL: &str = "the disk is full; make room on it, and map the file anew";

/// What can be said about an error beyond its code.
pub trait Explain: Sized {
    /// This error, explained by `why`.
    fn because(self, why: impl Into<Explanation>) -> Self;

    /// Takes the explanation of this error. It is there if the latest one on
    /// this thread is of an error with the same code. Ask right after the
    /// operation that returned the error.
    fn take_explanation(self) -> Option<Explanation>;
}

impl Explain for ErrorCode {
    #[cold]
    fn because(self, why: impl Into<Explanation>) -> Self {
        LATEST.set(Some((self, why.into())));
        self
    }

    #[cold]
    fn take_explanation(self) -> Option<Explanation> {
        LATEST
            .take()
            .and_then(|(error, why)| (error == self).then_some(why))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_explanation_is_taken_once_and_by_its_own_code() {
        let error = ErrorCode::Busy.because("somebody is there");
        assert_eq!(
            error.take_explanation().as_deref(),
            Some("somebody is there")
        );
        assert_eq!(error.take_explanation(), None);
        let _ = ErrorCode::Busy.because("somebody is there");
        assert_eq!(ErrorCode::NoSpace.take_explanation(), None);
        assert_eq!(ErrorCode::Busy.take_explanation(), None);
    }
}
