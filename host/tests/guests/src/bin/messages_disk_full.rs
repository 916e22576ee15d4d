//! A full disk is called so, whatever meets it, and is no file that became
//! shorter.

use mem::Error;
use std::fmt::Debug;
use std::fs::File;
use std::io::Write;
use test_guests::raw::{self, Access};
use test_guests::{Buffer, PAGE, map, on_polyfill};

const WHY: &str = "the disk is full; make room on it, and map the file anew";

#[track_caller]
fn says<T: Debug>(result: Result<T, Error>, tried: &str) {
    let error = result.expect_err("this has to fail");
    assert_eq!(error.to_string(), format!("mem: {tried}: no space: {WHY}"));
}

fn main() {
    let pages = 16;
    let mapping = mem::create("sparse", pages * PAGE).unwrap();
    let mut filler = File::create("filler").unwrap();
    let page = [1; PAGE as usize];
    while filler.write_all(&page).is_ok() {}

    if on_polyfill() {
        mapping.write_all_at(0, &page).unwrap();
        says(mapping.flush(), r#"flush "sparse""#);
        return;
    }
    says(mem::create("new", PAGE), r#"create "new" read-write"#);
    // The last page has got room already.
    let offset = pages / 2 * PAGE;
    let tried = format!(r#"store 1 byte at offset {offset} of "sparse""#);
    says(mapping.set(offset, 1u8), &tried);
    says(mapping.flush(), r#"flush "sparse""#);
    says(mapping.unmap(), r#"unmap "sparse""#);

    let mapping = map("sparse", Access::ReadWrite);
    let buffer = Buffer::new(pages);
    let window = buffer.attach(&mapping, 0).unwrap();
    buffer.set(offset as usize, 1);
    let no_space = raw::ErrorCode::NoSpace;
    assert_eq!(window.check(), Err(no_space));
    assert_eq!(raw::explain(no_space).as_deref(), Some(WHY));
    assert_eq!(raw::Mapping::unmap(mapping), Err(no_space));
    assert_eq!(raw::explain(no_space).as_deref(), Some(WHY));
}
