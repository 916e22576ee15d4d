//! Without a grant nothing can be locked.

use mem::ErrorCode::{LockLimit, Unsupported};
use test_guests::{code, on_polyfill};

fn main() {
    let mapping = mem::anonymous(1).unwrap();
    let expected = if on_polyfill() {
        Unsupported
    } else {
        LockLimit
    };
    assert_eq!(code(mapping.lock()), expected);
    assert_eq!(code(mapping.lock_range(0..1)), expected);
}
