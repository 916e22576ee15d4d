//! What a guest writes by file descriptors is in the file when the function
//! returns, and so in a window on it.

use std::fs::{File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::os::fd::AsRawFd;
use test_guests::raw::Access;
use test_guests::{Buffer, PAGE, map};

const LENGTH: usize = 16 * PAGE as usize;

unsafe extern "C" {
    /// Of wasi-libc; see `pwrite(2)`.
    fn pwrite(file: i32, bytes: *const u8, length: usize, offset: i64) -> isize;
}

fn main() {
    let mut file = OpenOptions::new();
    let file = file.read(true).write(true).create(true).truncate(true);
    let mut file = file.open("file").unwrap();
    file.set_len(LENGTH as u64).unwrap();
    let mapping = map("file", Access::ReadOnly);
    let shown = Buffer::new(LENGTH as u64 / PAGE);
    let _window = shown.attach(&mapping, 0).unwrap();
    for round in 1..200 {
        file.seek(SeekFrom::Start(0)).unwrap();
        file.write_all(&[round; LENGTH]).unwrap();
        check(&shown, round);
        write_at(&file, &[!round; LENGTH]);
        check(&shown, !round);
    }
}

fn write_at(file: &File, bytes: &[u8]) {
    // SAFETY: all of the bytes are there, and the file is open.
    let written = unsafe { pwrite(file.as_raw_fd(), bytes.as_ptr(), bytes.len(), 0) };
    assert_eq!(written, bytes.len() as isize);
}

#[track_caller]
fn check(shown: &Buffer, byte: u8) {
    assert!(shown.bytes(0..LENGTH).iter().all(|shown| *shown == byte));
}
