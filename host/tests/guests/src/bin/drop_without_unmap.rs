//! Dropping a mapping unmaps it, and what was written reaches the file.

use test_guests::{HostMapping, PAGE, on_polyfill};

fn main() {
    std::fs::write("file", vec![0; 2 * PAGE as usize]).unwrap();
    let mapping = mem::open_mut("file").unwrap();
    mapping.write_all_at(PAGE - 2, b"written").unwrap();
    // The polyfill maps nothing.
    let mapped = usize::from(!on_polyfill());
    assert_eq!(HostMapping::all_of("file").len(), mapped);
    drop(mapping);
    assert!(HostMapping::all_of("file").is_empty());
    assert_eq!(
        &std::fs::read("file").unwrap()[PAGE as usize - 2..][..7],
        b"written"
    );

    // The same for a mapping that lives until the guest ends.
    let mapping = mem::open_mut("file").unwrap();
    mapping.write_all_at(0, b"last").unwrap();
    if on_polyfill() {
        // Which does not learn that the guest ends.
        mapping.flush_async().unwrap();
    }
    std::mem::forget(mapping);
}
