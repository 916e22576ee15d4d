//! Unlocking what is not locked gives `not-locked`, and unlocks nothing.

use mem::ErrorCode::{NotLocked, Unsupported};
use test_guests::{PAGE, code, on_polyfill};

fn main() {
    let mapping = mem::anonymous(8 * PAGE).unwrap();
    assert_eq!(code(mapping.unlock()), NotLocked);
    assert_eq!(code(mapping.unlock_range(0..1)), NotLocked);

    if on_polyfill() {
        assert_eq!(code(mapping.lock_range(PAGE..3 * PAGE)), Unsupported);
        return;
    }
    mapping.lock_range(PAGE..3 * PAGE).unwrap();
    assert_eq!(code(mapping.unlock()), NotLocked);
    assert_eq!(code(mapping.unlock_range(PAGE..3 * PAGE + 1)), NotLocked);
    assert_eq!(code(mapping.unlock_range(PAGE - 1..3 * PAGE)), NotLocked);
    // Both pages are still locked. Each can be unlocked once.
    mapping.unlock_range(PAGE..2 * PAGE).unwrap();
    assert_eq!(code(mapping.unlock_range(PAGE..2 * PAGE)), NotLocked);
    mapping.unlock_range(2 * PAGE..2 * PAGE + 1).unwrap();
    assert_eq!(code(mapping.unlock_range(2 * PAGE..3 * PAGE)), NotLocked);

    // Locks do not nest.
    mapping.lock().unwrap();
    mapping.lock_range(0..PAGE).unwrap();
    mapping.unlock().unwrap();
    assert_eq!(code(mapping.unlock_range(0..PAGE)), NotLocked);
}
