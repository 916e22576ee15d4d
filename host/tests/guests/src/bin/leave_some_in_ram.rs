//! Ends with the file `file` mapped, and with anonymous memory of 16 pages of
//! which it has touched two.

use test_guests::PAGE;

fn main() {
    let memory = mem::anonymous(16 * PAGE).unwrap();
    memory.set(0, 1u8).unwrap();
    memory.set(9 * PAGE, 1u8).unwrap();
    std::mem::forget(memory);
    std::mem::forget(mem::open("file").unwrap());
}
