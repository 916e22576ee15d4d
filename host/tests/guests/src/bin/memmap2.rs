//! The cases of memmap2's test suite.

use mem::{Access, Advice, ErrorCode, Options};
use test_guests::{PAGE, code};

fn main() {
    map_empty_file();
    map_offset();
    map_copy();
    flush_range();
    advise();
}

fn map_empty_file() {
    std::fs::write("empty", "").unwrap();
    assert!(mem::open("empty").unwrap().bytes().unwrap().is_empty());
    assert!(mem::open_mut("empty").unwrap().is_empty());
}

/// At 2^32 + 1 in a sparse file.
fn map_offset() {
    let offset = (1 << 32) + 1;
    let length = 5432;
    let mapping = Options::new()
        .access(Access::ReadWrite)
        .create(true)
        .offset(offset)
        .len(length)
        .open("sparse")
        .unwrap();
    assert_eq!(std::fs::metadata("sparse").unwrap().len(), offset + length);
    assert_eq!(mapping.len(), length);
    assert_eq!(mapping.bytes().unwrap(), vec![0; length as usize]);
    let incremental: Vec<u8> = (0..length).map(|i| i as u8).collect();
    mapping.write_all_at(0, &incremental).unwrap();
    assert_eq!(mapping.bytes().unwrap(), incremental);
    mapping.unmap().unwrap();

    let again = Options::new().offset(offset).open("sparse").unwrap();
    assert_eq!(again.bytes().unwrap(), incremental);
    let before = Options::new()
        .offset(offset - 1)
        .len(2)
        .open("sparse")
        .unwrap();
    assert_eq!(before.bytes().unwrap(), [0, 0]);
    std::fs::remove_file("sparse").unwrap();
}

fn map_copy() {
    std::fs::write("file", [0; 128]).unwrap();
    let copy = Options::new()
        .access(Access::CopyOnWrite)
        .open("file")
        .unwrap();
    copy.write_all_at(0, b"abc123").unwrap();
    copy.flush().unwrap();
    assert_eq!(copy.bytes().unwrap()[..6], *b"abc123");
    let other = mem::open("file").unwrap();
    assert_eq!(other.bytes().unwrap(), [0; 128]);
    // What the copy has not written is the file's.
    assert_eq!(copy.bytes().unwrap()[6..], [0; 122]);
}

fn flush_range() {
    let mapping = mem::create("flushed", 128).unwrap();
    mapping.write_all_at(0, b"abc123").unwrap();
    mapping.flush_range(0..2).unwrap();
    mapping.flush_range(2..128).unwrap();
    mapping.flush_async_range(10..20).unwrap();
    mapping.flush_async().unwrap();
    assert_eq!(code(mapping.flush_range(0..129)), ErrorCode::OutOfBounds);
    assert_eq!(&std::fs::read("flushed").unwrap()[..6], b"abc123");
}

fn advise() {
    let mapping = mem::create("advised", 4 * PAGE).unwrap();
    mapping.write_all_at(0, b"abc123").unwrap();
    for advice in [
        Advice::Normal,
        Advice::Random,
        Advice::Sequential,
        Advice::WillNeed,
        Advice::Cold,
        Advice::PageOut,
        Advice::PopulateRead,
        Advice::PopulateWrite,
    ] {
        mapping.advise(advice).unwrap();
        mapping.advise_range(1..PAGE + 1, advice).unwrap();
        mapping.advise_range(7..7, advice).unwrap();
        assert_eq!(
            code(mapping.advise_range(1..4 * PAGE + 1, advice)),
            ErrorCode::OutOfBounds
        );
    }
    // Advice never changes a byte.
    assert_eq!(mapping.bytes().unwrap()[..6], *b"abc123");
}
