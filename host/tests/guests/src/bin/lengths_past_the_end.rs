//! A length that the file does not have is out of its bounds, however large.

use mem::{Access, ErrorCode, Options};
use test_guests::code;

fn main() {
    std::fs::write("file", "0123456789").unwrap();
    for access in [Access::ReadOnly, Access::ReadWrite, Access::CopyOnWrite] {
        for length in [11, 1 << 31, 1 << 40, 1 << 47, 1 << 63, u64::MAX] {
            let mapped = Options::new().access(access).len(length).open("file");
            assert_eq!(code(mapped), ErrorCode::OutOfBounds, "{access} {length}");
        }
        let at_the_end = Options::new().access(access).offset(10).len(1).open("file");
        assert_eq!(code(at_the_end), ErrorCode::OutOfBounds);
        let no_number = Options::new()
            .access(access)
            .offset(1)
            .len(u64::MAX)
            .open("file");
        assert_eq!(code(no_number), ErrorCode::InvalidArgument);
    }
}
