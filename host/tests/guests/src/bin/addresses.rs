//! Where bytes lie in memory: at the offset that they have in the file, modulo
//! the page, as where mmap(2) puts them. So they can be taken for numbers.

#![expect(
    clippy::undocumented_unsafe_blocks,
    reason = "nobody else shortens a test's files, and pointers stay inside their maps"
)]

use mem::{Access, Options};
use memmap2::{Mmap, MmapMut, MmapOptions, MmapRaw};
use std::fs::{self, File};
use test_guests::{PAGE, pattern};

const OFFSETS: [u64; 8] = [0, 1, 8, 777, PAGE - 1, PAGE, PAGE + 1, 2 * PAGE + 8];

fn main() {
    fs::write("file", pattern(4 * PAGE as usize)).unwrap();
    fs::write("empty", "").unwrap();
    windows();
    numbers();
    maps();
    anonymous();
}

#[track_caller]
fn check(bytes: &[u8], offset: u64) {
    let address = bytes.as_ptr().addr() as u64;
    assert!(address >= PAGE, "{address}");
    assert_eq!(address % PAGE, offset % PAGE, "{address}, of {offset}");
}

fn windows() {
    for access in [Access::ReadOnly, Access::ReadWrite, Access::CopyOnWrite] {
        for file_offset in OFFSETS {
            let mut options = Options::new();
            options.access(access).offset(file_offset);
            let mapping = options.open("file").unwrap();
            for start in OFFSETS.into_iter().filter(|&start| start < mapping.len()) {
                let at = file_offset + start;
                for end in [start, start + 1, mapping.len()] {
                    check(&mapping.window(start..end).unwrap(), at);
                    if access != Access::ReadOnly {
                        let mut window = mapping.window_mut(start..end).unwrap();
                        check(&window, at);
                        check(window.as_mut(), at);
                    }
                }
            }
        }
        let empty = Options::new().access(access).open("empty").unwrap();
        check(&empty.window(..).unwrap(), 0);
    }
    let anonymous = mem::anonymous(2 * PAGE).unwrap();
    check(&anonymous.window(100..).unwrap(), 100);
    check(&anonymous.window_mut(PAGE..).unwrap(), 0);
}

fn numbers() {
    let mapping = mem::open("file").unwrap();
    let window = mapping.window(64..).unwrap();
    // SAFETY: any bits are a number.
    let (before, numbers, after) = unsafe { window.align_to::<u128>() };
    assert!(before.is_empty() && after.is_empty());
    let bytes = pattern(4 * PAGE as usize);
    let first = bytes[64..80].try_into().unwrap();
    assert_eq!(numbers[0], u128::from_le_bytes(first));
}

fn maps() {
    let options = |offset| {
        let mut options = MmapOptions::new();
        options.offset(offset);
        options
    };
    let open = |name: &str| File::options().read(true).write(true).open(name).unwrap();
    let file = open("file");
    for offset in OFFSETS {
        check(&unsafe { options(offset).map(&file) }.unwrap(), offset);
        check(&unsafe { options(offset).map_mut(&file) }.unwrap(), offset);
        check(&unsafe { options(offset).map_copy(&file) }.unwrap(), offset);
        let read_only = unsafe { options(offset).map_copy_read_only(&file) };
        check(&read_only.unwrap(), offset);
        check(
            &unsafe { options(offset).len(0).map(&file) }.unwrap(),
            offset,
        );
        let raw = options(offset).map_raw(&file).unwrap();
        assert_eq!(raw.as_ptr().addr() as u64 % PAGE, offset % PAGE);
    }
    let empty = open("empty");
    check(&unsafe { Mmap::map(&empty) }.unwrap(), 0);
    check(&unsafe { MmapMut::map_mut(&empty) }.unwrap(), 0);
    let raw = MmapRaw::from(unsafe { Mmap::map(&empty) }.unwrap());
    assert!(raw.as_ptr().addr() as u64 >= PAGE);
}

fn anonymous() {
    for len in [0, 1, 4096, 100_000] {
        let mut map = MmapMut::map_anon(len).unwrap();
        check(&map, 0);
        check(map.as_mut(), 0);
        assert!(!map.as_mut_ptr().is_null());
        let map = map.make_read_only().unwrap();
        check(&map, 0);
    }
}
