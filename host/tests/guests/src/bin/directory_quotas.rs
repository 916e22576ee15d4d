//! Quotas, locks, execution and windows are the same for every mapping, however
//! the file was found. The host allows 3 pages of mappings and 1 page of locks, no
//! execution, and windows.

use mem::{Access, ErrorCode, Options};
use test_guests::descriptors::preopened;
use test_guests::{PAGE, code};

fn main() {
    std::fs::write("file", vec![7; 4 * PAGE as usize]).unwrap();
    let dir = preopened(".");
    let part = |pages: u64| Options::new().len(pages * PAGE).open_at(&dir, "file");
    assert_eq!(code(part(4)), ErrorCode::QuotaExceeded);
    let mapping = part(2).unwrap();
    assert_eq!(code(part(2)), ErrorCode::QuotaExceeded);
    let other = part(1).unwrap();

    mapping.lock_range(..PAGE).unwrap();
    assert_eq!(code(other.lock()), ErrorCode::LockLimit);
    let executable = Options::new().exec(true).len(0).open_at(&dir, "file");
    assert_eq!(code(executable), ErrorCode::AccessDenied);

    let window = mapping.window(..).unwrap();
    assert!(window.is_zero_copy());
    assert!(window.iter().all(|&byte| byte == 7));
    assert_eq!(other.access(), Access::ReadOnly);
}
