//! Why an operation failed, before it is known what was tried.

use mem_contract::ErrorCode;

/// Why an operation failed, and who says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cause {
    pub code: ErrorCode,
    /// Whether the host says so, and not this crate.
    pub is_hosts: bool,
}

impl Cause {
    /// What the host says.
    #[inline]
    pub fn of_host(code: impl Into<ErrorCode>) -> Self {
        Self {
            code: code.into(),
            is_hosts: true,
        }
    }
}

impl From<ErrorCode> for Cause {
    fn from(code: ErrorCode) -> Self {
        let is_hosts = false;
        Self { code, is_hosts }
    }
}
