//! An error says what was tried on what, and is a `std::io::Error` of the kind
//! that a caller expects.

use mem::{Access, ErrorCode, Options};
use std::io;

fn main() {
    std::fs::write("data.bin", "0123456789").unwrap();
    std::fs::create_dir("dir").unwrap();
    let mapping = mem::open("data.bin").unwrap();
    let private = Options::new()
        .access(Access::CopyOnWrite)
        .open("data.bin")
        .unwrap();
    let anonymous = mem::anonymous(10).unwrap();

    use io::ErrorKind::*;
    let check = |error: mem::Error, start: &str, kind: io::ErrorKind| {
        let text = error.to_string();
        assert!(text.starts_with(start), "{text}");
        let code = error.code();
        let error = io::Error::from(error);
        assert_eq!(error.kind(), kind, "{text}");
        // The error is still there for code that looks for it.
        let inner = error
            .get_ref()
            .unwrap()
            .downcast_ref::<mem::Error>()
            .unwrap();
        assert_eq!(inner.code(), code);
    };
    check(
        mem::open_mut("/outside").unwrap_err(),
        r#"mem: open "/outside" read-write: access denied: "#,
        PermissionDenied,
    );
    check(
        mem::open("missing").unwrap_err(),
        r#"mem: open "missing" read-only: not found: "#,
        NotFound,
    );
    check(
        mem::create("dir", 1).unwrap_err(),
        r#"mem: create "dir" read-write: not a file: "#,
        InvalidInput,
    );
    check(
        mapping.read_exact_at(4, &mut [0; 16]).unwrap_err(),
        r#"mem: read 16 bytes at offset 4 of "data.bin": out of bounds: "#,
        UnexpectedEof,
    );
    check(
        mapping.set(0, 1u8).unwrap_err(),
        r#"mem: store 1 byte at offset 0 of "data.bin": read-only: "#,
        PermissionDenied,
    );
    check(
        private.write_all_at(9, b"ab").unwrap_err(),
        r#"mem: write 2 bytes at offset 9 of "data.bin": out of bounds: "#,
        WriteZero,
    );
    let (why, kind) = if test_guests::on_polyfill() {
        ("mem: lock anonymous mapping: unsupported: ", Unsupported)
    } else {
        ("mem: lock anonymous mapping: lock limit: ", QuotaExceeded)
    };
    check(anonymous.lock().unwrap_err(), why, kind);
    check(
        anonymous.unlock_range(2..4).unwrap_err(),
        "mem: unlock 2 bytes at offset 2 of anonymous mapping: not locked: ",
        InvalidInput,
    );
    #[expect(clippy::reversed_empty_ranges, reason = "the case under test")]
    check(
        anonymous.flush_range(4..2).unwrap_err(),
        "mem: flush bytes 4..2 of anonymous mapping: invalid argument: ",
        InvalidInput,
    );

    let error = mem::open("missing").unwrap_err();
    assert_eq!(error.operation(), "open");
    assert_eq!(error.path(), Some("missing"));
    assert_eq!(error.code(), ErrorCode::NotFound);
}
