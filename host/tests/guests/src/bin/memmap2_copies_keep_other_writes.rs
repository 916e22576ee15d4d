//! A map of the stand-in for memmap2 brings to the file what was changed in it,
//! and no other byte: what others wrote meanwhile stays, as it does natively.

#![expect(
    clippy::undocumented_unsafe_blocks,
    reason = "nobody else shortens a test's files, and pointers stay inside their maps"
)]

use memmap2::{MmapMut, MmapRaw};
use std::fs::{self, File};
use std::io::{Seek, SeekFrom, Write};
use test_guests::pattern;

const LENGTH: usize = 3 * 4096 + 777;

fn main() {
    let endings: [fn(MmapMut); 6] = [
        |map| map.flush().unwrap(),
        |map| map.flush_range(0, 1).unwrap(),
        |map| map.flush_async().unwrap(),
        |map| map.flush_async_range(0, 1).unwrap(),
        |map| drop(map.make_read_only().unwrap()),
        drop,
    ];
    for ending in endings {
        // One is changed, one is borrowed to be written and one has a pointer.
        for change in [true, false] {
            let file = fresh();
            let mut map = unsafe { MmapMut::map_mut(&file) }.unwrap();
            let mut expected = pattern(LENGTH);
            if change {
                expected[0] = !expected[0];
            }
            map[0] = expected[0];
            write_outside(4096, !expected[4096]);
            expected[4096] = !expected[4096];
            ending(map);
            assert!(fs::read("file").unwrap() == expected, "{change}");
        }
        two_maps_write_a_half_each(ending);
    }

    let file = fresh();
    let raw = MmapRaw::map_raw(&file).unwrap();
    write_outside(4096, 7);
    unsafe { raw.as_mut_ptr().write(8) };
    raw.flush_range(0, 1).unwrap();
    drop(raw);
    let bytes = fs::read("file").unwrap();
    assert_eq!((bytes[0], bytes[4096]), (8, 7));
}

fn two_maps_write_a_half_each(ending: fn(MmapMut)) {
    let file = fresh();
    let mut maps = [(); 2].map(|()| unsafe { MmapMut::map_mut(&file) }.unwrap());
    let half = LENGTH / 2;
    maps[0][..half].fill(1);
    maps[1][half..].fill(2);
    maps.into_iter().for_each(ending);
    let bytes = fs::read("file").unwrap();
    assert!(bytes[..half].iter().all(|&byte| byte == 1));
    assert!(bytes[half..].iter().all(|&byte| byte == 2));
}

/// The file with the bytes of the pattern.
fn fresh() -> File {
    fs::write("file", pattern(LENGTH)).unwrap();
    File::options().read(true).write(true).open("file").unwrap()
}

fn write_outside(offset: u64, byte: u8) {
    let mut file = File::options().write(true).open("file").unwrap();
    file.seek(SeekFrom::Start(offset)).unwrap();
    file.write_all(&[byte]).unwrap();
}
