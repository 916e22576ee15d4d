//! Flushes a large mapping whose pages are all dirty. Meanwhile there is a file
//! `flushing`.

use test_guests::PAGE;

fn main() {
    let mapping = mem::create("large", 256 << 20).unwrap();
    for offset in (0..mapping.len()).step_by(PAGE as usize) {
        mapping.set(offset, offset + 1).unwrap();
    }
    std::fs::write("flushing", "").unwrap();
    mapping.flush().unwrap();
    std::fs::remove_file("flushing").unwrap();
}
