//! What a window cannot be made of, and how its errors read.

use mem::{Access, ErrorCode, Mapping, Options, Protection};
use std::hint::black_box;
use test_guests::{PAGE, code, on_polyfill, pattern, windows_are_zero_copy};

fn main() {
    std::fs::write("file", pattern(10_000)).unwrap();
    ranges();
    messages();
    protected();
    if cfg!(target_pointer_width = "32") {
        room();
    }
    shorter();
}

fn ranges() {
    let mapping = mem::open_mut("file").unwrap();
    let part = Options::new()
        .access(Access::ReadWrite)
        .offset(100)
        .len(1000)
        .open("file")
        .unwrap();
    let outside = |mapping: &Mapping, start, end| {
        assert_eq!(code(mapping.window(start..end)), ErrorCode::OutOfBounds);
        assert_eq!(code(mapping.window_mut(start..end)), ErrorCode::OutOfBounds);
    };
    outside(&mapping, 0, 10_001);
    outside(&mapping, 9_999, 10_001);
    outside(&mapping, 10_001, 10_001);
    outside(&mapping, u64::MAX - 1, u64::MAX);
    outside(&mapping, 0, u64::MAX);
    // Not even where the page has more bytes of the file.
    outside(&part, 0, 1001);
    outside(&part, 1000, 1001);
    #[expect(clippy::reversed_empty_ranges, reason = "the case under test")]
    let backwards = 7..3;
    assert_eq!(code(mapping.window(backwards)), ErrorCode::InvalidArgument);
    let overflow = 0..=u64::MAX;
    assert_eq!(
        code(mapping.window_mut(overflow)),
        ErrorCode::InvalidArgument
    );
}

fn messages() {
    let starts = |error: mem::Error, start: &str| {
        let text = error.to_string();
        assert!(text.starts_with(start), "{text}");
        assert_eq!(error.operation(), "window");
    };
    let read_only = mem::open("file").unwrap();
    starts(
        read_only.window_mut(0..100).unwrap_err(),
        r#"mem: window 100 bytes at offset 0 of "file": read-only: "#,
    );
    starts(
        read_only.window_mut(..).unwrap_err(),
        r#"mem: window "file": read-only: "#,
    );
    starts(
        read_only.window(9_999..10_001).unwrap_err(),
        r#"mem: window 2 bytes at offset 9999 of "file": out of bounds: "#,
    );
    let anonymous = mem::anonymous(10).unwrap();
    let _window = anonymous.window_mut(..).unwrap();
    starts(
        anonymous.window(5..6).unwrap_err(),
        "mem: window 1 byte at offset 5 of anonymous mapping: busy: ",
    );
    // Nothing of a read-only file can be written, not even nothing.
    assert_eq!(code(read_only.window_mut(5..5)), ErrorCode::ReadOnly);
}

/// Pages that `protect` has made read-only are not attached. What is written
/// to a copy does not reach them.
fn protected() {
    let mapping = mem::open_mut("file").unwrap();
    mapping.protect_range(..PAGE, Protection::Read).unwrap();
    mapping.window_mut(PAGE..).unwrap().fill(1);
    if windows_are_zero_copy() {
        assert_eq!(code(mapping.window_mut(4000..5000)), ErrorCode::ReadOnly);
        assert_eq!(code(mapping.window(4000..5000)), ErrorCode::ReadOnly);
    } else {
        let mut window = mapping.window_mut(4000..5000).unwrap();
        window.fill(2);
        let error = window.flush().unwrap_err();
        assert_eq!(error.code(), ErrorCode::ReadOnly);
        assert_eq!(error.operation(), "flush");
        let error = window.detach().unwrap_err();
        assert_eq!(error.code(), ErrorCode::ReadOnly);
        assert_eq!(error.operation(), "detach");
        let mut window = mapping.window_mut(4000..5000).unwrap();
        window.fill(2);
        drop(window);
    }
    mapping.protect(Protection::ReadWrite).unwrap();
    assert!(mapping.bytes().unwrap()[..PAGE as usize] == pattern(PAGE as usize));
    mapping.window_mut(..).unwrap();
}

/// The guest's memory has 4 GiB.
fn room() {
    let file = std::fs::File::create("large").unwrap();
    file.set_len(5 << 30).unwrap();
    let mapping = mem::open("large").unwrap();
    for range in [0..5 << 30, 0..1 << 31, 0..(1 << 31) - 1, 1..3 << 30] {
        // Of 2 GiB and more there is no slice. The third would fit without
        // rounding to pages.
        assert_eq!(code(mapping.window(range)), ErrorCode::QuotaExceeded);
    }
    let taken = [(); 2].map(|()| black_box(Vec::<u8>::with_capacity(3 << 29)));
    assert_eq!(code(mapping.window(..3 << 29)), ErrorCode::QuotaExceeded);
    drop(taken);
    let window = mapping.window(..1 << 20).unwrap();
    assert!(window.iter().all(|&byte| byte == 0));
    drop(window);
    std::fs::remove_file("large").unwrap();
}

fn shorter() {
    let bytes = pattern(3 * PAGE as usize);
    std::fs::write("file", &bytes).unwrap();
    let mapping = mem::open("file").unwrap();
    let window = mapping.window(100..).unwrap();
    let start = mapping.window(..PAGE).unwrap();
    window.check().unwrap();
    let file = std::fs::File::options().write(true).open("file").unwrap();
    file.set_len(PAGE).unwrap();
    start.check().unwrap();
    if windows_are_zero_copy() {
        let error = window.check().unwrap_err();
        assert_eq!(
            (error.code(), error.operation()),
            (ErrorCode::Truncated, "check")
        );
        assert!(window[PAGE as usize - 100..].iter().all(|&byte| byte == 0));
        assert!(window[..PAGE as usize - 100] == bytes[100..PAGE as usize]);
    } else {
        window.check().unwrap();
        assert!(*window == bytes[100..]);
    }
    if on_polyfill() {
        // Until then it reads what it keeps.
        mapping.advise(mem::Advice::Cold).unwrap();
    }
    assert_eq!(code(mapping.bytes()), ErrorCode::Truncated);
    assert_eq!(code(mapping.window(PAGE - 1..)), ErrorCode::Truncated);
    window.detach().unwrap();
    assert!(*start == bytes[..PAGE as usize]);
}
