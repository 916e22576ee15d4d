//! Where the host sets no limits, the address space, the file system and the
//! length of a list do. `large` has 5 GiB.

use test_guests::map;
use test_guests::raw::{self, Access, ErrorCode, MapFlags, MapOptions};

fn main() {
    let large = map("large", Access::ReadOnly);
    for length in [1 << 32, 5 << 30] {
        assert_eq!(large.read(0, length).unwrap_err(), ErrorCode::QuotaExceeded);
        let range = raw::Range { offset: 0, length };
        let many = large.read_many(&[range, range]);
        assert_eq!(many.unwrap_err(), ErrorCode::QuotaExceeded);
    }
    // What is mapped counts even there, and the sum has to fit into 64 bits.
    drop(large);
    let file_map = |flags, length| {
        let options = MapOptions {
            access: Access::ReadWrite,
            flags,
            offset: 0,
            length: Some(length),
        };
        raw::file_map("large", options).unwrap_err()
    };
    for length in [1 << 62, 1 << 63, u64::MAX] {
        let anonymous = file_map(MapFlags::ANONYMOUS, length);
        assert_eq!(anonymous, ErrorCode::QuotaExceeded, "{length}");
        let file = file_map(MapFlags::empty(), length);
        assert_eq!(file, ErrorCode::OutOfBounds, "{length}");
    }
    for length in [1 << 63, u64::MAX] {
        let made = file_map(MapFlags::CREATE, length);
        assert_eq!(made, ErrorCode::NoSpace, "{length}");
    }
    assert_eq!(map("large", Access::ReadOnly).size(), 5 << 30);
    made_all_the_same();
}

/// More than an address space has, and than most file systems allow a file:
/// what `create` did to the file before the error stays.
fn made_all_the_same() {
    std::fs::write("old", "bytes").unwrap();
    for path in ["new", "old"] {
        let options = MapOptions {
            access: Access::ReadWrite,
            flags: MapFlags::CREATE,
            offset: 0,
            length: Some(1 << 62),
        };
        let error = raw::file_map(path, options).unwrap_err();
        let expected = match std::fs::metadata(path).unwrap().len() {
            0 | 5 => ErrorCode::NoSpace,
            length => {
                assert_eq!(length, 1 << 62);
                ErrorCode::QuotaExceeded
            }
        };
        assert_eq!(error, expected, "{path}");
    }
    let options = MapOptions {
        access: Access::ReadOnly,
        flags: MapFlags::empty(),
        offset: 0,
        length: Some(5),
    };
    let old = raw::file_map("old", options).unwrap();
    assert_eq!(old.read(0, 5).unwrap(), b"bytes");
    drop(old);
    std::fs::remove_file("new").unwrap();
    std::fs::remove_file("old").unwrap();
}
