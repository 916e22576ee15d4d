//! Makes each call, and some that fail, in the order of `CALLS` in
//! `host/tests/calls.rs`. The file `file` has two pages.

use test_guests::raw::window::Window;
use test_guests::raw::{self, Access, Advice, FlushMode, MapFlags, MapOptions, Mapping, Range};
use test_guests::{Buffer, PAGE, map};

fn main() {
    let mapping = map("file", Access::ReadWrite);
    let options = MapOptions {
        access: Access::CopyOnWrite,
        flags: MapFlags::empty(),
        offset: 1,
        length: Some(2),
    };
    raw::file_map("missing", options).unwrap_err();
    let anonymous = MapOptions {
        flags: MapFlags::ANONYMOUS,
        offset: 0,
        ..options
    };
    let anonymous = raw::file_map("", anonymous).unwrap();
    assert_eq!(mapping.size(), 2 * PAGE);
    reads_and_writes(&mapping);
    pages(&mapping);
    windows(&mapping);
    drop(anonymous);
    Mapping::unmap(mapping).unwrap();
}

fn range(offset: u64, length: u64) -> Range {
    Range { offset, length }
}

fn reads_and_writes(mapping: &Mapping) {
    mapping.read(1, 100).unwrap();
    mapping.read(2 * PAGE, 1).unwrap_err();
    mapping.read_u64x8(2, 2).unwrap();
    mapping.read_u64x8(2 * PAGE - 63, 1).unwrap_err();
    mapping.read_many(&[range(20, 30), range(0, 4)]).unwrap();
    mapping.read_many(&[range(2, 2 * PAGE)]).unwrap_err();
    mapping.write(3, b"abc").unwrap();
    mapping.write(2 * PAGE - 1, b"abc").unwrap_err();
    for _ in 0..3 {
        mapping.load_u8(4).unwrap();
    }
    mapping.load_u16(4).unwrap();
    mapping.load_u32(4).unwrap();
    mapping.load_u64(4).unwrap();
    mapping.load_u64x8(4).unwrap();
    mapping.load_u64(2 * PAGE).unwrap_err();
    mapping.store_u8(5, 1).unwrap();
    mapping.store_u16(5, 1).unwrap();
    mapping.store_u32(5, 1).unwrap();
    mapping.store_u64(5, 1).unwrap();
    mapping.store_u8(u64::MAX, 1).unwrap_err();
}

fn pages(mapping: &Mapping) {
    let first = Some(range(0, 7));
    mapping.flush(first, FlushMode::Asynchronous).unwrap();
    mapping.lock(None).unwrap();
    mapping.unlock(first).unwrap();
    mapping.unlock(None).unwrap_err();
    mapping.advise(first, Advice::WillNeed).unwrap();
    advises_many(mapping);
    mapping.protect(first, raw::Protection::ReadWrite).unwrap();
}

fn windows(mapping: &Mapping) {
    let buffer = Buffer::new(1);
    let window = buffer.attach(mapping, PAGE).unwrap();
    buffer.attach(mapping, 0).unwrap_err();
    window.check().unwrap();
    Window::detach(window).unwrap();
    drop(buffer.attach(mapping, 0).unwrap());
}

/// The call that fails leaves no page different from the others: that would count
/// as one mapping more.
fn advises_many(mapping: &Mapping) {
    let range = |offset, length| Range { offset, length };
    let pages = [range(1, 3), range(PAGE, 5), range(2 * PAGE, 0)];
    mapping.advise_many(&pages, Advice::WillNeed).unwrap();
    mapping.advise_many(&pages, Advice::PopulateRead).unwrap();
    mapping.advise_many(&pages, Advice::Sequential).unwrap();
    mapping.advise_many(&[], Advice::Random).unwrap();
    let outside = [range(0, 1), range(2 * PAGE, 1)];
    mapping.advise_many(&outside, Advice::Random).unwrap_err();
}
