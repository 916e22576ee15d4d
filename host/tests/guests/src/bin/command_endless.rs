//! Loads from a mapping until it is interrupted.

fn main() {
    let mapping = mem::anonymous(1).unwrap();
    while mapping.get::<u8>(0).unwrap() == 0 {}
}
