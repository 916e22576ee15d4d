//! A write that fails after the function has returned is reported by the next
//! call, and closes the stream. The host grants `/dev`.

use test_guests::descriptors::{Descriptor, DescriptorFlags, ErrorCode, open, preopened};
use wasip2::filesystem::types::filesystem_error_code;
use wasip2::io::streams::StreamError;

fn main() {
    let full = open(&preopened("/dev"), "full", DescriptorFlags::WRITE).unwrap();

    let stream = write_to(&full);
    no_space(stream.check_write());
    closed(stream.check_write());
    closed(stream.write(b"more"));

    let stream = write_to(&full);
    no_space(stream.flush());
    closed(stream.flush());

    let stream = write_to(&full);
    no_space(stream.blocking_flush());

    let stream = write_to(&full);
    no_space(stream.blocking_write_and_flush(b"more"));
    closed(stream.check_write());

    let stream = full.write_via_stream(0).unwrap();
    no_space(stream.blocking_write_and_flush(b"bytes"));
    closed(stream.check_write());

    let stream = full.append_via_stream().unwrap();
    stream.write_zeroes(10).unwrap();
    stream.subscribe().block();
    no_space(stream.check_write());
}

fn write_to(file: &Descriptor) -> wasip2::io::streams::OutputStream {
    let stream = file.write_via_stream(0).unwrap();
    assert!(stream.check_write().unwrap() > 0);
    stream.write(b"bytes").unwrap();
    // As a guest does that waits before it asks.
    stream.subscribe().block();
    stream
}

#[track_caller]
fn no_space<T>(result: Result<T, StreamError>) {
    let Err(StreamError::LastOperationFailed(error)) = result else {
        panic!("nothing failed");
    };
    let code = filesystem_error_code(&error);
    assert_eq!(code, Some(ErrorCode::InsufficientSpace));
}

#[track_caller]
fn closed<T>(result: Result<T, StreamError>) {
    assert!(matches!(result, Err(StreamError::Closed)));
}
