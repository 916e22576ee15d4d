//! Meets one `truncated`, and so has the host handle one fault.

use mem::ErrorCode::Truncated;
use test_guests::code;

fn main() {
    std::fs::write("file", [1; 4096]).unwrap();
    let mapping = mem::open("file").unwrap();
    std::fs::write("file", "").unwrap();
    assert_eq!(code(mapping.get::<u8>(0)), Truncated);
}
