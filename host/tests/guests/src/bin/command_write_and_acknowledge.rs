//! Fills one page of `pages` after the other with its number, from the number
//! that is the first argument, and prints the number once the page is flushed.
//! Ends when the host is killed.

use std::io::Write;
use test_guests::PAGE;

const PAGES: u64 = 64;

fn main() {
    let first = std::env::args().nth(1).unwrap().parse::<u64>().unwrap();
    let mapping = mem::open_mut("pages").unwrap();
    for number in first.. {
        let offset = number % PAGES * PAGE;
        let bytes = number.to_le_bytes().repeat(PAGE as usize / 8);
        mapping.write_all_at(offset, &bytes).unwrap();
        mapping.flush_range(offset..offset + PAGE).unwrap();
        let mut out = std::io::stdout();
        writeln!(out, "{number}").unwrap();
        out.flush().unwrap();
    }
}
