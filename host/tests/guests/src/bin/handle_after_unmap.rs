//! Using a handle after `unmap` traps.

use test_guests::raw;

fn main() {
    std::fs::write("file", "abc").unwrap();
    let options = raw::MapOptions {
        access: raw::Access::ReadOnly,
        flags: raw::MapFlags::empty(),
        offset: 0,
        length: None,
    };
    let mapping = raw::file_map("file", options).unwrap();
    let handle = mapping.handle();
    assert_eq!(mapping.size(), 3);
    raw::Mapping::unmap(mapping).unwrap();
    std::fs::write("unmapped", "").unwrap();
    // SAFETY: there is nothing to keep: that the host notices is the test.
    let mapping = unsafe { raw::Mapping::from_handle(handle) };
    mapping.size();
    std::fs::write("still running", "").unwrap();
}
