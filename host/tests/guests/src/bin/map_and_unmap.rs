//! Maps a file and unmaps it.

fn main() {
    mem::create("mapped", 1).unwrap().unmap().unwrap();
}
