//! Does nothing with a file but look at it through a window.

fn main() {
    let mapping = mem::open("file").unwrap();
    assert_eq!(*mapping.window(7..).unwrap(), *b"the rest");
}
