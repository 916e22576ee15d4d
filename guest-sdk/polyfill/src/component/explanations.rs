//! What is known about the errors that the guest got, in words. Where the cause is
//! the same, they are the words of a host with the plugin.

use super::ErrorCode;
use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use spin::Mutex;

/// The explanation wherever a disk is full.
pub const DISK_FULL: &str = "the disk is full; make room on it, and map the file anew";

/// The latest explanation of each code. A code is explained wherever it is made,
/// or nowhere, so that none of these belongs to an earlier error.
static KEPT: Mutex<Vec<(ErrorCode, Cow<'static, str>)>> = Mutex::new(Vec::new());

impl ErrorCode {
    /// This error, explained by `why`.
    #[cold]
    pub fn because(self, why: impl Into<Cow<'static, str>>) -> Self {
        let mut kept = KEPT.lock();
        kept.retain(|(code, _)| *code != self);
        kept.push((self, why.into()));
        self
    }
}

/// Takes the explanation of the latest error with this code.
pub fn take(error: ErrorCode) -> Option<String> {
    let mut kept = KEPT.lock();
    let at = kept.iter().position(|(code, _)| *code == error)?;
    Some(kept.swap_remove(at).1.into_owned())
}

/// The loss of bytes.
pub fn shorter() -> ErrorCode {
    ErrorCode::Truncated
        .because("the file became shorter, if only for a while; unmap it, and map it anew")
}

/// The error of execution: there are no pages of the host to execute.
pub fn no_execution() -> ErrorCode {
    ErrorCode::AccessDenied.because("nothing is executable without the plugin; ask for less")
}
