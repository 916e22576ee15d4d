//! A window shows the bytes of its range and no others, wherever the range and
//! the mapping start and end.

use mem::{Access, Mapping, Options, Window, WindowMut};
use std::io::{Seek, SeekFrom, Write};
use std::ops::Bound;
use test_guests::{PAGE, pattern, windows_are_zero_copy};

const LENGTH: usize = 3 * PAGE as usize + 777;

/// The largest part that the SDK attaches by one call.
const PIECE: u64 = 64 << 20;

fn main() {
    any_range();
    ways_to_write_a_range();
    nothing();
    anonymous();
    many_at_once();
    more_than_one_piece();
}

fn any_range() {
    let bytes = pattern(LENGTH);
    std::fs::write("file", &bytes).unwrap();
    let page = PAGE as usize;
    for access in [Access::ReadOnly, Access::ReadWrite, Access::CopyOnWrite] {
        for file_offset in [0, 1, 777, page - 1, page, page + 1, 2 * page + 100] {
            let mapping = Options::new()
                .access(access)
                .offset(file_offset as u64)
                .open("file")
                .unwrap();
            let bytes = &bytes[file_offset..];
            let edges = [0, 1, 776, page - 777, page - 1, page, page + 1, 2 * page];
            let from_end = [0, 1, 776, 777, 778, page + 777];
            let from_end = from_end.map(|rest| bytes.len().saturating_sub(rest));
            let edges: Vec<_> = edges.into_iter().chain(from_end).collect();
            for &start in &edges {
                for &end in &edges {
                    if start > end || end > bytes.len() {
                        continue;
                    }
                    let range = start as u64..end as u64;
                    let window = mapping.window(range.clone()).unwrap();
                    assert!(*window == bytes[start..end], "{file_offset} {range:?}");
                    assert_eq!(
                        window.is_zero_copy(),
                        windows_are_zero_copy() || start == end,
                        "{file_offset} {range:?}"
                    );
                    window.check().unwrap();
                    drop(window);
                    if access != Access::ReadOnly {
                        let window = mapping.window_mut(range.clone()).unwrap();
                        assert!(*window == bytes[start..end], "{file_offset} {range:?}");
                        window.check().unwrap();
                    }
                }
            }
        }
    }
}

fn ways_to_write_a_range() {
    let bytes = pattern(LENGTH);
    let mapping = mem::open("file").unwrap();
    let shows = |window: Window, expected: &[u8]| {
        assert!(window.as_ref() == expected);
        // However it is let go.
        window.detach().unwrap();
    };
    shows(mapping.window(..).unwrap(), &bytes);
    shows(mapping.window(5000..).unwrap(), &bytes[5000..]);
    shows(mapping.window(..=5000).unwrap(), &bytes[..=5000]);
    shows(mapping.window(7..=7).unwrap(), &bytes[7..=7]);
    let after = (Bound::Excluded(99), Bound::Unbounded);
    shows(mapping.window(after).unwrap(), &bytes[100..]);
    let window = mapping.window(4096..5000).unwrap();
    let expected = format!(
        r#"Window {{ path: Some("file"), offset: 4096, len: 904, is_zero_copy: {}, .. }}"#,
        windows_are_zero_copy()
    );
    assert_eq!(format!("{window:?}"), expected);
    // Other threads of a guest may have them, as they may a mapping.
    fn is_send_and_sync<T: Send + Sync>() {}
    is_send_and_sync::<Mapping>();
    is_send_and_sync::<Window>();
    is_send_and_sync::<WindowMut>();
}

fn nothing() {
    std::fs::write("empty", "").unwrap();
    let empty = mem::open_mut("empty").unwrap();
    let full = mem::open_mut("file").unwrap();
    for mapping in [&empty, &full] {
        let end = mapping.len();
        let window = mapping.window(end..).unwrap();
        let mut window_mut = mapping.window_mut(end..end).unwrap();
        assert!(window.is_empty() && window_mut.is_empty());
        assert!(window.is_zero_copy() && window_mut.is_zero_copy());
        window_mut.as_mut().fill(7);
        window_mut.flush().unwrap();
        window.check().unwrap();
        window_mut.detach().unwrap();
        window.detach().unwrap();
    }
    assert!(empty.window(..).unwrap().is_empty());
}

fn anonymous() {
    let bytes = pattern(LENGTH);
    let mapping = mem::anonymous(LENGTH as u64).unwrap();
    mapping.write_all_at(0, &bytes).unwrap();
    let window = mapping.window(100..5000).unwrap();
    assert!(*window == bytes[100..5000]);
    assert!(!window.is_zero_copy());
}

/// Windows lie beside each other, and stay where they are when memory grows.
fn many_at_once() {
    let bytes = pattern(LENGTH);
    let mapping = mem::open("file").unwrap();
    let windows: Vec<Window> = (0..500)
        .map(|i| mapping.window(i * 7..LENGTH as u64 - i * 5).unwrap())
        .collect();
    let allocated: Vec<Vec<u8>> = (0..200).map(|i| vec![i; 50_000]).collect();
    for (i, window) in windows.iter().enumerate() {
        assert!(**window == bytes[i * 7..LENGTH - i * 5], "{i}");
    }
    // What was allocated between windows stays when they go.
    drop(windows);
    for (i, bytes) in allocated.iter().enumerate() {
        assert!(bytes.iter().all(|&byte| byte == i as u8));
    }
}

fn more_than_one_piece() {
    let mut file = std::fs::File::create("large").unwrap();
    file.set_len(2 * PIECE + 3 * PAGE).unwrap();
    let marks = [0, PIECE - 1, PIECE, PIECE + 5, 2 * PIECE, 2 * PIECE + PAGE];
    for (i, mark) in marks.iter().enumerate() {
        file.seek(SeekFrom::Start(*mark)).unwrap();
        file.write_all(&[i as u8 + 1]).unwrap();
    }
    drop(file);
    for (file_offset, start) in [(0, 0), (0, PAGE - 1), (100, 0), (100, PAGE)] {
        let mapping = Options::new().offset(file_offset).open("large").unwrap();
        let window = mapping.window(start..).unwrap();
        assert_eq!(window.is_zero_copy(), windows_are_zero_copy());
        assert_eq!(window.len() as u64, mapping.len() - start);
        let first = file_offset + start;
        let mut found = 0;
        for (i, mark) in marks.iter().enumerate() {
            if let Some(at) = mark.checked_sub(first) {
                assert_eq!(window[at as usize], i as u8 + 1, "{mark} from {first}");
                found += 1;
            }
        }
        assert!(found >= 5);
        window.check().unwrap();
        window.detach().unwrap();
    }
}
