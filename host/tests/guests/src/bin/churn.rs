//! 10,000 rounds of map and unmap leave the host's mappings and open files as
//! they were.

use test_guests::PAGE;

fn main() {
    std::fs::write("file", vec![0; 4 * PAGE as usize]).unwrap();
    // What the host keeps after its first calls.
    rounds(10);
    observe();
    let before = observe();
    rounds(10_000);
    let after = observe();
    assert_eq!(before.files, after.files);
    assert_eq!(before.descriptors, after.descriptors);
    assert!(after.descriptors > 2, "the host has some");
    // Those of the host's threads and allocator come and go, but not by the
    // hundred.
    let (before, after) = (before.anonymous, after.anonymous);
    assert!(after <= before + 100, "{before} before, {after} after");
}

fn rounds(count: u64) {
    for round in 0..count {
        let mapping = mem::open_mut("file").unwrap();
        let offset = 8 * (round % 2048);
        mapping.set(offset, round).unwrap();
        assert_eq!(mapping.get::<u64>(offset).unwrap(), round);
        mapping.lock_range(PAGE..2 * PAGE).unwrap();
        mapping.protect_range(..1, mem::Protection::Read).unwrap();
        if round % 2 == 0 {
            mapping.unmap().unwrap();
        }
    }
}

struct Observed {
    files: Vec<String>,
    anonymous: usize,
    descriptors: usize,
}

fn observe() -> Observed {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let (files, anonymous): (Vec<_>, Vec<_>) = maps
        .lines()
        .map(|line| {
            line.split_whitespace()
                .nth(5)
                .unwrap_or_default()
                .to_owned()
        })
        .partition(|name| name.starts_with('/'));
    Observed {
        files,
        anonymous: anonymous.len(),
        // WASI 0.1 cannot list them: the one that it lists by is gone again.
        descriptors: (0..1024)
            .map(|number| format!("/proc/self/fd/{number}"))
            .filter(|path| std::fs::symlink_metadata(path).is_ok())
            .count(),
    }
}
