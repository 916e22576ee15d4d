//! What a stream of WASI writes to a file is there when the function returns.

use test_guests::descriptors::{Descriptor, DescriptorFlags, open, preopened};
use test_guests::raw::Access;
use test_guests::raw::window::Window;
use test_guests::{Buffer, PAGE, map};
use wasip2::io::streams::OutputStream;

/// As much as WASI's streams take at a time.
const LENGTH: usize = 16 * PAGE as usize;
/// More than a task of tokio does at a time, in an asynchronous embedder.
const ROUNDS: u8 = 200;

fn main() {
    std::fs::write("file", [0xff; LENGTH]).unwrap();
    let file = open(&preopened("."), "file", read_write()).unwrap();
    let mapping = map("file", Access::ReadOnly);
    let shown = Buffer::new(LENGTH as u64 / PAGE);
    let window = shown.attach(&mapping, 0).unwrap();

    for round in 0..ROUNDS {
        let stream = file.write_via_stream(0).unwrap();
        check_ready(&stream);
        stream.write(&[round; LENGTH]).unwrap();
        check(&shown, round);
        check_ready(&stream);

        let stream = file.write_via_stream(0).unwrap();
        stream.write_zeroes(LENGTH as u64).unwrap();
        check(&shown, 0);
        check_ready(&stream);
    }
    splice(&file, &shown);
    Window::detach(window).unwrap();

    let stream = file.append_via_stream().unwrap();
    for round in 1..=u64::from(ROUNDS) {
        stream.write(&[1; 100]).unwrap();
        assert_eq!(file.stat().unwrap().size, LENGTH as u64 + 100 * round);
        check_ready(&stream);
    }
    // Dropped, and not waited for.
    drop(stream);
    file.write_via_stream(1).unwrap().write(b"last").unwrap();
    assert_eq!(&std::fs::read("file").unwrap()[1..5], b"last");
}

fn splice(file: &Descriptor, shown: &Buffer) {
    std::fs::write("source", [7; LENGTH]).unwrap();
    let source = open(&preopened("."), "source", DescriptorFlags::READ).unwrap();
    let source = source.read_via_stream(0).unwrap();
    let stream = file.write_via_stream(0).unwrap();
    let mut spliced = 0;
    while spliced < LENGTH {
        source.subscribe().block();
        spliced += stream.splice(&source, LENGTH as u64).unwrap() as usize;
        check_ready(&stream);
        assert!(shown.bytes(0..spliced).iter().all(|byte| *byte == 7));
    }
}

fn read_write() -> DescriptorFlags {
    DescriptorFlags::READ | DescriptorFlags::WRITE
}

#[track_caller]
fn check(shown: &Buffer, byte: u8) {
    assert!(shown.bytes(0..LENGTH).iter().all(|shown| *shown == byte));
}

/// A stream that still writes takes nothing.
#[track_caller]
fn check_ready(stream: &OutputStream) {
    assert!(stream.check_write().unwrap() > 0, "it still writes");
}
