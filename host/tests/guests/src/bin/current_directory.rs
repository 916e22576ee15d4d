//! A relative path starts at the guest's current directory, as in `std::fs`.

#![expect(
    clippy::undocumented_unsafe_blocks,
    reason = "nobody else shortens a test's files, and pointers stay inside their maps"
)]

use mem::{ErrorCode, Options};
use memmap2::Mmap;
use std::env::set_current_dir;
use std::fs::{self, File};
use test_guests::code;

fn main() {
    fs::create_dir_all("sub/deep").unwrap();
    for (path, contents) in [
        ("x.txt", "top"),
        ("sub/x.txt", "sub"),
        ("sub/deep/x.txt", "deep"),
    ] {
        fs::write(path, contents).unwrap();
    }
    let opened_at_the_top = File::open("x.txt").unwrap();
    shows("x.txt", "top");

    set_current_dir("sub").unwrap();
    for (path, contents) in [
        ("x.txt", "sub"),
        ("./x.txt", "sub"),
        ("deep/x.txt", "deep"),
        ("./deep/../x.txt", "sub"),
        ("../x.txt", "top"),
        ("../sub/deep/x.txt", "deep"),
    ] {
        shows(path, contents);
    }
    assert_eq!(code(mem::open("sub/x.txt")), ErrorCode::NotFound);
    assert_eq!(code(mem::open("")), ErrorCode::InvalidArgument);
    for directory in [".", "./", "deep", ".."] {
        assert_eq!(
            code(mem::open(directory)),
            ErrorCode::NotAFile,
            "{directory}"
        );
    }
    let error = mem::open("missing").unwrap_err().to_string();
    assert!(
        error.starts_with(r#"mem: open "missing" read-only: "#),
        "{error}"
    );
    // By the path that it was opened by, wherever the guest is by now.
    assert_eq!(
        unsafe { Mmap::map(&opened_at_the_top) }.unwrap()[..],
        *b"top"
    );

    let made = mem::create("made", 4).unwrap();
    made.write_all_at(0, b"made").unwrap();
    made.unmap().unwrap();
    let written = mem::open_mut("x.txt").unwrap();
    written.write_all_at(0, b"SUB").unwrap();
    written.unmap().unwrap();
    assert_eq!(fs::read("made").unwrap(), b"made");
    assert_eq!(fs::read("x.txt").unwrap(), b"SUB");

    set_current_dir("deep").unwrap();
    shows("x.txt", "deep");
    set_current_dir("../..").unwrap();
    shows("x.txt", "top");
    shows("sub/made", "made");
    assert_eq!(code(mem::open("made")), ErrorCode::NotFound);

    if cfg!(target_family = "wasm") {
        another_grant();
    }
}

/// Of a directory that was granted by another name.
fn another_grant() {
    fs::create_dir_all("/data/sub").unwrap();
    fs::write("/data/file", "data").unwrap();
    fs::write("/data/sub/file", "data's sub").unwrap();
    for (directory, path, contents) in [
        ("/data", "file", "data"),
        ("/data/sub", "file", "data's sub"),
        ("/data/sub", "../file", "data"),
        ("..", "file", "data"),
        ("sub/../sub", "file", "data's sub"),
        ("/data/sub", "/data/file", "data"),
        ("/", "x.txt", "top"),
        ("/", "data/file", "data"),
    ] {
        set_current_dir(directory).unwrap();
        shows(path, contents);
    }
}

/// That the path leads to a file with these contents, as it does elsewhere.
#[track_caller]
fn shows(path: &str, contents: &str) {
    assert_eq!(fs::read_to_string(path).unwrap(), contents, "{path}");
    assert_eq!(
        mem::open(path).unwrap().bytes().unwrap(),
        contents.as_bytes()
    );
    let part = Options::new().offset(1).open(path).unwrap();
    assert_eq!(part.bytes().unwrap(), contents.as_bytes()[1..], "{path}");
    let file = File::open(path).unwrap();
    assert_eq!(
        unsafe { Mmap::map(&file) }.unwrap()[..],
        *contents.as_bytes()
    );
}
