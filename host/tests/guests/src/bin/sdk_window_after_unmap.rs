//! A window keeps the file mapped when its mapping is dropped or unmapped, and
//! the last one that goes unmaps it. The first argument is the host's directory.

use mem::Mapping;
use test_guests::{HostMapping, PAGE, pattern};

fn main() {
    let endings: [fn(Mapping); 3] = [
        drop,
        |mapping| mapping.unmap().unwrap(),
        |mapping| drop(mapping.into_cursor()),
    ];
    for ending in endings {
        read(ending);
        write(ending);
    }
    unmap_flushes();
}

fn is_mapped() -> bool {
    !HostMapping::all_of("file").is_empty()
}

fn read(ending: fn(Mapping)) {
    let bytes = pattern(3 * PAGE as usize);
    std::fs::write("file", &bytes).unwrap();
    let mapping = mem::open("file").unwrap();
    let first = mapping.window(..).unwrap();
    let second = mapping.window(100..5000).unwrap();
    ending(mapping);
    assert!(is_mapped());
    assert!(*first == bytes);
    first.check().unwrap();
    first.detach().unwrap();
    assert!(is_mapped());
    assert!(*second == bytes[100..5000]);
    drop(second);
    assert!(!is_mapped());
}

fn write(ending: fn(Mapping)) {
    let mut bytes = pattern(3 * PAGE as usize);
    std::fs::write("file", &bytes).unwrap();
    let mapping = mem::open_mut("file").unwrap();
    let mut window = mapping.window_mut(100..5000).unwrap();
    let nothing = mapping.window(..0).unwrap();
    window[0] = 1;
    ending(mapping);
    window[1] = 2;
    window.flush().unwrap();
    (bytes[100], bytes[101]) = (1, 2);
    assert!(std::fs::read("file").unwrap() == bytes);
    window[2] = 3;
    drop(window);
    bytes[102] = 3;
    assert!(std::fs::read("file").unwrap() == bytes);
    drop(nothing);
    assert!(!is_mapped());
}

/// As far as can be seen: it succeeds, and what was written is in the file.
fn unmap_flushes() {
    std::fs::write("file", pattern(3 * PAGE as usize)).unwrap();
    let mapping = mem::open_mut("file").unwrap();
    let window = mapping.window(..10).unwrap();
    mapping.set(10, u64::MAX).unwrap();
    mapping.unmap().unwrap();
    assert_eq!(std::fs::read("file").unwrap()[10..18], [0xff; 8]);
    drop(window);

    // A flush that fails is reported, and all is unmapped in the end.
    let mapping = mem::open_mut("file").unwrap();
    let window = mapping.window(..10).unwrap();
    let file = std::fs::File::options().write(true).open("file").unwrap();
    file.set_len(PAGE).unwrap();
    let error = mapping.unmap().unwrap_err();
    assert_eq!(error.code(), mem::ErrorCode::Truncated);
    assert_eq!(error.operation(), "unmap");
    assert!(is_mapped());
    drop(window);
    assert!(!is_mapped());
}
