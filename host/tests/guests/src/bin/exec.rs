//! Where execution is granted, the host's pages are executable.

use mem::{Access, ErrorCode, Options, Protection};
use test_guests::{HostMapping, PAGE, code, on_polyfill};

fn main() {
    std::fs::write("code", vec![0xc3; 2 * PAGE as usize]).unwrap();
    if on_polyfill() {
        let refused = code(Options::new().exec(true).open("code"));
        assert_eq!(refused, ErrorCode::AccessDenied);
        return;
    }
    let mapping = Options::new().exec(true).open("code").unwrap();
    assert_eq!(permissions(), ["r-xs"]);
    assert_eq!(mapping.get::<u8>(0).unwrap(), 0xc3);
    mapping.protect(Protection::Read).unwrap();
    assert_eq!(permissions(), ["r--s"]);
    mapping
        .protect_range(PAGE.., Protection::ReadExecute)
        .unwrap();
    assert_eq!(permissions(), ["r--s", "r-xs"]);
    drop(mapping);
    assert!(permissions().is_empty());

    let mut options = Options::new();
    options.exec(true).access(Access::ReadWrite);
    let mapping = options.open("code").unwrap();
    assert_eq!(permissions(), ["rwxs"]);
    mapping.set(0, 0x90u8).unwrap();
    drop(mapping);

    options.access(Access::CopyOnWrite);
    let mapping = options.open("code").unwrap();
    assert_eq!(permissions(), ["rwxp"]);
    mapping.protect(Protection::ReadExecute).unwrap();
    assert_eq!(permissions(), ["r-xp"]);
    drop(mapping);

    // Nothing is executable that was not meant to be.
    let _mapping = mem::open_mut("code").unwrap();
    assert_eq!(permissions(), ["rw-s"]);
}

/// Of each of the host's mappings of the file.
fn permissions() -> Vec<String> {
    let mappings = HostMapping::all_of("code").into_iter();
    mappings.map(|mapping| mapping.permissions).collect()
}
