//! A guest with 32-bit pointers maps a file of more than 4 GiB whole, and
//! reads and writes at its far end.

const LENGTH: u64 = (6 << 30) + 3;

fn main() {
    let mapping = mem::create("large", LENGTH).unwrap();
    assert_eq!(mapping.len(), LENGTH);
    assert_eq!(std::fs::metadata("large").unwrap().len(), LENGTH);
    for offset in [0, (4 << 30) - 3, (4 << 30) + 5, LENGTH - 6] {
        mapping
            .write_all_at(offset, &offset.to_le_bytes()[..6])
            .unwrap();
    }
    mapping.set(LENGTH - 20, 0x0123_4567_89ab_cdef_u64).unwrap();
    mapping.flush_range(LENGTH - 100..).unwrap();
    mapping.unmap().unwrap();

    let mapping = mem::open("large").unwrap();
    assert_eq!(mapping.len(), LENGTH);
    for offset in [0, (4 << 30) - 3, (4 << 30) + 5, LENGTH - 6] {
        let mut bytes = [0; 6];
        mapping.read_exact_at(offset, &mut bytes).unwrap();
        assert_eq!(bytes, offset.to_le_bytes()[..6]);
    }
    assert_eq!(
        mapping.get::<u64>(LENGTH - 20).unwrap(),
        0x0123_4567_89ab_cdef
    );
    // It does not fit the guest's own memory.
    if cfg!(target_pointer_width = "32") {
        mapping.bytes().unwrap_err();
    }
}
