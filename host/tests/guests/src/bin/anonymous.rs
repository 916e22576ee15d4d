//! An anonymous mapping ignores the path; its length is required and not 0.

use mem::ErrorCode::InvalidArgument;
use test_guests::{code, raw};

fn main() {
    let options = raw::MapOptions {
        access: raw::Access::ReadWrite,
        flags: raw::MapFlags::ANONYMOUS,
        offset: 0,
        length: Some(10_000),
    };
    for path in ["", "/not/granted", "missing", "with a \0"] {
        let mapping = raw::file_map(path, options).unwrap();
        assert_eq!(mapping.size(), 10_000);
        assert_eq!(mapping.read(0, 10_000).unwrap(), [0; 10_000]);
    }
    let refused = raw::ErrorCode::InvalidArgument;
    for length in [None, Some(0)] {
        let options = raw::MapOptions { length, ..options };
        assert_eq!(raw::file_map("", options).unwrap_err(), refused);
    }
    let offset = raw::MapOptions {
        offset: 1,
        ..options
    };
    assert_eq!(raw::file_map("", offset).unwrap_err(), refused);
    assert_eq!(code(mem::anonymous(0)), InvalidArgument);

    let mapping = mem::anonymous(5000).unwrap();
    assert_eq!(mapping.path(), None);
    mapping.write_all_at(4990, b"0123456789").unwrap();
    mapping.flush().unwrap();
    assert_eq!(mapping.get::<u8>(4999).unwrap(), b'9');
    let other = mem::anonymous(5000).unwrap();
    assert_eq!(other.get::<u8>(4999).unwrap(), 0);
    mapping.unmap().unwrap();
}
