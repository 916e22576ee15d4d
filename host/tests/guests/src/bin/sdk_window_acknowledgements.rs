//! What was written to pages that the file then lost is not acknowledged, by
//! none of the ways to have it written, even if the file has grown again.

#![expect(
    clippy::undocumented_unsafe_blocks,
    reason = "nobody else shortens a test's files, and pointers stay inside their maps"
)]

use mem::{ErrorCode, WindowMut};
use memmap2::{MmapMut, MmapRaw};
use std::fs::File;
use std::io::ErrorKind;
use test_guests::{PAGE, code, pattern};

const LENGTH: usize = 4 * PAGE as usize;

fn main() {
    let asked: [fn(WindowMut) -> Result<(), mem::Error>; 5] = [
        |window| window.flush(),
        |window| window.flush_range(..1),
        |window| window.write_back(),
        |window| window.write_back_range(..1),
        WindowMut::detach,
    ];
    for acknowledge in asked {
        std::fs::write("file", pattern(LENGTH)).unwrap();
        let mapping = mem::open_mut("file").unwrap();
        let mut window = mapping.window_mut(..).unwrap();
        assert!(window.is_zero_copy());
        lose(|at, byte| window[at] = byte);
        assert_eq!(code(acknowledge(window)), ErrorCode::Truncated);
    }

    let asked: [fn(MmapMut) -> std::io::Result<()>; 8] = [
        |map| map.flush(),
        |map| map.flush_range(0, LENGTH),
        |map| map.flush_range(0, 1),
        |map| map.flush_async(),
        |map| map.flush_async_range(0, LENGTH),
        |map| map.flush_async_range(0, 1),
        |map| map.make_read_only().map(drop),
        |map| MmapRaw::from(map).flush(),
    ];
    for acknowledge in asked {
        std::fs::write("file", pattern(LENGTH)).unwrap();
        let file = File::options().read(true).write(true).open("file").unwrap();
        let mut map = unsafe { MmapMut::map_mut(&file) }.unwrap();
        lose(|at, byte| map[at] = byte);
        let error = acknowledge(map).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnexpectedEof, "{error}");
    }
}

/// Writes bytes that are not the file's any more when it has grown again.
fn lose(mut write: impl FnMut(usize, u8)) {
    let file = File::options().write(true).open("file").unwrap();
    file.set_len(PAGE).unwrap();
    write(0, b'0');
    write(3 * PAGE as usize, b'3');
    file.set_len(LENGTH as u64).unwrap();
}
