//! The cases of mmap-go's test suite.

use mem::{Access, ErrorCode, Options};
use test_guests::{PAGE, code, pattern};

const DATA: &[u8] = b"0123456789ABCDEF";

fn main() {
    std::fs::write("testdata", DATA).unwrap();
    unmap();
    read_write();
    prot_flags_and_err();
    flags();
    non_zero_offset();
    anonymous_mapping();
}

/// `TestUnmap`
fn unmap() {
    let mapping = mem::open("testdata").unwrap();
    mapping.unmap().unwrap();
}

/// `TestReadWrite`
fn read_write() {
    let mapping = mem::open_mut("testdata").unwrap();
    assert_eq!(mapping.bytes().unwrap(), DATA);
    mapping.set(9, b'X').unwrap();
    mapping.flush().unwrap();
    assert_eq!(std::fs::read("testdata").unwrap(), b"012345678XABCDEF");
    mapping.set(9, b'9').unwrap();
    mapping.flush().unwrap();
    mapping.unmap().unwrap();
    assert_eq!(std::fs::read("testdata").unwrap(), DATA);
}

/// `TestProtFlagsAndErr`: there a file opened for reading cannot be mapped for
/// writing; here a mapping made read-only cannot be made writable.
fn prot_flags_and_err() {
    let mapping = mem::open("testdata").unwrap();
    assert_eq!(
        code(mapping.protect(mem::Protection::ReadWrite)),
        ErrorCode::AccessDenied
    );
    assert_eq!(code(mapping.set(9, b'X')), ErrorCode::ReadOnly);
    mapping.unmap().unwrap();
}

/// `TestFlags`
fn flags() {
    let mapping = Options::new()
        .access(Access::CopyOnWrite)
        .open("testdata")
        .unwrap();
    mapping.set(9, b'X').unwrap();
    assert_eq!(mapping.get::<u8>(9).unwrap(), b'X');
    mapping.flush().unwrap();
    mapping.unmap().unwrap();
    assert_eq!(std::fs::read("testdata").unwrap(), DATA);
}

/// `TestNonZeroOffset`, with the offset of 1 that is refused there.
fn non_zero_offset() {
    let bytes = pattern(2 * 64 * 1024);
    std::fs::write("big", &bytes).unwrap();
    let whole = mem::open("big").unwrap();
    assert_eq!(whole.bytes().unwrap(), bytes);
    for offset in [64 * 1024, PAGE, 1] {
        let mapping = Options::new()
            .offset(offset)
            .len(bytes.len() as u64 - offset)
            .open("big")
            .unwrap();
        assert_eq!(mapping.bytes().unwrap(), bytes[offset as usize..]);
    }
}

/// `TestAnonymousMapping`
fn anonymous_mapping() {
    const SIZE: u64 = 4 * 1024;
    let mapping = mem::anonymous(SIZE).unwrap();
    for offset in 0..SIZE {
        mapping.set(offset, offset as u8).unwrap();
    }
    for offset in 0..SIZE {
        assert_eq!(mapping.get::<u8>(offset).unwrap(), offset as u8);
    }
    mapping.unmap().unwrap();
}
