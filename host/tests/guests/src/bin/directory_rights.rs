//! A descriptor lets a guest map what it lets it open, and nothing more. The
//! host grants the directory `rw` for reading and writing, and `ro` for
//! reading, each with the files `file` and `sub/file`; nothing to mem.

use mem::{Access, ErrorCode, Options};
use test_guests::code;
use test_guests::descriptors::{Descriptor, DescriptorFlags, open, preopened};

const ACCESSES: [Access; 3] = [Access::ReadOnly, Access::CopyOnWrite, Access::ReadWrite];
const READ: DescriptorFlags = DescriptorFlags::READ;
const WRITE: DescriptorFlags = DescriptorFlags::WRITE;

fn main() {
    directories();
    files();
    kinds();
    descriptors_need_not_stay();
    assert_eq!(code(mem::open("rw/file")), ErrorCode::AccessDenied);
}

fn with(access: Access) -> Options {
    let mut options = Options::new();
    options.access(access);
    options
}

fn create() -> Options {
    let mut options = with(Access::ReadWrite);
    options.create(true).len(8);
    options
}

/// What a mapping with this access has to be opened for.
fn flags(access: Access) -> DescriptorFlags {
    match access {
        Access::ReadWrite => READ | WRITE,
        _ => READ,
    }
}

fn directories() {
    let (rw, ro) = (preopened("rw"), preopened("ro"));
    let rw_sub = open(&rw, "sub", READ).unwrap();
    let ro_sub = open(&ro, "sub", READ).unwrap();
    for (dir, name, writable) in [
        (&rw, "rw", true),
        (&rw_sub, "rw/sub", true),
        (&ro, "ro", false),
        (&ro_sub, "ro/sub", false),
    ] {
        for access in ACCESSES {
            let allowed = writable || access != Access::ReadWrite;
            assert_eq!(open(dir, "file", flags(access)).is_ok(), allowed, "{name}");
            let mapped = with(access).open_at(dir, "file");
            if !allowed {
                assert_eq!(code(mapped), ErrorCode::AccessDenied, "{name}");
                continue;
            }
            let mapping = mapped.unwrap();
            assert_eq!(mapping.bytes().unwrap(), b"the bytes", "{name}");
            assert_eq!(mapping.path(), Some("file"));
            if access == Access::CopyOnWrite {
                mapping.write_all_at(0, b"private").unwrap();
            }
            let now = with(Access::ReadOnly).open_at(dir, "file").unwrap();
            assert_eq!(now.bytes().unwrap(), b"the bytes", "{name}");
        }
        let made = create().open_at(dir, "made");
        if writable {
            made.unwrap().write_all_at(0, b"all of 8").unwrap();
        } else {
            assert_eq!(code(made), ErrorCode::AccessDenied, "{name}");
            let missing = with(Access::ReadOnly).open_at(dir, "made");
            assert_eq!(code(missing), ErrorCode::NotFound, "{name}");
        }
    }
    let read_only = with(Access::ReadOnly).open_at(&ro, "file").unwrap();
    assert_eq!(code(read_only.write_all_at(0, b"x")), ErrorCode::ReadOnly);
    assert_eq!(
        code(read_only.protect(mem::Protection::ReadWrite)),
        ErrorCode::AccessDenied
    );
    let error = with(Access::ReadWrite).open_at(&ro, "file").unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with(r#"mem: open "file" read-write: access denied"#),
        "{error}"
    );
}

/// The mode that a file was opened with is what it can be mapped for.
fn files() {
    let (rw, ro) = (preopened("rw"), preopened("ro"));
    for (dir, mode, allowed) in [
        (&rw, READ | WRITE, &ACCESSES[..]),
        (&rw, READ, &ACCESSES[..2]),
        (&rw, WRITE, &[]),
        (&ro, READ, &ACCESSES[..2]),
    ] {
        let file = open(dir, "file", mode).unwrap();
        for access in ACCESSES {
            let mapped = with(access).open_descriptor(&file, "some file");
            if allowed.contains(&access) {
                let mapping = mapped.unwrap();
                assert_eq!(mapping.bytes().unwrap(), b"the bytes", "{mode:?}");
                assert_eq!(mapping.path(), Some("some file"));
            } else {
                assert_eq!(code(mapped), ErrorCode::AccessDenied, "{mode:?} {access:?}");
            }
        }
        let longer = create().len(16).open_descriptor(&file, "file");
        if allowed.contains(&Access::ReadWrite) {
            assert_eq!(longer.unwrap().len(), 16);
            assert_eq!(file.stat().unwrap().size, 16);
            file.set_size(9).unwrap();
        } else {
            assert_eq!(code(longer), ErrorCode::AccessDenied, "{mode:?}");
            assert_eq!(file.stat().unwrap().size, 9);
        }
    }
    let file = open(&rw, "file", READ).unwrap();
    let too_long = Options::new().len(10).open_descriptor(&file, "file");
    assert_eq!(code(too_long), ErrorCode::OutOfBounds);
}

fn kinds() {
    let rw = preopened("rw");
    let file = open(&rw, "file", READ | WRITE).unwrap();
    for access in ACCESSES {
        let at_file = with(access).open_at(&file, "file");
        assert_eq!(code(at_file), ErrorCode::NotFound);
        let of_directory = with(access).open_descriptor(&rw, "rw");
        assert_eq!(code(of_directory), ErrorCode::NotAFile);
    }
}

/// What was mapped stays, and so does what is written to it.
fn descriptors_need_not_stay() {
    let map = |dir: Descriptor| {
        let file = open(&dir, "file", READ | WRITE).unwrap();
        with(Access::ReadWrite)
            .open_descriptor(&file, "file")
            .unwrap()
    };
    let mapping = map(preopened("rw"));
    mapping.write_all_at(4, b"BYTES").unwrap();
    mapping.unmap().unwrap();
}
