//! Without a grant nothing can be locked.

use mem::ErrorCode::LockLimit;
use test_guests::code;

fn main() {
    let mapping = mem::anonymous(1).unwrap();
    assert_eq!(code(mapping.lock()), LockLimit);
    assert_eq!(code(mapping.lock_range(0..1)), LockLimit);
}
