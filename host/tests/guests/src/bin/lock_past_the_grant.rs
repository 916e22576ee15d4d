//! Locking more than was granted gives `lock-limit`, and nothing is left
//! locked. The host grants four pages.

use mem::ErrorCode::{LockLimit, NotLocked, Unsupported};
use test_guests::{PAGE, code, on_polyfill};

fn main() {
    let mapping = mem::anonymous(8 * PAGE).unwrap();
    let other = mem::anonymous(8 * PAGE).unwrap();
    if on_polyfill() {
        assert_eq!(code(mapping.lock()), Unsupported);
        assert_eq!(code(mapping.unlock_range(0..1)), NotLocked);
        return;
    }
    assert_eq!(code(mapping.lock()), LockLimit);
    assert_eq!(code(mapping.unlock_range(0..1)), NotLocked);

    // Two bytes, but in two pages.
    mapping.lock_range(PAGE - 1..PAGE + 1).unwrap();
    assert_eq!(code(other.lock_range(0..3 * PAGE)), LockLimit);
    assert_eq!(code(mapping.lock_range(0..5 * PAGE)), LockLimit);
    mapping.lock_range(0..4 * PAGE).unwrap();
    assert_eq!(code(other.lock_range(0..1)), LockLimit);

    // What is unlocked, or unmapped, can be locked elsewhere.
    mapping.unlock_range(0..PAGE).unwrap();
    other.lock_range(0..1).unwrap();
    drop(mapping);
    other.lock_range(0..4 * PAGE).unwrap();
}
