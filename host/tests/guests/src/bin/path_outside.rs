//! A path outside what was granted gives `access-denied`, whether or not
//! anything is there; a path that is inside and missing gives `not-found`.
//! Beside the granted directory stands a file `secret`.

use mem::{Access, ErrorCode, Options};
use test_guests::code;

fn main() {
    std::fs::create_dir("sub").unwrap();
    std::fs::write("inside", "inside").unwrap();
    let outside = [
        "../secret",
        "../missing",
        "sub/../../secret",
        "./../secret",
        "..",
        "/secret",
        "/etc/passwd",
        "/missing",
        "/",
        // Made by the host:
        "link-to-secret",
        "link-to-parent/secret",
        "link-to-absolute",
        "link-to-missing-outside",
        "sub/../link-to-secret",
    ];
    for path in outside {
        for access in [Access::ReadOnly, Access::ReadWrite, Access::CopyOnWrite] {
            let error = Options::new().access(access).open(path).expect_err(path);
            assert_eq!(error.code(), ErrorCode::AccessDenied, "{path}");
        }
        let error = mem::create(path, 1).expect_err(path);
        assert_eq!(error.code(), ErrorCode::AccessDenied, "{path}");
    }

    for path in [
        "missing",
        "sub/missing",
        "sub/../missing",
        "inside/file",
        "missing/x",
    ] {
        assert_eq!(code(mem::open(path)), ErrorCode::NotFound, "{path}");
    }
    for path in [
        "inside",
        "./inside",
        "sub/../inside",
        "link-to-inside",
        "sub/.././inside",
    ] {
        assert_eq!(
            mem::open(path).unwrap().bytes().unwrap(),
            b"inside",
            "{path}"
        );
    }
    for path in ["", "inside\0", "\0"] {
        assert_eq!(
            code(mem::open(path)),
            ErrorCode::InvalidArgument,
            "{path:?}"
        );
    }
    for path in ["sub", ".", "sub/", "fifo", "socket"] {
        assert_eq!(code(mem::open(path)), ErrorCode::NotAFile, "{path}");
    }
}
