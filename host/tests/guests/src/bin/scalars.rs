//! Loads and stores of 1, 2, 4 and 8 bytes are little-endian and work at any
//! offset, aligned or not.

use test_guests::{map, pattern, raw};

fn main() {
    let bytes = pattern(64);
    std::fs::write("file", &bytes).unwrap();
    let mapping = mem::open_mut("file").unwrap();
    macro_rules! check {
        ($($scalar:ty),*) => {$({
            const SIZE: usize = size_of::<$scalar>();
            for offset in 0..=bytes.len() - SIZE {
                let there = bytes[offset..][..SIZE].try_into().unwrap();
                let value = <$scalar>::from_le_bytes(there);
                let loaded = mapping.get::<$scalar>(offset as u64).unwrap();
                assert_eq!(loaded.to_le_bytes(), value.to_le_bytes());
                mapping.set(offset as u64, <$scalar>::from_le_bytes([0xa5; SIZE])).unwrap();
                let mut expected = bytes.clone();
                expected[offset..][..SIZE].fill(0xa5);
                assert_eq!(mapping.bytes().unwrap(), expected);
                mapping.set(offset as u64, value).unwrap();
            }
            assert_eq!(mapping.bytes().unwrap(), bytes);
        })*};
    }
    check!(u8, i8, u16, i16, u32, i32, u64, i64, f32, f64);

    short_reads();
    lines();
    lists_of_lines();
    long_reads();

    let mapping = map("file", raw::Access::ReadWrite);
    mapping.store_u64(1, 0x0807_0605_0403_0201).unwrap();
    assert_eq!(mapping.read(1, 8).unwrap(), [1, 2, 3, 4, 5, 6, 7, 8]);
    mapping.store_u32(20, 0xdead_beef).unwrap();
    assert_eq!(mapping.load_u16(20).unwrap(), 0xbeef);
    assert_eq!(mapping.load_u8(23).unwrap(), 0xde);
    mapping.store_u16(20, 0x1234).unwrap();
    mapping.store_u8(23, 0x56).unwrap();
    assert_eq!(mapping.load_u32(20).unwrap(), 0x56ad_1234);
}

/// Reads of up to 64 bytes, which the SDK does by loads, of mappings that are
/// longer and shorter than that.
fn short_reads() {
    for size in [1, 63, 64, 65, 200] {
        let bytes = pattern(size);
        std::fs::write("short", &bytes).unwrap();
        let mapping = mem::open("short").unwrap();
        for offset in 0..size {
            for length in 0..=(size - offset).min(66) {
                let mut buffer = vec![0xee; length];
                mapping.read_exact_at(offset as u64, &mut buffer).unwrap();
                assert_eq!(buffer, bytes[offset..][..length], "{size} {offset}");
            }
        }
    }
}

/// Loads of 64 bytes.
fn lines() {
    let bytes = pattern(130);
    std::fs::write("line", &bytes).unwrap();
    let mapping = map("line", raw::Access::ReadOnly);
    for offset in 0..=bytes.len() - 64 {
        let line = mapping.load_u64x8(offset as u64).unwrap();
        assert_eq!(line_bytes(line), bytes[offset..][..64]);
    }
    for offset in [67, 130, u64::MAX] {
        let error = mapping.load_u64x8(offset).unwrap_err();
        assert_eq!(error, raw::ErrorCode::OutOfBounds);
    }
}

fn line_bytes(line: raw::U64x8) -> Vec<u8> {
    let raw::U64x8 {
        w0,
        w1,
        w2,
        w3,
        w4,
        w5,
        w6,
        w7,
    } = line;
    [w0, w1, w2, w3, w4, w5, w6, w7]
        .map(u64::to_le_bytes)
        .concat()
}

/// Reads of 64 bytes each, at any offset.
fn lists_of_lines() {
    let bytes = pattern(20_000);
    std::fs::write("lines", &bytes).unwrap();
    let mapping = map("lines", raw::Access::ReadOnly);
    for offset in [0, 1, 4_095, 4_096, 12_345] {
        for count in [0, 1, 2, 65, (bytes.len() - offset) / 64] {
            let lines = mapping.read_u64x8(offset as u64, count as u64).unwrap();
            let read: Vec<u8> = lines.into_iter().flat_map(line_bytes).collect();
            assert_eq!(read, bytes[offset..][..64 * count], "{offset} {count}");
        }
    }
    assert!(mapping.read_u64x8(20_000, 0).unwrap().is_empty());
    for (offset, count) in [(19_937, 1), (0, 313), (20_001, 0), (64, u64::MAX / 64 + 1)] {
        let error = mapping.read_u64x8(offset, count).unwrap_err();
        assert_eq!(error, raw::ErrorCode::OutOfBounds);
    }
}

/// Reads into buffers of any alignment and length, which the SDK does by words
/// where it can.
fn long_reads() {
    let bytes = pattern(70_000);
    std::fs::write("long", &bytes).unwrap();
    let mapping = mem::open("long").unwrap();
    let mut buffer = vec![0; 70_016];
    for at in [0, 1, 4, 7, 8] {
        for length in [
            65, 127, 128, 4_096, 16_383, 16_384, 16_385, 65_536, 65_600, 69_000,
        ] {
            for offset in [0, 63, 1_000] {
                buffer.fill(0xee);
                let into = &mut buffer[at..][..length];
                mapping.read_exact_at(offset as u64, into).unwrap();
                assert_eq!(into, &bytes[offset..][..length], "{at} {length} {offset}");
                assert!(buffer[..at].iter().all(|&byte| byte == 0xee));
                assert!(buffer[at + length..].iter().all(|&byte| byte == 0xee));
            }
        }
    }
}
