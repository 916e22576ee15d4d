//! `read_many` fills the buffer with the bytes of all ranges in their order,
//! or says which of its rules is not kept and reads nothing.

use mem::ErrorCode;
use std::ops::Range;
use test_guests::{Counting, PAGE, code, pattern};

#[global_allocator]
static ALLOCATOR: Counting = Counting::new();

const MIB: u64 = 1 << 20;
const LENGTH: u64 = 4 * MIB + 5;

fn main() {
    let bytes = pattern(LENGTH as usize);
    std::fs::write("file", &bytes).unwrap();
    lists(&bytes);
    errors();
    leaves_nothing_armed();
}

fn lists(bytes: &[u8]) {
    let mapping = mem::open("file").unwrap();
    let many: Vec<Range<u64>> = (0..1000)
        .map(|i| (i * 7919) % (LENGTH - 100)..(i * 7919) % (LENGTH - 100) + i % 90)
        .collect();
    let large: Vec<Range<u64>> = (0..7).map(|i| i..i + 700_000).collect();
    let lists: [&[Range<u64>]; 14] = [
        &[],
        #[expect(clippy::single_range_in_vec_init, reason = "a list of one")]
        &[3..10],
        #[expect(clippy::single_range_in_vec_init, reason = "a list of one")]
        &[5..5],
        &[5..5, LENGTH..LENGTH, 0..0],
        &[100..200, 0..10, 150..160],
        &[9..9, 8..9, 8..8, 7..9, LENGTH - 1..LENGTH, LENGTH..LENGTH],
        &[0..LENGTH, 5..6],
        &[5..6, 0..LENGTH],
        &[1..1, 0..LENGTH, 7..7, 2..LENGTH, 2..4],
        &[0..MIB, 1..MIB + 1],
        &[0..MIB - 1, 1..2, 1..2],
        &[1..PAGE, 3..PAGE + 1],
        &many,
        &large,
    ];
    for ranges in lists {
        let expected: Vec<u8> = ranges
            .iter()
            .flat_map(|range| &bytes[range.start as usize..range.end as usize])
            .copied()
            .collect();
        let mut buffer = vec![0xaa; expected.len() + 2];
        let before = ALLOCATOR.calls();
        mapping
            .read_many(ranges, &mut buffer[1..][..expected.len()])
            .unwrap();
        assert_eq!(ALLOCATOR.calls(), before);
        assert!(buffer[1..][..expected.len()] == expected, "{ranges:?}");
        assert_eq!((buffer[0], buffer[expected.len() + 1]), (0xaa, 0xaa));
    }
}

fn errors() {
    let mapping = mem::open("file").unwrap();
    let fails = |ranges: &[Range<u64>], length: usize, start: &str| {
        let mut buffer = vec![0xaa; length];
        let error = mapping.read_many(ranges, &mut buffer).unwrap_err();
        let text = error.to_string();
        assert!(text.starts_with(start), "{text}");
        assert_eq!(error.operation(), "read");
        assert!(buffer.iter().all(|&byte| byte == 0xaa));
    };
    let wrong = r#"mem: read 2 ranges of "file": invalid argument: "#;
    fails(&[0..10, 20..30], 19, wrong);
    fails(&[0..10, 20..30], 21, wrong);
    fails(&[0..0, 7..7], 1, wrong);
    let wrong = r#"mem: read 0 ranges of "file": invalid argument: "#;
    fails(&[], 1, wrong);
    #[expect(clippy::reversed_empty_ranges, reason = "the case under test")]
    let backwards = [0..10, 30..20];
    let wrong = r#"mem: read bytes 30..20 of "file": invalid argument: "#;
    fails(&backwards, 10, wrong);

    let outside = |ranges: &[Range<u64>], length| {
        let mut buffer = vec![0xaa; length];
        let result = mapping.read_many(ranges, &mut buffer);
        assert_eq!(code(result), ErrorCode::OutOfBounds);
        assert!(buffer.iter().all(|&byte| byte == 0xaa));
    };
    outside(&[0..10, LENGTH - 1..LENGTH + 1], 12);
    outside(&[0..10, LENGTH + 1..LENGTH + 1], 10);
    outside(&[0..10, u64::MAX..u64::MAX], 10);
    outside(&[0..u64::MAX, 0..u64::MAX], 10);
    // One that a later call to the host would have found.
    outside(
        &[0..MIB, 1..MIB + 1, LENGTH..LENGTH + 1],
        2 * MIB as usize + 1,
    );
    let error = mapping.read_many(&[0..1, LENGTH..LENGTH + 2], &mut [0; 3]);
    let text = error.unwrap_err().to_string();
    let start = r#"mem: read 2 bytes at offset 4194309 of "file": out of bounds: "#;
    assert!(text.starts_with(start), "{text}");
}

/// A read that fails leaves nothing behind for what comes next.
fn leaves_nothing_armed() {
    let mapping = mem::open("file").unwrap();
    std::fs::write("file", "").unwrap();
    let mut buffer = [7; 20];
    // The host finds the first while it copies, and knows the second before.
    for _ in 0..2 {
        let result = mapping.read_many(&[PAGE..PAGE + 10, 0..10], &mut buffer);
        assert_eq!(code(result), ErrorCode::Truncated);
    }
    buffer.fill(7);
    std::fs::write("other", "other bytes").unwrap();
    assert_eq!(std::fs::read("other").unwrap(), b"other bytes");
    assert_eq!(std::fs::read_dir(".").unwrap().count(), 2);
    assert_eq!(std::env::args().count(), 1);
    assert_eq!(buffer, [7; 20]);
}
