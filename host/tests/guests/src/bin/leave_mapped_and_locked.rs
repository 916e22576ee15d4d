//! Ends without unmapping or unlocking.

fn main() {
    let mapping = mem::anonymous(1).unwrap();
    mapping.lock().unwrap();
    std::mem::forget(mapping);
}
