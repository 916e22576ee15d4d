//! What is written to a window of a copy-on-write mapping stays in the window,
//! which starts with what was written through the mapping.

use mem::{Access, Options};
use test_guests::{PAGE, pattern, windows_are_zero_copy};

fn main() {
    let mut bytes = pattern(3 * PAGE as usize + 777);
    std::fs::write("file", &bytes).unwrap();
    for file_offset in [0, 777] {
        let mapping = Options::new()
            .access(Access::CopyOnWrite)
            .offset(file_offset as u64)
            .open("file")
            .unwrap();
        mapping.write_all_at(4500, b"through the mapping").unwrap();
        let mut expected = bytes[file_offset..].to_vec();
        expected[4500..4519].copy_from_slice(b"through the mapping");

        let mut window = mapping.window_mut(100..9000).unwrap();
        assert_eq!(window.is_zero_copy(), windows_are_zero_copy());
        assert!(*window == expected[100..9000]);
        // In the page that was written, and in one that was not.
        window[4400..4410].fill(1);
        window[8800..].fill(2);
        window.flush().unwrap();
        let of_the_window = window.to_vec();
        assert!(mapping.bytes().unwrap() == expected);
        assert!(std::fs::read("file").unwrap() == bytes);
        assert!(*window == of_the_window);
        window.detach().unwrap();

        let mut window = mapping.window_mut(..).unwrap();
        assert!(*window == expected);
        window.fill(3);
        drop(window);
        let window = mapping.window(..).unwrap();
        assert!(*window == expected);
        drop(window);
        assert!(mapping.bytes().unwrap() == expected);
        mapping.unmap().unwrap();
        assert!(std::fs::read("file").unwrap() == bytes);
    }

    // Another mapping of the file is not concerned.
    let [first, second] = [(); 2].map(|()| {
        let mut options = Options::new();
        options.access(Access::CopyOnWrite).open("file").unwrap()
    });
    let mut window = first.window_mut(..).unwrap();
    window.fill(4);
    assert!(*second.window(..).unwrap() == bytes[..]);
    bytes[7] = 8;
    second.set(7, 8_u8).unwrap();
    assert!(second.bytes().unwrap() == bytes);
    assert!(window.iter().all(|&byte| byte == 4));
}
