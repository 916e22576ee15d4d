//! Leaves a window on the file `shared`, writable or not as the first argument
//! says, which lives as long as the store.

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("window") => {
            let mapping = mem::open("shared").unwrap();
            std::mem::forget(mapping.window(..).unwrap());
            std::mem::forget(mapping);
        }
        Some("window_mut") => {
            let mapping = mem::open_mut("shared").unwrap();
            std::mem::forget(mapping.window_mut(..).unwrap());
            std::mem::forget(mapping);
        }
        other => panic!("{other:?}"),
    }
}
