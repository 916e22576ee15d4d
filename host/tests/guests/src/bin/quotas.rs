//! Past a quota a guest gets `quota-exceeded`. The host grants 10 pages
//! mapped, 4 of them private, 3 mappings, and reads of 100 bytes.

use mem::ErrorCode::QuotaExceeded;
use mem::{Access, Options, Protection};
use test_guests::{PAGE, code};

fn main() {
    std::fs::write("file", vec![1; 8 * PAGE as usize]).unwrap();
    mapped_bytes();
    private_bytes();
    mappings();
    read_bytes();
}

fn mapped_bytes() {
    let _eight = mem::open("file").unwrap();
    assert_eq!(code(mem::open("file")), QuotaExceeded);
    let _two = Options::new().len(2 * PAGE).open("file").unwrap();
    assert_eq!(code(Options::new().len(1).open("file")), QuotaExceeded);
    // A file that could not be mapped is not made either.
    assert_eq!(code(mem::create("new", 1)), QuotaExceeded);
    assert!(!std::fs::exists("new").unwrap());
    assert_eq!(code(mem::anonymous(u64::MAX)), QuotaExceeded);
    assert_eq!(code(mem::anonymous(1 << 63)), QuotaExceeded);
}

fn private_bytes() {
    let mut options = Options::new();
    options.access(Access::CopyOnWrite);
    assert_eq!(code(options.open("file")), QuotaExceeded);
    let _three = options.len(3 * PAGE).open("file").unwrap();
    let _one = mem::anonymous(PAGE).unwrap();
    assert_eq!(code(mem::anonymous(1)), QuotaExceeded);
    let _shared = mem::open_mut("file").map(drop);
}

fn mappings() {
    let open = || Options::new().len(PAGE * 3).open("file");
    let first = open().unwrap();
    let second = open().unwrap();
    let third = open().unwrap();
    assert_eq!(code(open()), QuotaExceeded);
    assert_eq!(code(mem::anonymous(1)), QuotaExceeded);
    drop((second, third));

    // Pages that differ from their neighbours count as mappings of their own.
    let second = mem::create("file", 3 * PAGE).unwrap();
    second.protect_range(..PAGE, Protection::Read).unwrap();
    assert_eq!(
        code(second.protect_range(2 * PAGE.., Protection::Read)),
        QuotaExceeded
    );
    assert_eq!(
        code(first.advise_range(..PAGE, mem::Advice::Random)),
        QuotaExceeded
    );
    assert_eq!(code(first.lock_range(..PAGE)), QuotaExceeded);
    assert_eq!(code(first.unlock_range(..PAGE)), mem::ErrorCode::NotLocked);
    // What was refused was not done.
    second.set(2 * PAGE, 2u8).unwrap();
    second.protect(Protection::ReadWrite).unwrap();
    first.advise_range(..PAGE, mem::Advice::Random).unwrap();
}

fn read_bytes() {
    let mapping = mem::open("file").unwrap();
    mapping.read_exact_at(0, &mut [0; 100]).unwrap();
    assert_eq!(code(mapping.read_exact_at(0, &mut [0; 101])), QuotaExceeded);
}
