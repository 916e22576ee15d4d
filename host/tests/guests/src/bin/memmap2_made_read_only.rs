//! Making a map of the stand-in for memmap2 read-only writes its bytes to the
//! file, where everybody who uses the file finds them.

#![expect(
    clippy::undocumented_unsafe_blocks,
    reason = "nobody else shortens a test's files, and pointers stay inside their maps"
)]

use memmap2::{Mmap, MmapMut};
use std::fs::{self, File};

fn main() {
    fs::write("file", [b'.'; 10_000]).unwrap();
    let file = File::options().read(true).write(true).open("file").unwrap();
    let mut map = unsafe { MmapMut::map_mut(&file) }.unwrap();
    map[..3].copy_from_slice(b"abc");
    map[9_999] = b'z';
    let map: Mmap = map.make_read_only().unwrap();
    let seen = fs::read("file").unwrap();
    assert_eq!((&seen[..4], seen[9_999]), (&b"abc."[..], b'z'));
    let mut map = map.make_mut().unwrap();
    map[3] = b'd';
    let map = map.make_read_only().unwrap();
    assert_eq!(fs::read("file").unwrap()[..4], *b"abcd");
    assert_eq!(map[..4], *b"abcd");
}
