//! Nothing that a guest does changes a file of a directory that is granted
//! read-only. The host compares the file's bytes afterwards.

use test_guests::raw::window::Window;
use test_guests::raw::{self, Access, Advice, ErrorCode, FlushMode, MapFlags, MapOptions};
use test_guests::raw::{Mapping, Protection};
use test_guests::{Buffer, map};

fn main() {
    options();
    read_only();
    copy_on_write();
    sdk();
}

fn open(path: &str, access: Access, flags: MapFlags) -> Result<Mapping, ErrorCode> {
    let options = MapOptions {
        access,
        flags,
        offset: 0,
        length: Some(1),
    };
    raw::file_map(path, options)
}

fn options() {
    for path in ["file", "missing", "sub", "link"] {
        for flags in [
            MapFlags::empty(),
            MapFlags::CREATE,
            MapFlags::POPULATE,
            MapFlags::CREATE | MapFlags::POPULATE,
        ] {
            let refused = open(path, Access::ReadWrite, flags).unwrap_err();
            assert_eq!(refused, ErrorCode::AccessDenied, "{path} {flags:?}");
        }
        for access in [Access::ReadOnly, Access::CopyOnWrite] {
            let refused = open(path, access, MapFlags::CREATE).unwrap_err();
            assert_eq!(refused, ErrorCode::InvalidArgument, "{path}");
        }
    }
}

fn read_only() {
    let mapping = map("file", Access::ReadOnly);
    assert_eq!(mapping.write(0, b"x"), Err(ErrorCode::ReadOnly));
    assert_eq!(mapping.store_u8(0, 1), Err(ErrorCode::ReadOnly));
    assert_eq!(mapping.store_u16(0, 1), Err(ErrorCode::ReadOnly));
    assert_eq!(mapping.store_u32(0, 1), Err(ErrorCode::ReadOnly));
    assert_eq!(mapping.store_u64(0, 1), Err(ErrorCode::ReadOnly));
    let advised = mapping.advise(None, Advice::PopulateWrite);
    assert_eq!(advised, Err(ErrorCode::ReadOnly));
    for protection in [Protection::ReadWrite, Protection::ReadWriteExecute] {
        let refused = mapping.protect(None, protection);
        assert_eq!(refused, Err(ErrorCode::AccessDenied));
    }
    assert_eq!(mapping.write(0, b"x"), Err(ErrorCode::ReadOnly));
    through_a_window(mapping);
}

fn copy_on_write() {
    let mapping = map("file", Access::CopyOnWrite);
    mapping.write(0, b"private").unwrap();
    mapping.store_u64(8, u64::MAX).unwrap();
    mapping.advise(None, Advice::PopulateWrite).unwrap();
    mapping.protect(None, Protection::Read).unwrap();
    mapping.protect(None, Protection::ReadWrite).unwrap();
    mapping.write(16, b"private").unwrap();
    through_a_window(mapping);
}

fn through_a_window(mapping: Mapping) {
    let buffer = Buffer::new(1);
    let window = buffer.attach(&mapping, 0).unwrap();
    for index in 0..buffer.len() {
        buffer.set(index, b'w');
    }
    mapping.flush(None, FlushMode::Synchronous).unwrap();
    mapping.flush(None, FlushMode::Asynchronous).unwrap();
    assert_eq!(buffer.get(0), b'w');
    Window::detach(window).unwrap();
    Mapping::unmap(mapping).unwrap();
}

fn sdk() {
    let mapping = mem::open("file").unwrap();
    assert!(mapping.window_mut(..).is_err());
    let private = mem::Options::new()
        .access(mem::Access::CopyOnWrite)
        .open("file")
        .unwrap();
    let mut window = private.window_mut(..).unwrap();
    window.fill(b'w');
    drop(window);
    private.unmap().unwrap();
}
