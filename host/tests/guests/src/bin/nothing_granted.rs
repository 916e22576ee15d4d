//! Without a grant all paths are alike, whether or not anything is there.

use mem::{Access, ErrorCode, Options};
use test_guests::code;

fn main() {
    for path in [
        "inside",
        "missing",
        "sub",
        "sub/x",
        ".",
        "..",
        "/",
        "/etc/passwd",
        "/missing",
        "fifo",
    ] {
        for access in [Access::ReadOnly, Access::ReadWrite, Access::CopyOnWrite] {
            let open = Options::new().access(access).open(path);
            assert_eq!(code(open), ErrorCode::AccessDenied, "{path}");
            let long = Options::new().access(access).len(1 << 40).open(path);
            assert_eq!(code(long), ErrorCode::AccessDenied, "{path}");
        }
        assert_eq!(code(mem::create(path, 1)), ErrorCode::AccessDenied);
    }
    assert_eq!(mem::anonymous(1).unwrap().len(), 1);
}
