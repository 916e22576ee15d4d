//! Using a handle after `unmap` traps.

use test_guests::{map, raw};

fn main() {
    std::fs::write("file", "abc").unwrap();
    let mapping = map("file", raw::Access::ReadOnly);
    let handle = mapping.handle();
    assert_eq!(mapping.size(), 3);
    raw::Mapping::unmap(mapping).unwrap();
    std::fs::write("unmapped", "").unwrap();
    // SAFETY: there is nothing to keep: that the host notices is the test.
    let mapping = unsafe { raw::Mapping::from_handle(handle) };
    mapping.size();
    std::fs::write("still running", "").unwrap();
}
