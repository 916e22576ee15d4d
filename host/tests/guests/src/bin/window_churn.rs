//! Windows that come and go, at other places each time, leave nothing in the
//! host: neither mappings nor memory.

use test_guests::raw::Access;
use test_guests::{Buffer, PAGE, host_status_kib, map, pattern};

const P: usize = PAGE as usize;

fn main() {
    std::fs::write("file", pattern(16 * P)).unwrap();
    let mappings = [Access::ReadOnly, Access::CopyOnWrite, Access::ReadWrite]
        .map(|access| map("file", access));
    let buffer = Buffer::new(256);
    let round = |number: usize| {
        for (index, mapping) in mappings.iter().enumerate() {
            let start = (number * 7 + index * 61) % 240 * P;
            let window = buffer.attach_part(mapping, 0, start..start + 16 * P);
            let window = window.unwrap();
            buffer.set(start, buffer.get(start + 1));
            drop(window);
        }
    };
    round(0);
    let mappings_before = host_mappings();
    (0..100).for_each(round);
    let kib_before = host_status_kib("RssAnon");
    (0..10_000).for_each(round);
    // Where windows were, the pages are one mapping with their neighbours. If
    // they were not, there would be some 240 mappings more. The mappings of the
    // host's threads and allocator come and go, but not by the hundred.
    let mappings_after = host_mappings();
    assert!(
        mappings_after <= mappings_before + 100,
        "{mappings_before} mappings before, {mappings_after} after"
    );
    let kib_after = host_status_kib("RssAnon");
    assert!(
        kib_after <= kib_before + 1024,
        "{kib_before} KiB before, {kib_after} after"
    );
}

fn host_mappings() -> usize {
    let maps = std::fs::read_to_string("/proc/self/maps").expect("granted");
    maps.lines().count()
}
