//! Locks do not nest within a mapping. Locks of different mappings do not undo
//! each other, even where their bytes share a page of the file: the kernel knows
//! of each mapping whether it is locked.

use mem::{ErrorCode, Options};
use test_guests::{HostMapping, PAGE, code, host_status_kib};

fn main() {
    std::fs::write("file", vec![1; 40 * PAGE as usize]).unwrap();
    one_mapping();
    bytes_of_one_page();
    shared_page();
}

fn one_mapping() {
    let before = host_status_kib("VmLck");
    let mapping = mem::open_mut("file").unwrap();
    mapping.lock_range(0..10 * PAGE).unwrap();
    mapping.lock_range(5 * PAGE..20 * PAGE).unwrap();
    assert_eq!(host_status_kib("VmLck"), before + 80);
    assert_eq!(locked_kib(), 80);
    mapping.unlock_range(0..10 * PAGE).unwrap();
    assert_eq!(locked_kib(), 40);
    // Pages 5 to 10 were locked twice, and are unlocked.
    let twice = mapping.unlock_range(5 * PAGE..20 * PAGE);
    assert_eq!(code(twice), ErrorCode::NotLocked);
    assert_eq!(locked_kib(), 40);
    mapping.unlock_range(10 * PAGE..20 * PAGE).unwrap();
    assert_eq!(locked_kib(), 0);
    assert_eq!(host_status_kib("VmLck"), before);
}

/// Ranges are widened to pages, so that bytes of a page are locked together.
fn bytes_of_one_page() {
    let mapping = mem::open_mut("file").unwrap();
    mapping.lock_range(0..10).unwrap();
    mapping.lock_range(5..20).unwrap();
    assert_eq!(locked_kib(), 4);
    mapping.unlock_range(0..10).unwrap();
    assert_eq!(locked_kib(), 0);
    assert_eq!(code(mapping.unlock_range(5..20)), ErrorCode::NotLocked);
}

fn shared_page() {
    let open = |offset| Options::new().offset(offset).len(10).open("file").unwrap();
    let (first, second) = (open(100), open(105));
    first.lock().unwrap();
    second.lock().unwrap();
    assert_eq!(locked_kib(), 8);
    first.unlock().unwrap();
    assert_eq!(locked_kib(), 4);
    assert_eq!(code(first.unlock()), ErrorCode::NotLocked);
    first.lock().unwrap();
    drop(first);
    assert_eq!(locked_kib(), 4);
    second.unlock().unwrap();
    assert_eq!(locked_kib(), 0);
}

/// What the host's mappings of the file have locked.
fn locked_kib() -> u64 {
    let mappings = HostMapping::all_of("file");
    assert!(!mappings.is_empty());
    // `Locked` is each mapping's share of its pages in RAM, so two
    // mappings of a page have half of it each. The flag and the size do not share.
    let locked = mappings.iter().filter(|mapping| mapping.has_flag("lo"));
    locked.map(|mapping| mapping.kib("Size")).sum()
}
