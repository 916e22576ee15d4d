//! A guest that puts a window over its own stack, or over its own data, harms
//! itself only. The argument says which.

use std::slice;
use test_guests::raw::{Access, window};
use test_guests::{PAGE, map};

static DATA: [u8; 1 << 20] = [7; 1 << 20];

fn main() {
    let mapping = map("file", Access::ReadOnly);
    let here = 0_u8;
    let victim = match std::env::args().nth(1).as_deref() {
        Some("stack") => &raw const here,
        Some("data") => DATA.as_ptr().wrapping_add(DATA.len() / 2),
        other => panic!("{other:?}"),
    };
    let victim = victim.map_addr(|address| address & !(PAGE as usize - 1));
    // SAFETY: the page is the guest's.
    let page = unsafe { slice::from_raw_parts(victim, PAGE as usize) };
    std::fs::write("attaching", "").unwrap();
    let attached = window::attach(&mapping, 0, page);
    // With its stack gone, this is not what it was.
    std::mem::forget(attached);
    std::process::exit(0)
}
