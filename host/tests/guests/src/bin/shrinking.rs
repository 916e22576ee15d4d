//! Works on files that the host makes shorter and longer all the time: each
//! access gives the file's bytes, zeros where it was shorter, or `truncated`.

use mem::{Access, Error, ErrorCode::Truncated, Mapping, Options};
use std::ops::Range;
use std::path::Path;
use test_guests::raw::window::Window;
use test_guests::raw::{self, ErrorCode};
use test_guests::{Buffer, PAGE, map};

/// What this guest writes where nobody else sees it; no byte of the files.
const PRIVATE: u8 = 255;
const LENGTH: u64 = 64 * PAGE;

fn main() {
    let seed = std::env::args().nth(1).unwrap().parse().unwrap();
    let mut random = Random(seed);
    let other = mem::open_mut("shared/other").unwrap();
    let mapping_of_other = map("shared/other-windowed", raw::Access::ReadOnly);
    let other_buffer = Buffer::new(4);
    let other_window = other_buffer.attach(&mapping_of_other, 0).unwrap();
    let buffer = Buffer::new(LENGTH / PAGE);
    let mut lost = 0;
    while !Path::new("shared/stop").exists() {
        for access in [Access::ReadOnly, Access::ReadWrite, Access::CopyOnWrite] {
            let mapping = Options::new().access(access).open("shared/file").unwrap();
            lost += u32::from(work(&mapping, access, &mut random).is_err());
        }
        for access in [raw::Access::ReadOnly, raw::Access::CopyOnWrite] {
            lost += u32::from(look(&buffer, access, &mut random).is_err());
        }
        let place = random.below(4 * PAGE - 100);
        let bytes = file_bytes(place..place + 100);
        other.write_all_at(place, &bytes).unwrap();
        let mut read = [0; 100];
        other.read_exact_at(place, &mut read).unwrap();
        assert_eq!(read[..], bytes);
        other_window.check().unwrap();
        let place = place as usize;
        assert_eq!(other_buffer.bytes(place..place + 100), bytes);
    }
    assert!(lost > 10, "{lost}");

    // The files have grown again.
    other.flush().unwrap();
    let new = mem::open("shared/file").unwrap();
    assert_eq!(new.bytes().unwrap(), file_bytes(0..LENGTH));
    let new = map("shared/windowed", raw::Access::ReadOnly);
    let window = buffer.attach(&new, 0).unwrap();
    assert_eq!(buffer.bytes(0..buffer.len()), file_bytes(0..LENGTH));
    window.check().unwrap();
}

/// Accesses by calls, until one meets a loss.
fn work(mapping: &Mapping, access: Access, random: &mut Random) -> Result<(), Lost> {
    let mut private = false;
    for _ in 0..20 {
        if mapping.len() < 3 * PAGE {
            return Ok(());
        }
        let start = random.below(mapping.len() - 2 * PAGE);
        let range = start..start + 8 + random.below(2 * PAGE - 8);

        let ranges = [range.clone(), start..start + 8, 0..PAGE, range.clone()];
        let mut bytes = vec![1; ranges.iter().map(length).sum()];
        or_lost(mapping.read_many(&ranges, &mut bytes))?;
        let mut rest = bytes.as_slice();
        for range in &ranges {
            let (of_range, behind) = rest.split_at(length(range));
            check(range.start, of_range, private);
            rest = behind;
        }
        let mut bytes = vec![1; length(&range)];
        or_lost(mapping.read_exact_at(start, &mut bytes))?;
        check(start, &bytes, private);
        let word = or_lost(mapping.get::<u64>(start))?;
        check(start, &word.to_le_bytes(), private);
        or_lost(mapping.lock_range(range.clone()))?;
        or_lost(mapping.unlock_range(range.clone()))?;

        match access {
            Access::ReadOnly => continue,
            Access::ReadWrite => {
                or_lost(mapping.write_all_at(start, &file_bytes(range.clone())))?;
                let bytes = file_bytes(start..start + 8).try_into().unwrap();
                or_lost(mapping.set(start, u64::from_le_bytes(bytes)))?;
            }
            Access::CopyOnWrite => {
                private = true;
                or_lost(mapping.write_all_at(start, &vec![PRIVATE; bytes.len()]))?;
            }
        }
        or_lost(mapping.flush_range(range))?;
    }
    Ok(())
}

/// Looks through a window, until its check reports a loss.
fn look(buffer: &Buffer, access: raw::Access, random: &mut Random) -> Result<(), Lost> {
    let mapping = map("shared/windowed", access);
    let pages = mapping.size() / PAGE;
    if pages == 0 {
        return Ok(());
    }
    let attached = buffer.attach_part(&mapping, 0, 0..(pages * PAGE) as usize);
    let window = attached.or_else(|error| lost(error))?;
    let private = access == raw::Access::CopyOnWrite;
    for _ in 0..20 {
        let page = random.below(pages) * PAGE;
        let bytes = buffer.bytes(page as usize..(page + PAGE) as usize);
        check(page, &bytes, private);
        if private {
            buffer.set((page + random.below(PAGE)) as usize, PRIVATE);
        }
        window.check().or_else(|error| lost(error))?;
    }
    Window::detach(window).unwrap();
    Ok(())
}

struct Lost;

#[track_caller]
fn or_lost<T>(result: Result<T, Error>) -> Result<T, Lost> {
    result.map_err(|error| {
        assert_eq!(error.code(), Truncated);
        Lost
    })
}

#[track_caller]
fn lost<T>(error: ErrorCode) -> Result<T, Lost> {
    assert_eq!(error, ErrorCode::Truncated);
    Err(Lost)
}

fn length(range: &Range<u64>) -> usize {
    (range.end - range.start) as usize
}

/// What the host has in its files.
fn file_bytes(range: Range<u64>) -> Vec<u8> {
    range.map(|offset| (offset % 251) as u8 + 1).collect()
}

#[track_caller]
fn check(offset: u64, bytes: &[u8], private: bool) {
    let expected = file_bytes(offset..offset + bytes.len() as u64);
    for (byte, expected) in bytes.iter().zip(expected) {
        assert!(
            *byte == expected || *byte == 0 || (private && *byte == PRIVATE),
            "{byte} for {expected}"
        );
    }
}

/// Marsaglia's xorshift.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}
