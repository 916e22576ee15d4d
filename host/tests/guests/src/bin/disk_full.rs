//! Pages for which the disk has no room give `no-space`; what was written
//! before stays, and other mappings go on.

use mem::{ErrorCode::NoSpace, Options};
use test_guests::raw::{self, Access, FlushMode};
use test_guests::{Buffer, PAGE, code, map, pattern};

const LENGTH: u64 = 16 << 20;

fn main() {
    let page = pattern(PAGE as usize);
    let other = mem::create("other", PAGE).unwrap();
    other.write_all_at(0, &page).unwrap();

    let mapping = mem::create("sparse", LENGTH).unwrap();
    let mut written = 0;
    let full = loop {
        assert!(written < LENGTH, "the disk is small");
        match mapping.write_all_at(written, &page) {
            Ok(()) => written += PAGE,
            Err(error) => break error,
        }
    };
    assert_eq!(full.code(), NoSpace);
    assert!(written > 0);
    assert_eq!(code(mapping.set(written, 1u8)), NoSpace);
    mapping.flush_range(0..written).unwrap();
    assert_eq!(code(mapping.flush()), NoSpace);
    for offset in (0..written).step_by(PAGE as usize) {
        let mut read = page.clone();
        mapping.read_exact_at(offset, &mut read).unwrap();
        assert_eq!(read, page);
    }
    assert_eq!(std::fs::metadata("sparse").unwrap().len(), LENGTH);
    assert!(
        std::fs::read("sparse").unwrap()[..written as usize]
            .chunks(PAGE as usize)
            .all(|read| read == page)
    );
    assert_eq!(other.bytes().unwrap(), page);
    other.set(0, 7u8).unwrap();
    other.flush().unwrap();
    assert_eq!(code(mapping.unmap()), NoSpace);
    // Room that is made can be used by a new mapping.
    std::fs::remove_file("sparse").unwrap();
    let again = Options::new()
        .access(mem::Access::ReadWrite)
        .create(true)
        .len(PAGE)
        .open("again")
        .unwrap();
    again.write_all_at(0, &page).unwrap();
    again.unmap().unwrap();

    // The guest's own stores meet the same in a window.
    drop(mem::create("window", LENGTH).unwrap());
    let mapping = map("window", Access::ReadWrite);
    let buffer = Buffer::new(LENGTH / PAGE);
    let window = buffer.attach(&mapping, 0).unwrap();
    let mut met = 0;
    for offset in (0..LENGTH as usize).step_by(PAGE as usize) {
        buffer.set(offset, 9);
        if window.check().is_err() {
            met = offset;
            break;
        }
    }
    assert!(met > 0);
    assert_eq!(buffer.get(met - PAGE as usize), 9);
    // Plain memory from here on, zeros where nothing was written.
    assert_eq!(buffer.get(met), 9);
    assert_eq!(buffer.get(met + PAGE as usize), 0);
    let before = raw::Range {
        offset: 0,
        length: met as u64,
    };
    mapping.flush(Some(before), FlushMode::Synchronous).unwrap();
    // Every acknowledgement asks what windows have lost, also windows that are
    // gone.
    let no_space = Err(raw::ErrorCode::NoSpace);
    assert_eq!(window.check(), no_space);
    assert_eq!(mapping.flush(None, FlushMode::Synchronous), no_space);
    assert_eq!(mapping.flush(None, FlushMode::Asynchronous), no_space);
    drop(window);
    assert_eq!(mapping.flush(None, FlushMode::Synchronous), no_space);
    assert_eq!(raw::Mapping::unmap(mapping), no_space);
    let file = std::fs::read("window").unwrap();
    assert!(
        file[..met]
            .iter()
            .step_by(PAGE as usize)
            .all(|byte| *byte == 9)
    );
    assert_eq!(file[met], 0);
    assert_eq!(other.get::<u8>(0).unwrap(), 7);
}
