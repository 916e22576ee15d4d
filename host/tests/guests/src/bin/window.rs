//! A window shows the file's pages, and its writes go where the mapping's
//! access says.

use test_guests::raw::window::{self, Window};
use test_guests::raw::{Access, FlushMode, Mapping};
use test_guests::{Buffer, PAGE, map, map_from, pattern};

const P: usize = PAGE as usize;

fn main() {
    assert_eq!(u64::from(window::page_size()), PAGE);
    read_only();
    read_write();
    copy_on_write();
    parts_and_ends();
    a_mapping_that_starts_within_a_page();
    outlives_the_handle();
    dropped_and_detached_pages_are_zeros();
}

fn file(length: usize) -> Vec<u8> {
    let bytes = pattern(length);
    std::fs::write("file", &bytes).unwrap();
    bytes
}

fn read_only() {
    let bytes = file(4 * P);
    let mapping = map("file", Access::ReadOnly);
    let buffer = Buffer::new(4);
    let window = buffer.attach(&mapping, 0).unwrap();
    assert_eq!(buffer.bytes(0..4 * P), bytes);
    window.check().unwrap();

    // A write spoils the window and nothing else.
    for index in [0, P + 1, 4 * P - 1] {
        buffer.set(index, !bytes[index]);
        assert_eq!(buffer.get(index), !bytes[index]);
    }
    assert_eq!(mapping.read(0, 4 * PAGE).unwrap(), bytes);
    assert_eq!(std::fs::read("file").unwrap(), bytes);
    Window::detach(window).unwrap();
    assert_eq!(std::fs::read("file").unwrap(), bytes);
}

fn read_write() {
    let mut bytes = file(4 * P);
    let mapping = map("file", Access::ReadWrite);
    let buffer = Buffer::new(4);
    let window = buffer.attach(&mapping, 0).unwrap();
    assert_eq!(buffer.bytes(0..4 * P), bytes);
    for index in [0, P + 1, 4 * P - 1] {
        bytes[index] = !bytes[index];
        buffer.set(index, bytes[index]);
        assert_eq!(mapping.load_u8(index as u64).unwrap(), bytes[index]);
    }
    assert_eq!(std::fs::read("file").unwrap(), bytes);
    // And the other way round.
    mapping.write(5, b"from the mapping").unwrap();
    assert_eq!(buffer.bytes(5..21), b"from the mapping");
    mapping.flush(None, FlushMode::Synchronous).unwrap();
    let read = mapping.read(0, 4 * PAGE).unwrap();
    Window::detach(window).unwrap();
    assert_eq!(std::fs::read("file").unwrap(), read);
}

fn copy_on_write() {
    let bytes = file(4 * P);
    let mapping = map("file", Access::CopyOnWrite);
    let buffer = Buffer::new(3);
    // What was written through the mapping is in the window.
    mapping.write(2 * PAGE - 2, b"1234").unwrap();
    mapping.store_u8(4 * PAGE - 1, 7).unwrap();
    let window = buffer.attach(&mapping, PAGE).unwrap();
    let mut expected = bytes[P..].to_vec();
    expected[P - 2..P + 2].copy_from_slice(b"1234");
    expected[3 * P - 1] = 7;
    assert_eq!(buffer.bytes(0..3 * P), expected);
    // What is written in the window stays there.
    buffer.set(10, !expected[10]);
    assert_eq!(mapping.load_u8(PAGE + 10).unwrap(), bytes[P + 10]);
    // What is in a page that the mapping has copied stays in the mapping.
    mapping.store_u8(PAGE + 5, !bytes[P + 5]).unwrap();
    assert_eq!(buffer.get(5), expected[5]);
    Window::detach(window).unwrap();
    assert_eq!(std::fs::read("file").unwrap(), bytes);
}

fn parts_and_ends() {
    // The last page of the file is not whole.
    let bytes = file(3 * P + 100);
    let mapping = map("file", Access::ReadWrite);
    let buffer = Buffer::new(5);
    let middle = buffer.attach_part(&mapping, 2 * PAGE, P..3 * P).unwrap();
    assert_eq!(buffer.bytes(P..2 * P + 100), bytes[2 * P..]);
    assert_eq!(buffer.bytes(2 * P + 100..3 * P), [0; P - 100]);
    assert_eq!(buffer.bytes(0..P), [0; P]);
    assert_eq!(buffer.bytes(3 * P..5 * P), [0; 2 * P]);
    // A page of the file can be at several places.
    let again = buffer.attach_part(&mapping, 2 * PAGE, 3 * P..4 * P);
    let again = again.unwrap();
    buffer.set(P, 77);
    assert_eq!(buffer.get(3 * P), 77);
    drop((middle, again));
}

fn a_mapping_that_starts_within_a_page() {
    let bytes = file(4 * P);
    let mapping = map_from("file", Access::ReadOnly, PAGE + 100);
    let buffer = Buffer::new(3);
    // The page with the mapping's first byte, where that is in the page.
    let window = buffer.attach(&mapping, 0).unwrap();
    assert_eq!(buffer.bytes(0..3 * P), bytes[P..]);
    Window::detach(window).unwrap();
    let window = buffer.attach_part(&mapping, PAGE - 100, P..3 * P).unwrap();
    assert_eq!(buffer.bytes(P..3 * P), bytes[2 * P..]);
    drop(window);
}

fn outlives_the_handle() {
    let bytes = file(2 * P);
    let buffer = Buffer::new(2);
    let mapping = map("file", Access::ReadWrite);
    let window = buffer.attach(&mapping, 0).unwrap();
    Mapping::unmap(mapping).unwrap();
    std::fs::remove_file("file").unwrap();
    assert_eq!(buffer.bytes(0..2 * P), bytes);
    buffer.set(0, 1);
    window.check().unwrap();
    Window::detach(window).unwrap();
}

fn dropped_and_detached_pages_are_zeros() {
    file(2 * P);
    let mapping = map("file", Access::ReadWrite);
    let buffer = Buffer::new(2);
    for detach in [drop, |window| Window::detach(window).unwrap()] {
        let window = buffer.attach(&mapping, 0).unwrap();
        buffer.set(3, 9);
        detach(window);
        assert_eq!(buffer.bytes(0..2 * P), [0; 2 * P]);
        // Plain pages again.
        buffer.set(3, 1);
        assert_eq!(mapping.load_u8(3).unwrap(), 9);
        buffer.set(3, 0);
    }
}
