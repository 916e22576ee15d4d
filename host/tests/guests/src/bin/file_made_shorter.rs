//! When somebody makes the file shorter, an access to what is gone gives
//! `truncated`, and what is left can still be read.

use mem::ErrorCode::{Truncated, Unsupported};
use mem::{Access, Mapping, Options};
use std::fs::OpenOptions;
use test_guests::{PAGE, code, on_polyfill, pattern};

const LENGTH: u64 = 16 * PAGE;
const LEFT: u64 = 4 * PAGE;

fn main() {
    for access in [Access::ReadOnly, Access::ReadWrite, Access::CopyOnWrite] {
        let check = |access_to: &dyn Fn(&Mapping)| {
            // A mapping of its own for each, because the first access finds
            // out for all others.
            std::fs::write("file", pattern(LENGTH as usize)).unwrap();
            let mapping = Options::new().access(access).open("file").unwrap();
            set_len(LEFT);
            access_to(&mapping);
            // The last byte that none of the accesses could have written.
            let kept = LEFT - PAGE - 1;
            assert_eq!(
                mapping.get::<u8>(kept).unwrap(),
                pattern(LENGTH as usize)[kept as usize]
            );
        };
        check(&|mapping| assert_eq!(code(mapping.get::<u64>(LENGTH - 8)), Truncated));
        check(&|mapping| assert_eq!(code(mapping.get::<u16>(LEFT - 1)), Truncated));
        check(&|mapping| {
            let mut buffer = vec![0; LENGTH as usize];
            assert_eq!(code(mapping.read_exact_at(0, &mut buffer)), Truncated);
            assert_eq!(code(mapping.read_at(LEFT, &mut buffer)), Truncated);
            assert_eq!(code(mapping.bytes()), Truncated);
        });
        check(&|mapping| assert_eq!(code(mapping.advise(mem::Advice::PopulateRead)), Truncated));
        check(&|mapping| {
            let expected = if on_polyfill() {
                Unsupported
            } else {
                Truncated
            };
            assert_eq!(code(mapping.lock()), expected);
        });
        if access != Access::ReadOnly {
            check(&|mapping| assert_eq!(code(mapping.set(LENGTH - 1, 1u8)), Truncated));
            check(&|mapping| {
                let bytes = [1; 2 * PAGE as usize];
                assert_eq!(code(mapping.write_all_at(LEFT - PAGE, &bytes)), Truncated);
            });
        }
    }

    short_reads_tell_of_their_own_bytes();
    flush_and_unmap_tell();
    a_file_grown_again_can_be_mapped_anew();
}

/// The SDK loads more bytes than it is asked for.
fn short_reads_tell_of_their_own_bytes() {
    std::fs::write("file", pattern(LENGTH as usize)).unwrap();
    let mapping = Options::new().offset(33).open("file").unwrap();
    set_len(LEFT);
    let mut buffer = [0; 10];
    let end = LEFT - 33;
    mapping.read_exact_at(end - 10, &mut buffer).unwrap();
    assert_eq!(buffer, pattern(LENGTH as usize)[LEFT as usize - 10..][..10]);
    assert_eq!(code(mapping.read_exact_at(end, &mut buffer)), Truncated);
    mapping.read_exact_at(end - 10, &mut buffer).unwrap();
}

fn flush_and_unmap_tell() {
    std::fs::write("file", pattern(LENGTH as usize)).unwrap();
    let mapping = mem::open_mut("file").unwrap();
    mapping.set(0, 1u8).unwrap();
    mapping.set(LENGTH - 1, 1u8).unwrap();
    set_len(LEFT);
    mapping.flush_range(0..LEFT).unwrap();
    assert_eq!(code(mapping.flush()), Truncated);
    assert_eq!(std::fs::read("file").unwrap()[0], 1);
    // It is unmapped all the same.
    assert_eq!(code(mapping.unmap()), Truncated);
}

fn a_file_grown_again_can_be_mapped_anew() {
    std::fs::write("file", pattern(LENGTH as usize)).unwrap();
    let old = mem::open_mut("file").unwrap();
    let other = mem::open_mut("file").unwrap();
    set_len(0);
    assert_eq!(code(old.get::<u8>(0)), Truncated);
    set_len(LENGTH);
    // What the old mapping lost stays lost, even where the file has bytes
    // again; one that did not notice, and a new one, see the file.
    assert_eq!(code(old.get::<u8>(0)), Truncated);
    assert_eq!(other.get::<u8>(0).unwrap(), 0);
    let new = mem::open_mut("file").unwrap();
    new.set(0, 9u8).unwrap();
    assert_eq!(other.get::<u8>(0).unwrap(), 9);
}

fn set_len(length: u64) {
    let file = OpenOptions::new().write(true).open("file").unwrap();
    file.set_len(length).unwrap();
}
