//! A read or write that is not wholly inside gives `out-of-bounds`, and
//! nothing is written; the types of the SDK that follow `std::io` give a short
//! read at the end.

use mem::ErrorCode::OutOfBounds;
use std::io::{Read, Seek, SeekFrom, Write};
use test_guests::{code, map, raw};

fn main() {
    std::fs::write("file", "0123456789").unwrap();
    contract();
    sdk();
    assert_eq!(std::fs::read("file").unwrap(), b"0123456789");
    short_reads();
}

fn contract() {
    let mapping = map("file", raw::Access::ReadWrite);
    let outside = raw::ErrorCode::OutOfBounds;
    for (offset, length) in [
        (0, 11),
        (10, 1),
        (11, 0),
        (9, 2),
        (u64::MAX, 1),
        (1, u64::MAX),
        (u64::MAX, u64::MAX),
        (1 << 63, 1 << 63),
    ] {
        assert_eq!(mapping.read(offset, length).unwrap_err(), outside);
        let range = Some(raw::Range { offset, length });
        assert_eq!(
            mapping
                .flush(range, raw::FlushMode::Synchronous)
                .unwrap_err(),
            outside
        );
        assert_eq!(mapping.lock(range).unwrap_err(), outside);
        assert_eq!(mapping.unlock(range).unwrap_err(), outside);
        assert_eq!(
            mapping.advise(range, raw::Advice::Random).unwrap_err(),
            outside
        );
        assert_eq!(
            mapping.protect(range, raw::Protection::Read).unwrap_err(),
            outside
        );
    }
    assert_eq!(mapping.write(9, b"ab").unwrap_err(), outside);
    assert_eq!(mapping.write(u64::MAX, b"ab").unwrap_err(), outside);
    assert_eq!(mapping.write(11, b"").unwrap_err(), outside);
    mapping.write(10, b"").unwrap();
    for offset in [10, u64::MAX, u64::MAX - 7] {
        assert_eq!(mapping.load_u8(offset).unwrap_err(), outside);
        assert_eq!(mapping.store_u8(offset, 1).unwrap_err(), outside);
    }
    for offset in [9, u64::MAX] {
        assert_eq!(mapping.load_u16(offset).unwrap_err(), outside);
        assert_eq!(mapping.store_u16(offset, 1).unwrap_err(), outside);
    }
    assert_eq!(mapping.load_u32(7).unwrap_err(), outside);
    assert_eq!(mapping.store_u32(7, 1).unwrap_err(), outside);
    assert_eq!(mapping.load_u64(3).unwrap_err(), outside);
    assert_eq!(mapping.store_u64(3, 1).unwrap_err(), outside);
}

fn sdk() {
    let mapping = mem::open_mut("file").unwrap();
    let mut buffer = *b"untouched!!";
    assert_eq!(code(mapping.read_exact_at(0, &mut buffer)), OutOfBounds);
    assert_eq!(&buffer, b"untouched!!");
    assert_eq!(code(mapping.write_all_at(5, b"abcdef")), OutOfBounds);
    assert_eq!(code(mapping.write_all_at(u64::MAX, b"a")), OutOfBounds);
    assert_eq!(code(mapping.flush_range(0..11)), OutOfBounds);
}

fn short_reads() {
    let mapping = mem::open_mut("file").unwrap();
    let mut buffer = *b"untouched!!";
    assert_eq!(mapping.read_at(7, &mut buffer).unwrap(), 3);
    assert_eq!(&buffer, b"789ouched!!");
    assert_eq!(mapping.read_at(10, &mut buffer).unwrap(), 0);
    assert_eq!(mapping.read_at(u64::MAX, &mut buffer).unwrap(), 0);

    let mut cursor = mapping.cursor();
    cursor.seek(SeekFrom::End(-4)).unwrap();
    let mut buffer = *b"untouched!!";
    assert_eq!(cursor.read(&mut buffer).unwrap(), 4);
    assert_eq!(&buffer, b"6789uched!!");
    assert_eq!(cursor.read(&mut buffer).unwrap(), 0);
    cursor.seek(SeekFrom::Start(8)).unwrap();
    assert_eq!(cursor.write(b"abcdef").unwrap(), 2);
    cursor.seek(SeekFrom::Start(0)).unwrap();
    let mut all = String::new();
    cursor.read_to_string(&mut all).unwrap();
    assert_eq!(all, "01234567ab");
}
