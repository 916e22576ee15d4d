//! A copy brings to the file what was changed in it, and no other byte: what
//! others wrote meanwhile stays. All of it holds of the file's own pages too.

use mem::{Access, Mapping, Options, WindowMut};
use test_guests::{PAGE, pattern};

const LENGTH: usize = 3 * PAGE as usize + 777;

fn main() {
    for ending in [flushed, written_back, detached, dropped] {
        what_is_only_borrowed_is_not_written(ending);
        bytes_beside_a_change_stay(ending);
        bytes_between_changes_stay(ending);
        two_windows_write_a_half_each(ending);
    }
    what_was_written_is_not_written_again();
    what_is_changed_back_is_written();
    a_part_brings_no_other_page();
}

fn flushed(window: WindowMut) {
    window.flush().unwrap();
}

fn written_back(window: WindowMut) {
    window.write_back().unwrap();
}

fn detached(window: WindowMut) {
    window.detach().unwrap();
}

fn dropped(window: WindowMut) {
    drop(window);
}

/// Two mappings of a file that holds the pattern.
fn twice() -> (Mapping, Mapping) {
    std::fs::write("file", pattern(LENGTH)).unwrap();
    (
        mem::open_mut("file").unwrap(),
        mem::open_mut("file").unwrap(),
    )
}

fn what_is_only_borrowed_is_not_written(ending: fn(WindowMut)) {
    let (mapping, other) = twice();
    let mut window = mapping.window_mut(..).unwrap();
    assert_eq!(window.as_mut().len(), LENGTH);
    let _ = window.as_mut_ptr();
    let written = !other.get::<u8>(5000).unwrap();
    other.set(5000, written).unwrap();
    ending(window);
    assert_eq!(mapping.get::<u8>(5000).unwrap(), written);
}

fn bytes_beside_a_change_stay(ending: fn(WindowMut)) {
    for by_pointer in [false, true] {
        let (mapping, other) = twice();
        let mut window = mapping.window_mut(..).unwrap();
        let mut expected = pattern(LENGTH);
        expected[0] = !expected[0];
        if by_pointer {
            // SAFETY: the window has this byte, and is not borrowed.
            unsafe { window.as_mut_ptr().write(expected[0]) };
        } else {
            window[0] = expected[0];
        }
        for at in [1, 7, 4096, LENGTH - 1] {
            expected[at] = !expected[at];
            other.set(at as u64, expected[at]).unwrap();
        }
        ending(window);
        assert!(other.bytes().unwrap() == expected, "{by_pointer}");
    }
}

/// Each third byte is changed, by runs of one byte and of ten.
fn bytes_between_changes_stay(ending: fn(WindowMut)) {
    let (mapping, other) = twice();
    let mut window = mapping.window_mut(..).unwrap();
    let mut expected = pattern(LENGTH);
    for at in 0..LENGTH {
        let others = if at < 600 { at % 3 == 1 } else { at % 30 == 10 };
        let ours = if at < 600 { at % 3 == 0 } else { at % 30 < 10 };
        if ours || others {
            expected[at] = !expected[at];
        }
        if ours {
            window[at] = expected[at];
        } else if others {
            other.set(at as u64, expected[at]).unwrap();
        }
    }
    ending(window);
    assert!(other.bytes().unwrap() == expected);
}

fn two_windows_write_a_half_each(ending: fn(WindowMut)) {
    let (first, second) = twice();
    let half = LENGTH / 2;
    let mut windows = [&first, &second].map(|mapping| mapping.window_mut(..).unwrap());
    windows[0][..half].fill(1);
    windows[1][half..].fill(2);
    let [window, other] = windows;
    ending(window);
    ending(other);
    for mapping in [&first, &second] {
        let bytes = mapping.bytes().unwrap();
        assert!(bytes[..half].iter().all(|&byte| byte == 1));
        assert!(bytes[half..].iter().all(|&byte| byte == 2));
    }
}

fn what_was_written_is_not_written_again() {
    let (mapping, other) = twice();
    let mut window = mapping.window_mut(..).unwrap();
    window[..100].fill(7);
    window.flush().unwrap();
    other.set(50, 8_u8).unwrap();
    window[200] = 9;
    window.flush().unwrap();
    assert_eq!(other.get::<u8>(50).unwrap(), 8);
    assert_eq!(other.get::<u8>(51).unwrap(), 7);
    assert_eq!(other.get::<u8>(200).unwrap(), 9);
}

fn what_is_changed_back_is_written() {
    let (mapping, other) = twice();
    let mut window = mapping.window_mut(100..200).unwrap();
    let before = window[0];
    for value in [!before, before, !before, before] {
        window[0] = value;
        window.write_back().unwrap();
        assert_eq!(other.get::<u8>(100).unwrap(), value);
    }
}

/// A copy keeps the rest for later when only a part of it is written back.
fn a_part_brings_no_other_page() {
    let (_, other) = twice();
    let mapping = Options::new()
        .access(Access::ReadWrite)
        .offset(100)
        .open("file")
        .unwrap();
    let mut window = mapping.window_mut(50..).unwrap();
    let bytes = pattern(LENGTH);
    // In the first, the second and the third page of the file.
    for at in [0, 4000, 8200] {
        window[at] = !window[at];
    }
    let changed =
        || [0, 4000, 8200].map(|at| other.get::<u8>(150 + at).unwrap() != bytes[150 + at as usize]);
    if !window.is_zero_copy() {
        assert_eq!(changed(), [false, false, false]);
        window.write_back_range(4000..4001).unwrap();
        assert_eq!(changed(), [false, true, false]);
        window.flush_range(..1).unwrap();
        assert_eq!(changed(), [true, true, false]);
    }
    window.flush_range(8200..).unwrap();
    window.flush_range(..).unwrap();
    window.flush_range(7..7).unwrap();
    assert_eq!(changed(), [true, true, true]);

    let end = window.len();
    for (outside, words) in [
        (window.flush_range(..end + 1), "mem: flush "),
        (window.write_back_range(end + 1..), "mem: write "),
    ] {
        let error = outside.unwrap_err();
        assert_eq!(error.code(), mem::ErrorCode::OutOfBounds);
        assert!(error.to_string().starts_with(words), "{error}");
    }
    #[expect(clippy::reversed_empty_ranges, reason = "the case under test")]
    let backwards = window.flush_range(4..2).unwrap_err();
    assert_eq!(backwards.code(), mem::ErrorCode::InvalidArgument);
}
