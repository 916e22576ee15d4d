//! A mapping can start at any offset.

use mem::{Access, ErrorCode, Options};
use test_guests::{PAGE, code, pattern};

fn main() {
    let bytes = pattern(5 * PAGE as usize + 17);
    std::fs::write("file", &bytes).unwrap();
    for offset in [
        0,
        1,
        7,
        PAGE - 1,
        PAGE,
        PAGE + 1,
        3 * PAGE + 5,
        bytes.len() as u64 - 1,
    ] {
        let rest = &bytes[offset as usize..];
        let mapping = Options::new().offset(offset).open("file").unwrap();
        assert_eq!(mapping.len(), rest.len() as u64);
        assert_eq!(mapping.bytes().unwrap(), rest);
        assert_eq!(mapping.get::<u8>(0).unwrap(), rest[0]);

        // Offsets count from the start of the mapping, as does its end.
        let length = rest.len().min(100);
        let part = Options::new()
            .offset(offset)
            .len(length as u64)
            .open("file")
            .unwrap();
        assert_eq!(part.bytes().unwrap(), rest[..length]);
        assert_eq!(code(part.get::<u8>(length as u64)), ErrorCode::OutOfBounds);
    }

    // What is written lands where it was meant to, and is flushed from there.
    let mapping = Options::new()
        .access(Access::ReadWrite)
        .offset(PAGE + 1)
        .len(10)
        .open("file")
        .unwrap();
    mapping.write_all_at(2, b"written").unwrap();
    mapping.flush_range(2..9).unwrap();
    let mut expected = bytes;
    expected[PAGE as usize + 3..][..7].copy_from_slice(b"written");
    assert_eq!(std::fs::read("file").unwrap(), expected);
}
