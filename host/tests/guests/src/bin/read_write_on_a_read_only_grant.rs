//! `read-write` on a directory granted read-only gives `access-denied`; the
//! other accesses work.

use mem::{Access, ErrorCode::AccessDenied, Options};
use test_guests::code;

fn main() {
    // Which the host has made, for WASI may have no grant for writing either.
    assert_eq!(std::fs::read("file").unwrap(), b"abc");
    assert_eq!(code(mem::open_mut("file")), AccessDenied);
    assert_eq!(code(mem::create("file", 3)), AccessDenied);
    assert_eq!(code(mem::create("new", 3)), AccessDenied);
    assert!(!std::fs::exists("new").unwrap());

    assert_eq!(mem::open("file").unwrap().bytes().unwrap(), b"abc");
    let private = Options::new()
        .access(Access::CopyOnWrite)
        .open("file")
        .unwrap();
    private.write_all_at(0, b"x").unwrap();
    assert_eq!(private.bytes().unwrap(), b"xbc");
    let read_only = mem::open("file").unwrap();
    assert_eq!(
        code(read_only.protect(mem::Protection::ReadWrite)),
        AccessDenied
    );
    assert_eq!(std::fs::read("file").unwrap(), b"abc");
}
