//! Pages that the file has lost read as zeros in a window, and `check`
//! reports the loss.

use std::fs::File;
use std::io::Write;
use test_guests::raw::window::Window;
use test_guests::raw::{Access, ErrorCode, FlushMode};
use test_guests::{Buffer, PAGE, map, pattern};

const P: usize = PAGE as usize;

fn main() {
    for access in [Access::ReadOnly, Access::ReadWrite, Access::CopyOnWrite] {
        let bytes = pattern(8 * P);
        std::fs::write("file", &bytes).unwrap();
        let mapping = map("file", access);
        let buffer = Buffer::new(8);
        let window = buffer.attach(&mapping, 0).unwrap();
        let other = Buffer::new(2);
        let before = other.attach(&mapping, 0).unwrap();
        window.check().unwrap();

        let file = File::options().write(true).open("file").unwrap();
        file.set_len(2 * PAGE).unwrap();
        // A new window is refused, even if nothing has met the loss yet.
        let fresh = Buffer::new(3);
        let refused = fresh.attach(&mapping, 0).map(drop);
        assert_eq!(refused, Err(ErrorCode::Truncated));
        drop(fresh.attach_part(&mapping, 0, 0..2 * P).unwrap());
        assert_eq!(window.check(), Err(ErrorCode::Truncated));
        assert_eq!(buffer.get(5 * P), 0);
        assert_eq!(buffer.bytes(2 * P..8 * P), [0; 6 * P]);
        assert_eq!(buffer.bytes(0..2 * P), bytes[..2 * P]);
        // Where the pages were the guest has plain memory.
        buffer.set(5 * P, 5);
        // SAFETY: the bytes are the buffer's.
        unsafe { buffer.as_mut_ptr().add(2 * P).write_bytes(7, 6 * P) };
        assert_eq!(buffer.bytes(2 * P..8 * P), [7; 6 * P]);
        if access == Access::ReadWrite {
            let flushed = mapping.flush(None, FlushMode::Synchronous);
            assert_eq!(flushed, Err(ErrorCode::Truncated));
        }
        // Other windows go on, and so does this one's first part.
        before.check().unwrap();
        assert_eq!(other.bytes(0..2 * P), bytes[..2 * P]);

        // The host meets lost pages as well.
        std::fs::write("file", &bytes).unwrap();
        let again = map("file", access);
        let third = Buffer::new(8);
        let third_window = third.attach(&again, 0).unwrap();
        file.set_len(PAGE).unwrap();
        // SAFETY: the bytes are the buffer's.
        let lost = unsafe { std::slice::from_raw_parts(third.as_mut_ptr().add(P), 7 * P) };
        File::create("copy").unwrap().write_all(lost).ok();
        assert_eq!(third_window.check(), Err(ErrorCode::Truncated));
        drop((window, before, third_window));

        // A file that has grown again is mapped anew.
        std::fs::write("file", &bytes).unwrap();
        let again = map("file", access);
        let window = buffer.attach(&again, 0).unwrap();
        assert_eq!(buffer.bytes(0..8 * P), bytes);
        Window::detach(window).unwrap();
    }
}
