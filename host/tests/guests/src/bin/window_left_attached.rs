//! Looks whether its memory holds anything of another guest's file, attaches
//! windows to its own, and ends without detaching them: as the argument says.

use core::arch::wasm32;
use test_guests::raw::Access;
use test_guests::{Buffer, map};

const PAGES: usize = 32;

fn main() {
    let before = wasm32::memory_grow(0, PAGES);
    // SAFETY: these pages are new, and nobody else's.
    let new = unsafe { std::slice::from_raw_parts((before << 16) as *const u8, PAGES << 16) };
    assert!(
        new.iter().all(|&byte| byte == 0),
        "another guest's bytes are seen"
    );
    for access in [Access::ReadOnly, Access::CopyOnWrite, Access::ReadWrite] {
        let mapping = map("secret", access);
        let buffer = Buffer::new(16);
        let window = buffer.attach(&mapping, 0).unwrap();
        assert_eq!(buffer.get(100), b's');
        buffer.set(200, b's');
        std::mem::forget((buffer, window, mapping));
    }
    std::fs::write("ending", "").unwrap();
    match std::env::args().nth(1).as_deref() {
        Some("return") => {}
        Some("exit") => std::process::exit(0),
        Some("trap") => wasm32::unreachable(),
        other => panic!("{other:?}"),
    }
}
