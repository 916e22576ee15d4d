//! Windows that come and go take no more of the guest's memory than the windows
//! that exist at the same time.

use test_guests::{PAGE, memory_pages, pattern, windows_are_zero_copy};

fn main() {
    let bytes = pattern(100 * PAGE as usize);
    std::fs::write("file", &bytes).unwrap();
    let mapping = mem::open_mut("file").unwrap();
    let all = |times: u64| {
        for i in 0..times {
            let start = i * 37 % (90 * PAGE);
            let end = start + 1 + i * 101 % (10 * PAGE);
            let expected = &bytes[start as usize..end as usize];
            let window = mapping.window(start..end).unwrap();
            assert_eq!(window.is_zero_copy(), windows_are_zero_copy());
            assert!(*window == *expected, "{i}");
            if i % 2 == 0 {
                window.detach().unwrap();
            } else {
                drop(window);
            }
            let mut window = mapping.window_mut(start..end).unwrap();
            let first = window[0];
            window[0] = !first;
            window[0] = first;
        }
    };
    // What the allocator needs for a few of them.
    all(10);
    let before = memory_pages();
    all(10_000);
    // Sizes differ from time to time, and so does where there is room.
    assert!(memory_pages() - before <= 4, "{before} {}", memory_pages());
    let before = memory_pages();
    all(10_000);
    assert_eq!(memory_pages(), before);
    // None is left that would keep others out.
    drop(mapping.window_mut(..).unwrap());
    mapping.write_all_at(0, &bytes).unwrap();
}
