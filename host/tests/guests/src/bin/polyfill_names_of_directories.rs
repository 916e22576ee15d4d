//! The directory with the longest name that a path starts with has the file, as
//! with a host of mem. The host grants `/data`, `/data/sub`, which is another
//! directory than the one of this name in `/data`, and `.`, which is that one.

use mem::ErrorCode::{AccessDenied, NotAFile, NotFound};
use test_guests::code;

fn main() {
    for (path, content) in [
        ("/data/file", "data"),
        ("data/file", "data"),
        ("./data/file", "data"),
        ("/data//file", "data"),
        ("/data/sub/file", "other"),
        ("/data/sub/./file", "other"),
        ("/data/./sub/file", "data/sub"),
        ("file", "data/sub"),
        ("./file", "data/sub"),
        (".//file", "data/sub"),
    ] {
        let mapping = mem::open(path).expect(path);
        assert_eq!(mapping.bytes().unwrap(), content.as_bytes(), "{path}");
    }
    for path in ["/file", "/data/../file", "/data/sub/../file", "link", "/"] {
        assert_eq!(code(mem::open(path)), AccessDenied, "{path}");
    }
    for path in ["/data", "/data/sub", "data/", "."] {
        assert_eq!(code(mem::open(path)), NotAFile, "{path}");
    }
    for path in ["/data/subs", "/data/missing", "database"] {
        assert_eq!(code(mem::open(path)), NotFound, "{path}");
    }
}
