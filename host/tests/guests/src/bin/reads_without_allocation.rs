//! `read_at` fills the caller's buffer with no allocation on the way, and what
//! other imports return is allocated as ever.

use test_guests::{Counting, PAGE, memory_pages, on_polyfill, pattern};

#[global_allocator]
static ALLOCATOR: Counting = Counting::new();

fn main() {
    let bytes = pattern(3 * 1024 * 1024 + 5);
    std::fs::write("file", &bytes).unwrap();
    let mapping = mem::open("file").unwrap();
    let mut buffer = vec![0; bytes.len()];

    let before = (ALLOCATOR.calls(), memory_pages());
    for _ in 0..20 {
        buffer.fill(0);
        mapping.read_exact_at(0, &mut buffer).unwrap();
        assert!(buffer == bytes);
        assert_eq!(mapping.read_at(PAGE + 1, &mut buffer[..100]).unwrap(), 100);
        assert_eq!(buffer[..100], bytes[PAGE as usize + 1..][..100]);
    }
    assert_eq!((ALLOCATOR.calls(), memory_pages()), before);

    // A read that fails leaves nothing behind for what comes next.
    mapping.read_exact_at(u64::MAX, &mut buffer).unwrap_err();
    std::fs::write("file", "").unwrap();
    if on_polyfill() {
        // Until then it reads what it keeps.
        mapping.advise(mem::Advice::Cold).unwrap();
    }
    mapping.read_exact_at(PAGE, &mut buffer[..10]).unwrap_err();
    std::fs::write("other", "other bytes").unwrap();
    buffer.fill(7);
    assert_eq!(std::fs::read("other").unwrap(), b"other bytes");
    assert_eq!(std::fs::read_dir(".").unwrap().count(), 2);
    assert_eq!(std::env::args().count(), 1);
    assert!(buffer.iter().all(|&byte| byte == 7));
}
