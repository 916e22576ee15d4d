//! What is far past a quota gives an error each time, and takes nothing of the
//! host's. The host grants 64 mappings, 16 windows, 8 pages of locks, and 8 GiB
//! of mapped bytes; `large` has 5 GiB. The argument is the number of rounds.

use test_guests::raw::window::Window;
use test_guests::raw::{self, Access, Advice, ErrorCode, FlushMode, MapFlags, MapOptions};
use test_guests::raw::{Mapping, Protection, Range};
use test_guests::{Buffer, PAGE, host_status_kib, map};

const GIB: u64 = 1 << 30;

fn main() {
    let rounds: u32 = std::env::args().nth(1).unwrap().parse().unwrap();
    std::fs::write("file", [1; 4 * PAGE as usize]).unwrap();
    let buffer = Buffer::new(32);
    (0..5).for_each(|_| round(&buffer));
    observe();
    let before = observe();
    (0..rounds).for_each(|_| round(&buffer));
    let after = observe();
    println!("{before:?} before, {after:?} after");
    assert_eq!(before.descriptors, after.descriptors);
    // Those of the host's threads and allocator come and go.
    assert!(after.mappings <= before.mappings + 50);
    assert!(after.resident_kib <= before.resident_kib + 16 * 1024);
    assert_eq!(before.locked_kib, after.locked_kib);
}

fn round(buffer: &Buffer) {
    sizes();
    ranges(buffer);
    reads();
    as_many_as_granted(buffer);
}

fn file_map(access: Access, offset: u64, length: Option<u64>) -> Result<Mapping, ErrorCode> {
    let options = MapOptions {
        access,
        flags: MapFlags::empty(),
        offset,
        length,
    };
    raw::file_map("file", options)
}

fn anonymous(length: u64) -> Result<Mapping, ErrorCode> {
    let options = MapOptions {
        access: Access::ReadWrite,
        flags: MapFlags::ANONYMOUS,
        offset: 0,
        length: Some(length),
    };
    raw::file_map("", options)
}

fn sizes() {
    for access in [Access::ReadOnly, Access::ReadWrite, Access::CopyOnWrite] {
        let refused = |offset, length| file_map(access, offset, length).unwrap_err();
        for length in [8 * GIB + 1, 1 << 63, u64::MAX] {
            // Longer than the file, which counts first.
            assert_eq!(refused(0, Some(length)), ErrorCode::OutOfBounds);
        }
        for (offset, length) in [(1, u64::MAX), (u64::MAX, 1), (1 << 63, 1 << 63)] {
            assert_eq!(refused(offset, Some(length)), ErrorCode::InvalidArgument);
        }
        for offset in [1 << 63, u64::MAX] {
            assert_eq!(refused(offset, None), ErrorCode::OutOfBounds);
            assert_eq!(refused(offset, Some(0)), ErrorCode::OutOfBounds);
        }
    }
    for length in [4 * GIB + 1, 1 << 63, u64::MAX] {
        assert_eq!(anonymous(length).unwrap_err(), ErrorCode::QuotaExceeded);
    }
}

fn ranges(buffer: &Buffer) {
    let mapping = map("file", Access::ReadWrite);
    let size = mapping.size();
    let outside = ErrorCode::OutOfBounds;
    for (offset, length) in [
        (1, u64::MAX),
        (u64::MAX, 1),
        (u64::MAX, u64::MAX),
        (1 << 63, 1 << 63),
        (size, u64::MAX - size + 1),
        (u64::MAX - PAGE + 1, PAGE),
        (u64::MAX, 0),
        (size + 1, 0),
    ] {
        let range = Range { offset, length };
        let good = Range {
            offset: 0,
            length: 1,
        };
        assert_eq!(mapping.read(offset, length).unwrap_err(), outside);
        assert_eq!(mapping.read_many(&[good, range]).unwrap_err(), outside);
        assert_eq!(mapping.read_many(&[range, range]).unwrap_err(), outside);
        let range = Some(range);
        for mode in [FlushMode::Synchronous, FlushMode::Asynchronous] {
            assert_eq!(mapping.flush(range, mode), Err(outside));
        }
        assert_eq!(mapping.lock(range), Err(outside));
        assert_eq!(mapping.unlock(range), Err(outside));
        assert_eq!(mapping.advise(range, Advice::Cold), Err(outside));
        assert_eq!(mapping.advise(range, Advice::PopulateWrite), Err(outside));
        assert_eq!(mapping.protect(range, Protection::Read), Err(outside));
    }
    for offset in [u64::MAX, u64::MAX - 6, size] {
        assert_eq!(mapping.load_u8(offset), Err(outside));
        assert_eq!(mapping.load_u16(offset), Err(outside));
        assert_eq!(mapping.load_u32(offset), Err(outside));
        assert_eq!(mapping.load_u64(offset), Err(outside));
        assert_eq!(mapping.load_u64x8(offset).unwrap_err(), outside);
        for count in [1, 1 << 58, 1 << 63, u64::MAX] {
            assert_eq!(mapping.read_u64x8(offset, count).unwrap_err(), outside);
        }
        assert_eq!(mapping.store_u8(offset, 0), Err(outside));
        assert_eq!(mapping.store_u16(offset, 0), Err(outside));
        assert_eq!(mapping.store_u32(offset, 0), Err(outside));
        assert_eq!(mapping.store_u64(offset, 0), Err(outside));
        assert_eq!(mapping.write(offset, b"12345678"), Err(outside));
    }
    for offset in [u64::MAX - PAGE + 1, 1 << 63, 4 * PAGE] {
        assert_eq!(buffer.attach(&mapping, offset).unwrap_err(), outside);
    }
}

fn reads() {
    let large = map("large", Access::ReadOnly);
    for length in [(64 << 20) + 1, 4 * GIB - 1, 4 * GIB, 5 * GIB] {
        assert_eq!(large.read(0, length).unwrap_err(), ErrorCode::QuotaExceeded);
    }
    // Together past the limit, past 32 bits, and past 64 bits but for the
    // size of the file.
    let gib = Range {
        offset: 0,
        length: GIB,
    };
    for count in [1, 4, 5] {
        let refused = large.read_many(&vec![gib; count]).unwrap_err();
        assert_eq!(refused, ErrorCode::QuotaExceeded);
    }
}

fn as_many_as_granted(buffer: &Buffer) {
    let mut mappings = Vec::new();
    let refused = loop {
        match file_map(Access::ReadWrite, 0, None) {
            Ok(mapping) => mappings.push(mapping),
            Err(error) => break error,
        }
    };
    assert_eq!((refused, mappings.len()), (ErrorCode::QuotaExceeded, 64));
    assert_eq!(anonymous(1).unwrap_err(), ErrorCode::QuotaExceeded);
    mappings.truncate(2);

    // Eight pages: each mapping has four.
    for mapping in &mappings {
        mapping.lock(None).unwrap();
    }
    mappings.push(anonymous(1).unwrap());
    assert_eq!(mappings[2].lock(None), Err(ErrorCode::LockLimit));

    let page = |index: usize| index * PAGE as usize..(index + 1) * PAGE as usize;
    let attach = |index| buffer.attach_part(&mappings[0], 0, page(index));
    let windows: Vec<Window> = (0..16).map(|index| attach(index).unwrap()).collect();
    assert_eq!(attach(16).unwrap_err(), ErrorCode::QuotaExceeded);
    drop(windows);
}

#[derive(Debug)]
struct Observed {
    descriptors: usize,
    mappings: usize,
    resident_kib: u64,
    locked_kib: u64,
}

fn observe() -> Observed {
    Observed {
        // WASI 0.1 cannot list them.
        descriptors: (0..1024)
            .map(|number| format!("/proc/self/fd/{number}"))
            .filter(|path| std::fs::symlink_metadata(path).is_ok())
            .count(),
        mappings: std::fs::read_to_string("/proc/self/maps")
            .unwrap()
            .lines()
            .count(),
        resident_kib: host_status_kib("VmRSS"),
        locked_kib: host_status_kib("VmLck"),
    }
}
