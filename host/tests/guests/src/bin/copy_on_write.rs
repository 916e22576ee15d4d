//! A copy-on-write mapping never changes the file, and its flush succeeds and
//! does nothing.

use mem::{Access, Options};

fn main() {
    std::fs::write("file", "0123456789").unwrap();
    let private = Options::new()
        .access(Access::CopyOnWrite)
        .open("file")
        .unwrap();
    let other = Options::new()
        .access(Access::CopyOnWrite)
        .open("file")
        .unwrap();
    private.write_all_at(3, b"abc").unwrap();
    private.set(9, b'z').unwrap();
    private.flush().unwrap();
    private.flush_range(3..6).unwrap();
    private.flush_async().unwrap();
    assert_eq!(private.bytes().unwrap(), b"012abc678z");
    assert_eq!(std::fs::read("file").unwrap(), b"0123456789");
    assert_eq!(other.bytes().unwrap(), b"0123456789");
    private.unmap().unwrap();
    drop(other);
    assert_eq!(std::fs::read("file").unwrap(), b"0123456789");
}
