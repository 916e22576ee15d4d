//! What the names of the Go package promise, one by one.

use mem::{Access, ErrorCode, Options};
use std::io::{Read, Seek, SeekFrom, Write};
use test_guests::{PAGE, code, on_polyfill, pattern};

fn main() {
    rdonly();
    rdwr();
    copy();
    file_map_and_open_mapper();
    open_mmap();
    bytes();
    flush();
    unmap();
}

fn rdonly() {
    std::fs::write("file", "0123456789").unwrap();
    let mapping = Options::new()
        .access(Access::ReadOnly)
        .open("file")
        .unwrap();
    assert_eq!(mapping.access(), Access::ReadOnly);
    assert_eq!(code(mapping.set(0, 1u8)), ErrorCode::ReadOnly);
}

fn rdwr() {
    let mapping = Options::new()
        .access(Access::ReadWrite)
        .open("file")
        .unwrap();
    let other = mem::open("file").unwrap();
    mapping.set(4, b'x').unwrap();
    // Others see it before any flush.
    assert_eq!(other.get::<u8>(4).unwrap(), b'x');
    if on_polyfill() {
        // But `std::fs` does not.
        assert_eq!(std::fs::read("file").unwrap(), b"0123456789");
        mapping.flush_async().unwrap();
    }
    assert_eq!(std::fs::read("file").unwrap(), b"0123x56789");
    // And the mapping sees what others write to the file.
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .open("file")
        .unwrap();
    file.seek(SeekFrom::Start(7)).unwrap();
    file.write_all(b"y").unwrap();
    if on_polyfill() {
        // Until the page is read from the file again.
        assert_eq!(mapping.get::<u8>(7).unwrap(), b'7');
        mapping.advise(mem::Advice::Cold).unwrap();
    }
    assert_eq!(mapping.get::<u8>(7).unwrap(), b'y');
}

fn copy() {
    let mapping = Options::new()
        .access(Access::CopyOnWrite)
        .open("file")
        .unwrap();
    mapping.set(0, b'z').unwrap();
    mapping.unmap().unwrap();
    assert_eq!(std::fs::read("file").unwrap(), b"0123x56y89");
}

fn file_map_and_open_mapper() {
    let whole = mem::open("file").unwrap();
    assert_eq!(whole.len(), 10);
    let part = Options::new()
        .offset(2)
        .len(3)
        .populate(true)
        .open("file")
        .unwrap();
    assert_eq!(part.bytes().unwrap(), b"23x");
    assert_eq!(code(mem::open("missing")), ErrorCode::NotFound);
    for (offset, length) in [(11, None), (0, Some(11)), (10, Some(1)), (5, Some(6))] {
        let mut options = Options::new();
        options.offset(offset);
        if let Some(length) = length {
            options.len(length);
        }
        assert_eq!(code(options.open("file")), ErrorCode::OutOfBounds);
    }
    let mut options = Options::new();
    options.offset(u64::MAX).len(u64::MAX);
    assert_eq!(code(options.open("file")), ErrorCode::InvalidArgument);
    for offset in [1 << 63, u64::MAX] {
        let mut options = Options::new();
        assert_eq!(
            code(options.offset(offset).open("file")),
            ErrorCode::OutOfBounds
        );
        // No file can be that long.
        options.access(Access::ReadWrite).create(true).len(0);
        assert_eq!(code(options.open("file")), ErrorCode::NoSpace);
    }
    assert_eq!(std::fs::metadata("file").unwrap().len(), 10);
    // Creating a file needs permission to write it.
    let mut options = Options::new();
    options.create(true).len(5);
    assert_eq!(code(options.open("new")), ErrorCode::InvalidArgument);
    options.access(Access::CopyOnWrite);
    assert_eq!(code(options.open("new")), ErrorCode::InvalidArgument);
    assert!(!std::fs::exists("new").unwrap());
}

fn open_mmap() {
    let mapping = mem::create("new", 100).unwrap();
    assert_eq!((mapping.len(), mapping.access()), (100, Access::ReadWrite));
    assert_eq!(std::fs::read("new").unwrap(), [0; 100]);
    mapping.write_all_at(0, &[7; 100]).unwrap();
    // A shorter file grows and keeps what it has; a longer one is never cut.
    let longer = mem::create("new", 200).unwrap();
    assert_eq!(longer.bytes().unwrap(), [[7; 100], [0; 100]].concat());
    let shorter = mem::create("new", 50).unwrap();
    assert_eq!(shorter.len(), 50);
    assert_eq!(std::fs::metadata("new").unwrap().len(), 200);
    // Without a length, the file is made if it is missing, and mapped whole.
    let mut options = Options::new();
    options.access(Access::ReadWrite).create(true);
    assert_eq!(options.open("new").unwrap().len(), 200);
    assert_eq!(options.open("empty").unwrap().len(), 0);
    assert_eq!(std::fs::metadata("empty").unwrap().len(), 0);
}

fn bytes() {
    // More than the SDK reads at a time.
    let long = pattern(3 * 1024 * 1024 + 17);
    std::fs::write("long", &long).unwrap();
    let mapping = mem::open_mut("long").unwrap();
    let mut copy = mapping.bytes().unwrap();
    assert_eq!(copy, long);
    // It is a copy.
    copy.fill(0);
    assert_eq!(mapping.bytes().unwrap(), long);
    let mut buffer = vec![0; long.len() - 5];
    mapping.read_exact_at(5, &mut buffer).unwrap();
    assert_eq!(buffer, long[5..]);
    let reversed: Vec<u8> = long.iter().rev().copied().collect();
    mapping.write_all_at(0, &reversed).unwrap();
    if on_polyfill() {
        mapping.flush_async().unwrap();
    }
    assert_eq!(std::fs::read("long").unwrap(), reversed);
    let mut all = Vec::new();
    mapping.cursor().read_to_end(&mut all).unwrap();
    assert_eq!(all, reversed);
}

fn flush() {
    let mapping = mem::create("flushed", 3 * PAGE).unwrap();
    let bytes = pattern(3 * PAGE as usize);
    mapping.write_all_at(0, &bytes).unwrap();
    mapping.flush().unwrap();
    assert_eq!(std::fs::read("flushed").unwrap(), bytes);
}

fn unmap() {
    let mapping = mem::create("unmapped", 10).unwrap();
    mapping.write_all_at(0, b"0123456789").unwrap();
    mapping.unmap().unwrap();
    assert_eq!(std::fs::read("unmapped").unwrap(), b"0123456789");
}
