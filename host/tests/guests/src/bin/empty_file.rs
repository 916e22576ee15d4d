//! An empty file maps, with size 0, and every read of 0 bytes succeeds.

use mem::{Access, ErrorCode, Options};
use test_guests::code;

fn main() {
    std::fs::write("empty", "").unwrap();
    for access in [Access::ReadOnly, Access::ReadWrite, Access::CopyOnWrite] {
        let mapping = Options::new().access(access).open("empty").unwrap();
        assert_eq!(mapping.len(), 0);
        assert!(mapping.is_empty());
        mapping.read_exact_at(0, &mut []).unwrap();
        assert_eq!(mapping.read_at(0, &mut [1, 2]).unwrap(), 0);
        assert_eq!(mapping.bytes().unwrap(), []);
        assert_eq!(code(mapping.get::<u8>(0)), ErrorCode::OutOfBounds);
        assert_eq!(
            code(mapping.read_exact_at(1, &mut [])),
            ErrorCode::OutOfBounds
        );
        // What is done to all of nothing succeeds as well.
        mapping.flush().unwrap();
        mapping.lock().unwrap();
        mapping.unlock().unwrap();
        mapping.advise(mem::Advice::WillNeed).unwrap();
        mapping.protect(mem::Protection::Read).unwrap();
        mapping.unmap().unwrap();
    }

    // The end of a file that is not empty is as empty.
    std::fs::write("file", "abc").unwrap();
    let end = Options::new().offset(3).open("file").unwrap();
    assert_eq!(end.len(), 0);
    let none = Options::new().offset(1).len(0).open("file").unwrap();
    assert_eq!(none.len(), 0);
}
