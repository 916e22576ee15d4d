//! `lock` holds pages in RAM: the host's `VmLck` grows by the range, rounded
//! to pages, and `unlock` reverses it.

use mem::ErrorCode;
use test_guests::{PAGE, code, host_status_kib};

fn main() {
    std::fs::write("file", vec![1; 8 * PAGE as usize]).unwrap();
    for mapping in [
        mem::open("file").unwrap(),
        mem::open_mut("file").unwrap(),
        mem::anonymous(8 * PAGE).unwrap(),
    ] {
        let before = locked_kib();
        mapping.lock_range(PAGE - 1..2 * PAGE + 1).unwrap();
        assert_eq!(locked_kib(), before + 12);
        mapping.unlock_range(PAGE..2 * PAGE).unwrap();
        assert_eq!(locked_kib(), before + 8);
        mapping.lock().unwrap();
        assert_eq!(locked_kib(), before + 32);
        mapping.unlock().unwrap();
        assert_eq!(locked_kib(), before);
        // Unmapping unlocks.
        mapping.lock().unwrap();
        mapping.unmap().unwrap();
        assert_eq!(locked_kib(), before);
    }

    // A lock that fails leaves nothing locked.
    std::fs::write("short", vec![1; 8 * PAGE as usize]).unwrap();
    let short = mem::open("short").unwrap();
    std::fs::write("short", vec![1; PAGE as usize]).unwrap();
    let before = locked_kib();
    assert_eq!(code(short.lock()), ErrorCode::Truncated);
    assert_eq!(locked_kib(), before);

    // Two mappings of the same page of the file do not undo each other's lock.
    let one = mem::open("file").unwrap();
    let other = mem::open("file").unwrap();
    let before = locked_kib();
    one.lock_range(..PAGE).unwrap();
    other.lock_range(..PAGE).unwrap();
    one.unlock_range(..PAGE).unwrap();
    assert_eq!(locked_kib(), before + 4);
}

fn locked_kib() -> u64 {
    host_status_kib("VmLck")
}
