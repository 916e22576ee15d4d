//! Without the host's grant, or on an engine that has no windows, `attach`
//! says which by the error of the argument, and the memory stays as it is.

use test_guests::raw::Access;
use test_guests::{Buffer, map};

fn main() {
    std::fs::write("file", "contents").unwrap();
    let mapping = map("file", Access::ReadOnly);
    let buffer = Buffer::new(1);
    buffer.set(0, 1);
    let refused = buffer.attach(&mapping, 0).unwrap_err();
    let expected = std::env::args().nth(1).unwrap();
    assert_eq!(refused.name(), expected);
    assert_eq!(buffer.get(0), 1);
}
