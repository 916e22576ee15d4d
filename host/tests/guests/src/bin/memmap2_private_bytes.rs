//! A map that cannot be written takes no private memory of the host, which grants
//! one page of it.

#![expect(
    clippy::undocumented_unsafe_blocks,
    reason = "nobody else shortens a test's files, and pointers stay inside their maps"
)]

use memmap2::MmapOptions;
use std::fs::{self, File};
use std::io::ErrorKind;
use test_guests::pattern;

fn main() {
    let bytes = pattern(10 * 4096);
    fs::write("file", &bytes).unwrap();
    let file = File::open("file").unwrap();
    let map = || unsafe { MmapOptions::new().map_copy_read_only(&file) }.unwrap();
    let maps: Vec<_> = (0..10).map(|_| map()).collect();
    assert!(maps.iter().all(|map| map[..] == bytes));
    drop(maps);
    let refused = map().make_mut().unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::OutOfMemory);

    // A part that can be written is.
    let part = unsafe { MmapOptions::new().len(4096).map_copy_read_only(&file) };
    let mut part = part.unwrap().make_mut().unwrap();
    part.fill(1);
    part.flush().unwrap();
    let part = part.make_read_only().unwrap();
    assert!(part.iter().all(|&byte| byte == 1));
    assert!(fs::read("file").unwrap() == bytes);
}
