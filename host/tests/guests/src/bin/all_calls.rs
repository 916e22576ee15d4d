//! Makes all calls that take something of the host, to be interrupted at any
//! of them. The file `file` has four pages.

use test_guests::PAGE;

fn main() {
    let memory = mem::anonymous(PAGE).unwrap();
    memory.lock().unwrap();
    let mapping = mem::open_mut("file").unwrap();
    mapping.lock_range(..PAGE).unwrap();
    mapping.set(0, 1u64).unwrap();
    mapping.flush().unwrap();
    assert_eq!(mapping.bytes().unwrap().len() as u64, 4 * PAGE);
    let window = mapping.window(..).unwrap();
    drop(window);
    mapping
        .protect_range(..PAGE, mem::Protection::Read)
        .unwrap();
    mapping.unlock_range(..PAGE).unwrap();
    mapping.unmap().unwrap();
    std::mem::forget(mem::open("file").unwrap());
}
