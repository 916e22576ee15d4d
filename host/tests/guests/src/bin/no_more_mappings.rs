//! In a host that has as many mappings as a process may have, or nearly, an
//! error is all that a guest gets, and its bytes stay as they were.

use mem::{Advice, ErrorCode, Mapping, Protection};
use std::path::Path;
use test_guests::{PAGE, code, pattern};

const LENGTH: u64 = 8 * PAGE;

fn main() {
    let bytes = pattern(LENGTH as usize);
    std::fs::write("filler", vec![0; 64 * PAGE as usize]).unwrap();
    let filler = mem::open("filler").unwrap();
    for name in ["file", "short", "other"] {
        std::fs::write(name, &bytes).unwrap();
    }
    let mapping = mem::open_mut("file").unwrap();
    // One more than the kernel lets go beyond the limit.
    let short = [(); 3].map(|()| mem::open_mut("short").unwrap());
    let other = mem::open_mut("other").unwrap();
    let locked = mem::open_mut("other").unwrap();
    locked.lock().unwrap();
    // Three pieces, so that a change of the second can precede the failure.
    mapping
        .advise_range(3 * PAGE..5 * PAGE, Advice::Random)
        .unwrap();

    let mut refused = 0;
    for left in 0.. {
        host_has_left(left);
        if left == 0 {
            for result in [
                other.protect_range(PAGE..2 * PAGE, Protection::Read),
                other.advise_range(PAGE..2 * PAGE, Advice::Random),
                locked.unlock_range(PAGE..2 * PAGE),
            ] {
                assert_eq!(code(result), ErrorCode::QuotaExceeded);
            }
            let lock = other.lock_range(PAGE..2 * PAGE);
            assert_eq!(code(lock), ErrorCode::LockLimit);
            let file = std::fs::File::options().write(true).open("short").unwrap();
            file.set_len(2 * PAGE).unwrap();
            for short in &short {
                for page in [5, 3] {
                    assert_eq!(code(short.get::<u8>(page * PAGE)), ErrorCode::Truncated);
                }
            }
            // Takes what the faults have made room for: from the end on, each
            // page unlike its neighbours is one mapping more.
            let full = (1..64).rev().any(|page| {
                let advice = [Advice::Random, Advice::Sequential][page as usize % 2];
                let range = page * PAGE..(page + 1) * PAGE;
                filler.advise_range(range, advice).is_err()
            });
            assert!(full);
        }
        match mapping.protect_range(PAGE..7 * PAGE, Protection::Read) {
            Ok(()) => break,
            Err(error) => assert_eq!(error.code(), ErrorCode::QuotaExceeded),
        }
        refused += 1;
        can_be_written(&mapping, &bytes);
        can_be_written(&other, &bytes);
    }
    // With none left, and with one, which is used up before the failure.
    assert!(refused >= 2, "{refused}");
    assert_eq!(code(mapping.set(2 * PAGE, 1u8)), ErrorCode::ReadOnly);
    mapping.protect(Protection::ReadWrite).unwrap();
    can_be_written(&mapping, &bytes);
    locked.unlock().unwrap();
}

fn can_be_written(mapping: &Mapping, bytes: &[u8]) {
    for page in 0..LENGTH / PAGE {
        let offset = page * PAGE;
        mapping.set(offset, bytes[offset as usize]).unwrap();
        let last = offset + PAGE - 1;
        assert_eq!(mapping.get::<u8>(last).unwrap(), bytes[last as usize]);
    }
}

/// Waits until the host has room for so many mappings more.
fn host_has_left(mappings: u32) {
    std::fs::write(format!("want-{mappings}"), "").unwrap();
    while !Path::new(&format!("have-{mappings}")).exists() {}
}
