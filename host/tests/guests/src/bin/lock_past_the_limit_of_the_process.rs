//! Locking more than the operating system allows the process gives
//! `lock-limit`, and nothing is left locked. The process may lock two pages,
//! and the host grants eight.

use mem::ErrorCode::{LockLimit, NotLocked};
use test_guests::{PAGE, code};

fn main() {
    let mapping = mem::anonymous(8 * PAGE).unwrap();
    assert_eq!(code(mapping.lock()), LockLimit);
    assert_eq!(code(mapping.unlock_range(..1)), NotLocked);
    mapping.lock_range(..2 * PAGE).unwrap();
    assert_eq!(code(mapping.lock_range(..3 * PAGE)), LockLimit);
    // What was locked before still is.
    mapping.unlock_range(..2 * PAGE).unwrap();
    mapping.lock_range(6 * PAGE..).unwrap();
}
