//! The polyfill keeps 256 MiB of pages. Of a larger file it reads again what it
//! has dropped, and writes what was changed before it drops it.

use std::io::{Seek, SeekFrom, Write};
use test_guests::PAGE;

const PAGES: u64 = (272 << 20) / PAGE;

fn main() {
    let mut file = std::fs::File::create("file").unwrap();
    for page in 0..PAGES {
        file.write_all(&content(page, 0)).unwrap();
    }
    let mapping = mem::open_mut("file").unwrap();
    let other = mem::open("file").unwrap();

    // Parts of pages, which have to be read first.
    for page in 0..PAGES {
        mapping.set(page * PAGE + 8, page ^ 1).unwrap();
    }
    for page in (0..PAGES).step_by(7) {
        let mut bytes = [0; 16];
        other.read_exact_at(page * PAGE, &mut bytes).unwrap();
        assert_eq!(bytes, content(page, page ^ 1)[..16], "page {page}");
    }
    // Whole pages, which need not be.
    for page in (0..PAGES).rev() {
        let bytes = content(page, page + 7);
        mapping.write_all_at(page * PAGE, &bytes).unwrap();
    }
    for page in 0..PAGES {
        let word: u64 = other.get(page * PAGE + 8).unwrap();
        assert_eq!(word, page + 7, "page {page}");
    }
    mapping.unmap().unwrap();

    let bytes = std::fs::read("file").unwrap();
    for (page, bytes) in (0..).zip(bytes.chunks(PAGE as usize)) {
        assert!(bytes == content(page, page + 7), "page {page}");
    }

    // What nobody writes is read from the file when it was dropped.
    file.seek(SeekFrom::Start(0)).unwrap();
    file.write_all(&content(9, 9)).unwrap();
    for page in 0..PAGES {
        other.get::<u64>(page * PAGE).unwrap();
    }
    assert_eq!(other.get::<u64>(0).unwrap(), 9);
}

fn content(page: u64, second: u64) -> Vec<u8> {
    let mut bytes = vec![page as u8; PAGE as usize];
    bytes[..8].copy_from_slice(&page.to_le_bytes());
    bytes[8..16].copy_from_slice(&second.to_le_bytes());
    bytes
}
