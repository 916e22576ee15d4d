//! A window of more pieces than the host allows is not made, and nothing of it
//! is left. The host grants 2 windows.

use mem::ErrorCode;
use test_guests::code;

/// The largest part that the SDK attaches by one call.
const PIECE: u64 = 64 << 20;

fn main() {
    let file = std::fs::File::create("large").unwrap();
    file.set_len(3 * PIECE).unwrap();
    let mapping = mem::open_mut("large").unwrap();
    for _ in 0..100 {
        assert_eq!(code(mapping.window(..)), ErrorCode::QuotaExceeded);
        assert_eq!(
            code(mapping.window_mut(..2 * PIECE + 1)),
            ErrorCode::QuotaExceeded
        );
    }
    let mut window = mapping.window_mut(..2 * PIECE).unwrap();
    assert!(window.is_zero_copy());
    let last = window.len() - 1;
    (window[0], window[last]) = (1, 2);
    assert_eq!(code(mapping.window(2 * PIECE..)), ErrorCode::QuotaExceeded);
    drop(window);
    // The memory that it had holds zeros, and can be used for anything.
    let bytes = vec![7_u8; 3 * PIECE as usize];
    assert_eq!(mapping.get::<u8>(0).unwrap(), 1);
    assert_eq!(mapping.get::<u8>(2 * PIECE - 1).unwrap(), 2);
    assert_eq!(mapping.get::<u64>(1).unwrap(), 0);
    assert_eq!(mapping.get::<u64>(PIECE).unwrap(), 0);
    drop(bytes);
    let [first, second] = [0, PIECE].map(|start| mapping.window(start..=start).unwrap());
    assert_eq!((first[0], second[0]), (1, 0));
}
