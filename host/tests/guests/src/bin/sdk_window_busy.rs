//! Bytes that a window shows are not written through its mapping, and bytes
//! that can be written are shown by one window only.

use mem::{Access, ErrorCode, Mapping, Options};
use std::io::{Seek, SeekFrom, Write};
use test_guests::{code, pattern};

const LENGTH: usize = 20_000;

fn main() {
    std::fs::write("file", pattern(LENGTH)).unwrap();
    for access in [Access::ReadWrite, Access::CopyOnWrite] {
        let mapping = Options::new().access(access).open("file").unwrap();
        writers_wait(&mapping);
        windows_exclude_each_other(&mapping);
        nothing_covers_nothing(&mapping);
    }
    let anonymous = mem::anonymous(LENGTH as u64).unwrap();
    writers_wait(&anonymous);
    windows_exclude_each_other(&anonymous);
    read_only();
}

/// Writes that touch bytes from 1000 to 2000, and some that are close.
fn write_all(mapping: &Mapping, refused: bool) {
    let outcome = |result: Result<(), mem::Error>, overlaps: bool| {
        if refused && overlaps {
            assert_eq!(code(result), ErrorCode::Busy);
        } else {
            result.unwrap();
        }
    };
    outcome(mapping.set(999, 1_u8), false);
    outcome(mapping.set(2000, 1_u8), false);
    outcome(mapping.set(1000, 1_u8), true);
    outcome(mapping.set(1999, 1_u8), true);
    outcome(mapping.set(993, 1_u64), true);
    outcome(mapping.set(992, 1_u64), false);
    outcome(mapping.write_all_at(0, &[2; 1000]), false);
    outcome(mapping.write_all_at(0, &[2; 1001]), true);
    outcome(mapping.write_all_at(0, &[2; LENGTH]), true);
    outcome(mapping.write_all_at(1500, &[]), false);
    outcome(mapping.write_at(1999, &[2; LENGTH]).map(drop), true);
    outcome(mapping.write_at(2000, &[2; LENGTH]).map(drop), false);
    let mut cursor = mapping.cursor();
    cursor.seek(SeekFrom::Start(1500)).unwrap();
    let written = cursor.write_all(b"abc");
    if refused {
        let error = written.unwrap_err().downcast::<mem::Error>().unwrap();
        assert_eq!(error.code(), ErrorCode::Busy);
        assert_eq!(cursor.position(), 1500);
    } else {
        written.unwrap();
    }
}

fn writers_wait(mapping: &Mapping) {
    let window = mapping.window(1000..2000).unwrap();
    let again = mapping.window(1500..1600).unwrap();
    let before = window.to_vec();
    write_all(mapping, true);
    assert!(*window == before);
    drop(window);
    assert_eq!(code(mapping.set(1599, 1_u8)), ErrorCode::Busy);
    again.detach().unwrap();
    write_all(mapping, false);

    let mut window = mapping.window_mut(1000..2000).unwrap();
    window.fill(5);
    write_all(mapping, true);
    assert!(window.iter().all(|&byte| byte == 5));
    drop(window);
    write_all(mapping, false);
    let window = mapping.window_mut(1000..2000).unwrap();
    write_all(mapping, true);
    window.detach().unwrap();
    write_all(mapping, false);
}

fn windows_exclude_each_other(mapping: &Mapping) {
    let busy = |start, end| {
        assert_eq!(code(mapping.window_mut(start..end)), ErrorCode::Busy);
    };
    let window = mapping.window(1000..2000).unwrap();
    busy(0, 1001);
    busy(1999, 3000);
    busy(1000, 2000);
    busy(1200, 1201);
    assert_eq!(code(mapping.window_mut(..)), ErrorCode::Busy);
    let before = mapping.window_mut(0..1000).unwrap();
    let behind = mapping.window_mut(2000..3000).unwrap();
    assert_eq!(code(mapping.window(999..1001)), ErrorCode::Busy);
    busy(2999, 3001);
    let again = mapping.window(1000..2000).unwrap();
    drop(behind);
    let longer = mapping.window(1999..3000).unwrap();
    drop((window, again, before));
    busy(2000, 2001);
    drop(longer);
    // Those that were refused have left nothing behind.
    mapping.window_mut(..).unwrap().detach().unwrap();
    mapping.window_mut(..).unwrap();
}

fn nothing_covers_nothing(mapping: &Mapping) {
    let window = mapping.window_mut(500..500).unwrap();
    let all = mapping.window_mut(..).unwrap();
    mapping.window(700..700).unwrap();
    drop(all);
    mapping.set(500, 1_u8).unwrap();
    drop(window);
}

/// A mapping that nobody can write says that, and not that it is busy.
fn read_only() {
    let mapping = mem::open("file").unwrap();
    let _window = mapping.window(..).unwrap();
    assert_eq!(code(mapping.set(0, 1_u8)), ErrorCode::ReadOnly);
    assert_eq!(code(mapping.write_at(0, b"a")), ErrorCode::ReadOnly);
}
