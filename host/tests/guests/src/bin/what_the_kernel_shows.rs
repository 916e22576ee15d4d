//! Advice, populating and flushing reach the operating system.

use mem::{Advice, Options};
use std::io::Write;
use test_guests::{HostMapping, PAGE};

fn main() {
    advise();
    populate();
    flush();
}

/// Writes the file page by page, to the disk: the kernel may keep in one piece
/// what is written at once, and flush or reclaim it as a whole.
fn write_file() {
    let mut file = std::fs::File::create("file").unwrap();
    for _ in 0..64 {
        file.write_all(&[1; PAGE as usize]).unwrap();
    }
    file.sync_all().unwrap();
}

fn only() -> HostMapping {
    let mut mappings = HostMapping::all_of("file");
    assert_eq!(mappings.len(), 1);
    mappings.remove(0)
}

fn advise() {
    write_file();
    let mapping = mem::open("file").unwrap();
    mapping.advise(Advice::Random).unwrap();
    assert!(only().has_flag("rr"));
    mapping.advise(Advice::Sequential).unwrap();
    assert!(only().has_flag("sr"));
    mapping.advise(Advice::Normal).unwrap();
    assert!(!only().has_flag("rr") && !only().has_flag("sr"));
    mapping.advise(Advice::NoHugePage).unwrap();
    assert!(only().has_flag("nh"));
    mapping.advise_range(..PAGE, Advice::Random).unwrap();
    let flags: Vec<_> = HostMapping::all_of("file")
        .iter()
        .map(|mapping| mapping.has_flag("rr"))
        .collect();
    assert_eq!(flags, [true, false]);
    mapping.advise(Advice::Normal).unwrap();

    mapping.advise(Advice::PopulateRead).unwrap();
    assert_eq!(only().kib("Rss"), 64 * PAGE / 1024);
    mapping.advise(Advice::Cold).unwrap();
    mapping.advise(Advice::PageOut).unwrap();
    // The kernel passes over pages that it is busy with.
    assert!(only().kib("Rss") < 64 * PAGE / 1024);
}

fn populate() {
    let mapping = mem::open("file").unwrap();
    assert_eq!(only().kib("Rss"), 0);
    drop(mapping);
    let _populated = Options::new().populate(true).open("file").unwrap();
    assert_eq!(only().kib("Rss"), 64 * PAGE / 1024);
}

fn flush() {
    write_file();
    let dirty = || only().kib("Shared_Dirty") + only().kib("Private_Dirty");
    let mapping = mem::open_mut("file").unwrap();
    let write = |value: u8| {
        for offset in [0, PAGE, 32 * PAGE, 63 * PAGE] {
            mapping.set(offset, value).unwrap();
        }
        assert_ne!(dirty(), 0);
    };
    write(2);
    mapping.flush().unwrap();
    assert_eq!(dirty(), 0);
    write(3);
    mapping.flush_range(..).unwrap();
    assert_eq!(dirty(), 0);
    write(4);
    mapping.flush_range(0..PAGE).unwrap();
    mapping.flush_range(PAGE..33 * PAGE).unwrap();
    assert_ne!(dirty(), 0);
    mapping.flush_range(63 * PAGE..).unwrap();
    assert_eq!(dirty(), 0);
    write(5);
    mapping.unmap().unwrap();
    let _again = Options::new().populate(true).open("file").unwrap();
    assert_eq!(dirty(), 0);
}
