//! Holds a window on the file `shared`, read-only or read-write as the argument
//! says, and passes strings and lists from it to the host until the file `done`
//! is there.

use std::fs;
use std::path::Path;
use test_guests::raw::window::Window;
use test_guests::raw::{self, Access, ErrorCode, MapFlags, MapOptions};
use test_guests::{Buffer, PAGE, map};

fn main() {
    let access = match std::env::args().nth(1).as_deref() {
        Some("read-only") => Access::ReadOnly,
        Some("read-write") => Access::ReadWrite,
        other => panic!("{other:?}"),
    };
    let mapping = map("shared", access);
    let buffer = Buffer::new(1);
    let window = buffer.attach(&mapping, 0).unwrap();
    let target = map("target", Access::ReadWrite);
    fs::write("held", "").unwrap();
    let options = MapOptions {
        access: Access::ReadOnly,
        flags: MapFlags::empty(),
        offset: 0,
        length: None,
    };
    while !Path::new("done").exists() {
        // SAFETY: the bytes are the buffer's, and do not change meanwhile:
        // that is what the test is about.
        let bytes = unsafe { std::slice::from_raw_parts(buffer.as_mut_ptr(), PAGE as usize) };
        let path = std::str::from_utf8(bytes).expect("the file is UTF-8");
        for _ in 0..100 {
            // A string, and a list.
            let missing = raw::file_map(path, options).unwrap_err();
            assert_eq!(missing, ErrorCode::InvalidArgument);
            target.write(0, bytes).unwrap();
        }
        assert_eq!(target.read(0, PAGE).unwrap(), bytes);
    }
    Window::detach(window).unwrap();
    fs::write("released", "").unwrap();
}
