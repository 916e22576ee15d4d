//! What is written to a window of a read-write mapping reaches the file, by
//! whatever the window ends with, and nothing beside it changes.

use mem::{Access, Mapping, Options, WindowMut};
use std::io::{Seek, SeekFrom, Write};
use test_guests::{PAGE, pattern, windows_are_zero_copy};

const LENGTH: usize = 3 * PAGE as usize + 777;

fn main() {
    let endings: [fn(WindowMut); 3] = [
        |window| window.flush().unwrap(),
        |window| window.detach().unwrap(),
        drop,
    ];
    for ending in endings {
        for file_offset in [0, 100] {
            reaches_the_file(file_offset, ending);
        }
    }
    when_it_is_seen();
    neighbours();
    what_is_not_changed_is_not_written();
    anonymous();
    large();
}

fn reaches_the_file(file_offset: usize, ending: fn(WindowMut)) {
    let mut bytes = pattern(LENGTH);
    std::fs::write("file", &bytes).unwrap();
    let mapping = Options::new()
        .access(Access::ReadWrite)
        .offset(file_offset as u64)
        .open("file")
        .unwrap();
    // The last bytes of one page, and the first of another.
    let range = 4000..4200;
    let mut window = mapping.window_mut(range.clone()).unwrap();
    assert_eq!(window.is_zero_copy(), windows_are_zero_copy());
    window.fill(0xee);
    window[0] = 1;
    window.as_mut()[199] = 2;
    assert_eq!((window[0], window[1], window[199]), (1, 0xee, 2));
    ending(window);
    let changed = &mut bytes[file_offset + 4000..file_offset + 4200];
    changed.fill(0xee);
    (changed[0], changed[199]) = (1, 2);
    assert!(std::fs::read("file").unwrap() == bytes);
    assert!(mapping.bytes().unwrap() == bytes[file_offset..]);
    assert!(*mapping.window(range).unwrap() == bytes[file_offset + 4000..][..200]);
}

/// The file's own pages show a write at once, and a copy when it is flushed.
fn when_it_is_seen() {
    std::fs::write("file", pattern(LENGTH)).unwrap();
    let mapping = mem::open_mut("file").unwrap();
    let before: u8 = mapping.get(100).unwrap();
    let mut window = mapping.window_mut(..).unwrap();
    window[100] = !before;
    let seen = if windows_are_zero_copy() {
        !before
    } else {
        before
    };
    assert_eq!(mapping.get::<u8>(100).unwrap(), seen);
    window.flush().unwrap();
    assert_eq!(mapping.get::<u8>(100).unwrap(), !before);
    // A window that was flushed can be written again.
    window[101] = 1;
    window.flush().unwrap();
    window[101] = 2;
    drop(window);
    assert_eq!(mapping.get::<u8>(101).unwrap(), 2);
}

/// Windows that share a page but no byte do not disturb each other.
fn neighbours() {
    let mut bytes = pattern(LENGTH);
    std::fs::write("file", &bytes).unwrap();
    let mapping = mem::open_mut("file").unwrap();
    let mut windows: Vec<WindowMut> = (0..10)
        .map(|i| mapping.window_mut(i * 1000..i * 1000 + 1000).unwrap())
        .collect();
    let between = mapping.window(10_000..10_001).unwrap();
    mapping.write_all_at(10_001, b"beside").unwrap();
    bytes[10_001..10_007].copy_from_slice(b"beside");
    for (i, window) in windows.iter_mut().enumerate() {
        window.reverse();
        bytes[i * 1000..i * 1000 + 1000].reverse();
    }
    drop(windows);
    assert_eq!(between[0], bytes[10_000]);
    assert!(std::fs::read("file").unwrap() == bytes);
}

fn what_is_not_changed_is_not_written() {
    std::fs::write("file", pattern(LENGTH)).unwrap();
    let mapping = mem::open_mut("file").unwrap();
    let write_outside = |byte| {
        let mut file = std::fs::File::options().write(true).open("file").unwrap();
        file.seek(SeekFrom::Start(50)).unwrap();
        file.write_all(&[byte]).unwrap();
    };
    let window = mapping.window_mut(..).unwrap();
    write_outside(1);
    drop(window);
    assert_eq!(mapping.get::<u8>(50).unwrap(), 1);

    let mut window = mapping.window_mut(..).unwrap();
    window[51] = 7;
    window.flush().unwrap();
    write_outside(2);
    window.flush().unwrap();
    window.detach().unwrap();
    assert_eq!(mapping.get::<u8>(50).unwrap(), 2);
    assert_eq!(mapping.get::<u8>(51).unwrap(), 7);
}

fn anonymous() {
    let mapping: Mapping = mem::anonymous(LENGTH as u64).unwrap();
    let mut window = mapping.window_mut(4000..5000).unwrap();
    assert!(!window.is_zero_copy());
    window.fill(1);
    window.flush().unwrap();
    assert_eq!(mapping.get::<u8>(4999).unwrap(), 1);
    window.fill(2);
    drop(window);
    assert_eq!(mapping.get::<u8>(4000).unwrap(), 2);
    assert_eq!(mapping.get::<u8>(3999).unwrap(), 0);
    assert_eq!(mapping.get::<u8>(5000).unwrap(), 0);
}

/// More than goes to the host in one call.
fn large() {
    let bytes = pattern((5 << 20) + 3);
    let mapping = mem::create("larger", bytes.len() as u64).unwrap();
    let mut window = mapping.window_mut(..).unwrap();
    window.copy_from_slice(&bytes);
    window.detach().unwrap();
    assert!(std::fs::read("larger").unwrap() == bytes);
}
