//! `lock` holds pages in RAM: the host's `VmLck` grows by the range, rounded
//! to pages, and `unlock` reverses it.

use test_guests::PAGE;

fn main() {
    std::fs::write("file", vec![1; 8 * PAGE as usize]).unwrap();
    for mapping in [
        mem::open("file").unwrap(),
        mem::open_mut("file").unwrap(),
        mem::anonymous(8 * PAGE).unwrap(),
    ] {
        let before = locked_kib();
        mapping.lock_range(PAGE - 1..2 * PAGE + 1).unwrap();
        assert_eq!(locked_kib(), before + 12);
        mapping.unlock_range(PAGE..2 * PAGE).unwrap();
        assert_eq!(locked_kib(), before + 8);
        mapping.lock().unwrap();
        assert_eq!(locked_kib(), before + 32);
        mapping.unlock().unwrap();
        assert_eq!(locked_kib(), before);
        // Unmapping unlocks.
        mapping.lock().unwrap();
        mapping.unmap().unwrap();
        assert_eq!(locked_kib(), before);
    }

    // Two mappings of the same page of the file do not undo each other's lock.
    let one = mem::open("file").unwrap();
    let other = mem::open("file").unwrap();
    let before = locked_kib();
    one.lock_range(..PAGE).unwrap();
    other.lock_range(..PAGE).unwrap();
    one.unlock_range(..PAGE).unwrap();
    assert_eq!(locked_kib(), before + 4);
}

fn locked_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmLck:"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
