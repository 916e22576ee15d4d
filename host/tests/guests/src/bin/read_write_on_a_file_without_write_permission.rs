//! `read-write` on a file without write permission gives `access-denied`; the
//! other accesses need only the permission to read.

use mem::{Access, ErrorCode::AccessDenied, Options};
use test_guests::code;

fn main() {
    assert_eq!(code(mem::open_mut("readable")), AccessDenied);
    assert_eq!(code(mem::create("readable", 3)), AccessDenied);
    assert_eq!(mem::open("readable").unwrap().bytes().unwrap(), b"abc");
    let private = Options::new()
        .access(Access::CopyOnWrite)
        .open("readable")
        .unwrap();
    private.set(0, b'x').unwrap();
    assert_eq!(private.bytes().unwrap(), b"xbc");
    assert_eq!(code(mem::open("unreadable")), AccessDenied);
}
