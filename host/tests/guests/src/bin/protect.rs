//! `protect` changes what the pages of a range can be used for, within what
//! the mapping was made for.

use mem::{Access, ErrorCode, Options, Protection};
use test_guests::{PAGE, code};

fn main() {
    let mapping = mem::create("file", 4 * PAGE).unwrap();
    mapping.write_all_at(0, &[1; 4 * PAGE as usize]).unwrap();

    // One byte, which makes its whole page read-only.
    mapping
        .protect_range(PAGE + 5..PAGE + 6, Protection::Read)
        .unwrap();
    assert_eq!(code(mapping.set(PAGE, 2u8)), ErrorCode::ReadOnly);
    assert_eq!(code(mapping.set(2 * PAGE - 1, 2u8)), ErrorCode::ReadOnly);
    assert_eq!(code(mapping.set(PAGE - 1, 2u16)), ErrorCode::ReadOnly);
    assert_eq!(
        code(mapping.write_all_at(0, &[2; 4 * PAGE as usize])),
        ErrorCode::ReadOnly
    );
    assert_eq!(mapping.bytes().unwrap(), [1; 4 * PAGE as usize]);
    mapping.set(PAGE - 1, 3u8).unwrap();
    mapping.set(2 * PAGE, 3u8).unwrap();
    mapping.flush().unwrap();

    mapping.protect(Protection::ReadWrite).unwrap();
    mapping.set(PAGE, 4u8).unwrap();

    // A page that is protected can be locked, advised and flushed like others.
    mapping.protect_range(..PAGE, Protection::Read).unwrap();
    mapping.advise(mem::Advice::Random).unwrap();
    assert_eq!(
        code(mapping.advise(mem::Advice::PopulateWrite)),
        ErrorCode::ReadOnly
    );
    mapping.unmap().unwrap();

    let private = Options::new()
        .access(Access::CopyOnWrite)
        .open("file")
        .unwrap();
    private.protect(Protection::Read).unwrap();
    assert_eq!(code(private.set(0, 5u8)), ErrorCode::ReadOnly);
    private.protect(Protection::ReadWrite).unwrap();
    private.set(0, 5u8).unwrap();
    assert_eq!(std::fs::read("file").unwrap()[0], 1);

    let read_only = mem::open("file").unwrap();
    read_only.protect(Protection::Read).unwrap();
    assert_eq!(
        code(read_only.protect(Protection::ReadWrite)),
        ErrorCode::AccessDenied
    );

    // Execution is not granted.
    for protection in [Protection::ReadExecute, Protection::ReadWriteExecute] {
        assert_eq!(code(private.protect(protection)), ErrorCode::AccessDenied);
    }
    assert_eq!(
        code(Options::new().exec(true).open("file")),
        ErrorCode::AccessDenied
    );
    assert_eq!(
        code(Options::new().exec(true).len(1).anonymous()),
        ErrorCode::AccessDenied
    );
}
