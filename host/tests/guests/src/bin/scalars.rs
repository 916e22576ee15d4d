//! Loads and stores of 1, 2, 4 and 8 bytes are little-endian and work at any
//! offset, aligned or not.

use test_guests::{pattern, raw};

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

    let options = raw::MapOptions {
        access: raw::Access::ReadWrite,
        flags: raw::MapFlags::empty(),
        offset: 0,
        length: None,
    };
    let mapping = raw::file_map("file", options).unwrap();
    mapping.store_u64(1, 0x0807_0605_0403_0201).unwrap();
    assert_eq!(mapping.read(1, 8).unwrap(), [1, 2, 3, 4, 5, 6, 7, 8]);
    mapping.store_u32(20, 0xdead_beef).unwrap();
    assert_eq!(mapping.load_u16(20).unwrap(), 0xbeef);
    assert_eq!(mapping.load_u8(23).unwrap(), 0xde);
    mapping.store_u16(20, 0x1234).unwrap();
    mapping.store_u8(23, 0x56).unwrap();
    assert_eq!(mapping.load_u32(20).unwrap(), 0x56ad_1234);
}
