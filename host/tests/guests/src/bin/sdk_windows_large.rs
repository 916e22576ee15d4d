//! Windows of 2 MiB and more lie where the operating system can use huge
//! pages, as long as the guest's memory has room for that.

use mem::{ErrorCode, Mapping, Window};
use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use test_guests::{PAGE, memory_pages};

const MIB: u64 = 1 << 20;
const HUGE_PAGE: u64 = 2 * MIB;

fn main() {
    let mut file = File::create("large").unwrap();
    file.set_len(4096 * MIB).unwrap();
    // Somewhere in each window that is looked at.
    for mib in 0..24 {
        file.seek(SeekFrom::Start(mib * MIB)).unwrap();
        file.write_all(&[mib as u8; PAGE as usize]).unwrap();
    }
    let mapping = mem::open("large").unwrap();
    lie_as_in_the_file(&mapping);
    take_no_more_room_in_turn(&mapping);
    fill_the_memory(&mapping);
}

fn lie_as_in_the_file(mapping: &Mapping) {
    for start in [0, 1, PAGE, MIB, 2 * MIB - PAGE, 3 * MIB + 100] {
        for length in [4 * MIB, 5 * MIB + 1, 16 * MIB] {
            let window = mapping.window(start..start + length).unwrap();
            assert!(window.is_zero_copy());
            let address = window.as_ptr().addr() as u64;
            assert_eq!(address % HUGE_PAGE, start % HUGE_PAGE, "{start} {length}");
            for offset in (start.next_multiple_of(MIB)..start + length).step_by(MIB as usize) {
                let byte = window[(offset - start) as usize];
                assert_eq!(u64::from(byte), offset / MIB, "{start} {length}");
            }
        }
    }
    // An offset of the mapping in the file counts.
    let mapping = mem::Options::new().offset(MIB + PAGE).open("large");
    let mapping = mapping.unwrap();
    let window = mapping.window(PAGE..8 * MIB).unwrap();
    let address = window.as_ptr().addr() as u64;
    assert_eq!(address % HUGE_PAGE, MIB + 2 * PAGE);
    assert_eq!(window[(MIB - 2 * PAGE) as usize], 2);
}

fn take_no_more_room_in_turn(mapping: &Mapping) {
    let all = |times: u64| {
        for i in 0..times {
            let start = i * 37 * PAGE % (8 * MIB);
            drop(mapping.window(start..start + 8 * MIB).unwrap());
        }
    };
    all(100);
    let before = memory_pages();
    all(1000);
    assert_eq!(memory_pages(), before);
}

fn fill_the_memory(mapping: &Mapping) {
    let mut windows: Vec<Window> = Vec::with_capacity(1000);
    for length in [64 * MIB, 3 * MIB] {
        loop {
            match mapping.window(..length) {
                Ok(window) => windows.push(window),
                Err(error) => break assert_eq!(error.code(), ErrorCode::QuotaExceeded),
            }
        }
    }
    assert!(windows.len() > 60);
    assert!(windows.iter().all(|window| window.is_zero_copy()));
    // Where there is no room for a window, there is none for a copy.
    let mut copy = Vec::<u8>::new();
    assert!(copy.try_reserve_exact(3 * MIB as usize).is_err());
}
