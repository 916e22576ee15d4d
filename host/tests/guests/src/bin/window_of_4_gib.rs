//! A window over all the memory that a 32-bit guest can have, less what it
//! uses: it costs the host no memory until it is written.

use std::slice;
use test_guests::raw::{Access, window};
use test_guests::{grow_memory, host_status_kib, map, memory_pages};

/// One list of a component cannot be longer than the host lifts in one call.
const PIECE: usize = 64 << 20;

fn main() {
    for access in [Access::CopyOnWrite, Access::ReadOnly] {
        attach_everything(access);
    }
}

fn attach_everything(access: Access) {
    static START: std::sync::OnceLock<usize> = std::sync::OnceLock::new();
    let start = *START.get_or_init(|| grow_memory((1 << 16) - memory_pages()) as usize);
    let mapping = map("large", access);
    let before = host_status_kib("RssAnon");
    let mut windows = Vec::new();
    let mut at = start;
    while at != 0 {
        let length = PIECE.min(at.wrapping_neg());
        // SAFETY: this memory is new, and nobody else's.
        let buffer = unsafe { slice::from_raw_parts(at as *const u8, length) };
        windows.push(window::attach(&mapping, (at - start) as u64, buffer).unwrap());
        at = at.wrapping_add(length);
    }
    let byte = |address: usize| address as *mut u8;
    // SAFETY: all of this memory is the guest's, and volatile accesses take
    // what they find.
    unsafe {
        for address in (start..usize::MAX - PIECE).step_by(PIECE) {
            assert_eq!(byte(address).read_volatile(), 0);
        }
        let attached = host_status_kib("RssAnon");
        assert!(attached < before + 1024, "{before} {attached} KiB");
        for page in 0..1024 {
            byte(start + page * 4096).write_volatile(1);
        }
        let written = host_status_kib("RssAnon");
        assert!(written >= attached + 4096, "{attached} {written} KiB");
    }
    // Not all of a 4 GiB file fits beside what the guest uses.
    assert!(mapping.size() >= (windows.len() as u64 - 1) * PIECE as u64);
}
