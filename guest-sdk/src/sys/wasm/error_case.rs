//! The error in a result that is read from memory.

use super::contract::ErrorCode;

/// The error case of this number, counted from 0 in the contract's order.
pub(super) fn error_case(number: u8) -> ErrorCode {
    const CASES: [ErrorCode; 14] = [
        ErrorCode::AccessDenied,
        ErrorCode::NotFound,
        ErrorCode::NotAFile,
        ErrorCode::InvalidArgument,
        ErrorCode::OutOfBounds,
        ErrorCode::ReadOnly,
        ErrorCode::Truncated,
        ErrorCode::NotLocked,
        ErrorCode::LockLimit,
        ErrorCode::QuotaExceeded,
        ErrorCode::Busy,
        ErrorCode::NoSpace,
        ErrorCode::Unsupported,
        ErrorCode::Io,
    ];
    const _: () = {
        let mut number = 0;
        while number < CASES.len() {
            assert!(CASES[number] as usize == number);
            number += 1;
        }
    };
    CASES
        .get(usize::from(number))
        .copied()
        .unwrap_or(ErrorCode::Io)
}
