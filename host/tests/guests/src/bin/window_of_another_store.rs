//! While another store holds a window on the file `shared`, this one gets
//! `busy` wherever one of them could write what the other sees. The argument
//! says what the other holds.

use std::fs;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;
use test_guests::raw::{Access, ErrorCode};
use test_guests::{Buffer, PAGE, code, map};

fn main() {
    let other_writes = match std::env::args().nth(1).as_deref() {
        Some("read-only") => false,
        Some("read-write") => true,
        other => panic!("{other:?}"),
    };
    wait_for("held");
    let [read_only, copy_on_write, read_write] =
        [Access::ReadOnly, Access::CopyOnWrite, Access::ReadWrite]
            .map(|access| map("shared", access));
    let bytes = fs::read("shared").unwrap();
    let invalid = [0xff; 64];
    let buffer = Buffer::new(1);
    for _ in 0..10_000 {
        for mapping in [&read_only, &copy_on_write] {
            match buffer.attach(mapping, 0) {
                Ok(_window) if !other_writes => assert_eq!(buffer.get(9), bytes[9]),
                Err(ErrorCode::Busy) if other_writes => {}
                other => panic!("{other:?}"),
            }
        }
        let refused = buffer.attach(&read_write, 0).map(drop);
        assert_eq!(refused, Err(ErrorCode::Busy));
        assert_eq!(read_write.write(3, &invalid), Err(ErrorCode::Busy));
        assert_eq!(read_write.store_u8(0, 0xff), Err(ErrorCode::Busy));
        assert_eq!(read_write.store_u64(8, u64::MAX), Err(ErrorCode::Busy));
        // What stays private, and what only reads, is no matter.
        copy_on_write.store_u8(0, 0xff).unwrap();
        assert_eq!(read_write.load_u8(0).unwrap(), bytes[0]);
    }
    assert_eq!(read_only.read(0, PAGE).unwrap(), bytes);
    let longer = mem::create("shared", PAGE + 1);
    assert_eq!(code(longer), mem::ErrorCode::Busy);
    mem::create("shared", PAGE).unwrap();
    fs::write("done", "").unwrap();
    wait_for("released");
    let window = buffer.attach(&read_write, 0).unwrap();
    buffer.set(0, !bytes[0]);
    drop(window);
    read_write.write(3, &invalid).unwrap();
    read_write.store_u64(8, u64::MAX).unwrap();
}

fn wait_for(file: &str) {
    while !Path::new(file).exists() {
        sleep(Duration::from_millis(1));
    }
}
