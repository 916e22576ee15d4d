//! Looks whether its memory holds anything of another guest's file, attaches
//! windows to its own, and ends without detaching them: as the argument says.

use test_guests::raw::Access;
use test_guests::{Buffer, WASM_PAGE, grow_memory, map, trap};

const PAGES: usize = 32;

fn main() {
    // SAFETY: these pages are new, and nobody else's.
    let new = unsafe { std::slice::from_raw_parts(grow_memory(PAGES), PAGES * WASM_PAGE) };
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
        Some("trap") => trap(),
        other => panic!("{other:?}"),
    }
}
