//! The memory can grow while windows are attached, and they stay.

use test_guests::raw::Access;
use test_guests::{Buffer, PAGE, WASM_PAGE, grow_memory, map, pattern};

const P: usize = PAGE as usize;

fn main() {
    let bytes = pattern(2 * P);
    std::fs::write("file", &bytes).unwrap();
    let mapping = map("file", Access::ReadWrite);
    let buffer = Buffer::new(2);
    let window = buffer.attach(&mapping, 0).unwrap();
    for _ in 0..64 {
        let new = grow_memory(16);
        assert_eq!(buffer.bytes(0..2 * P), bytes);
        // SAFETY: these pages are new, and nobody else's.
        let new = unsafe { std::slice::from_raw_parts(new, 16 * WASM_PAGE) };
        assert!(new.iter().all(|&byte| byte == 0));
    }
    buffer.set(0, 42);
    assert_eq!(mapping.load_u8(0).unwrap(), 42);
    window.check().unwrap();
}
