//! What the machine and the host write where a window is goes to the window.
//! A file mapped read-only does not change.

use std::fs::File;
use std::io::Read;
use std::slice;
use test_guests::raw::Access;
use test_guests::{Buffer, PAGE, map, pattern};

const P: usize = PAGE as usize;

fn main() {
    let source = vec![0xa5; 4 * P];
    std::fs::write("source", &source).unwrap();
    let from_file = mem::open("source").unwrap();
    for access in [Access::ReadOnly, Access::CopyOnWrite, Access::ReadWrite] {
        let bytes = pattern(4 * P);
        std::fs::write("file", &bytes).unwrap();
        let mapping = map("file", access);
        let buffer = Buffer::new(4);
        let window = buffer.attach(&mapping, 0).unwrap();
        // SAFETY: the bytes are the buffer's, which nothing else uses while
        // this slice is written.
        let target = || unsafe { slice::from_raw_parts_mut(buffer.as_mut_ptr(), 4 * P) };

        // `memory.fill` and `memory.copy`.
        target().fill(1);
        assert_eq!(buffer.bytes(0..4 * P), [1; 4 * P]);
        target().copy_from_slice(&source);
        assert_eq!(buffer.bytes(0..4 * P), source);
        target().fill(2);
        // The result of a call of mem.
        from_file.read_exact_at(0, target()).unwrap();
        assert_eq!(buffer.bytes(0..4 * P), source);
        target().fill(3);
        // The result of a call of WASI.
        File::open("source").unwrap().read_exact(target()).unwrap();
        assert_eq!(buffer.bytes(0..4 * P), source);
        // A read of the very pages that it goes to.
        target().fill(4);
        let own = mem::open("file").unwrap();
        own.read_exact_at(0, target()).unwrap();

        let now = std::fs::read("file").unwrap();
        if access == Access::ReadWrite {
            assert_eq!(now, [4; 4 * P]);
        } else {
            assert_eq!(now, bytes);
            assert_eq!(buffer.bytes(0..4 * P), bytes);
        }
        drop(window);
    }
}
