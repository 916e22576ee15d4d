//! The stand-in for memmap2 finds a file behind symbolic links, and says that a
//! file is not there any more whatever took its place. The host has made the
//! links.

#![expect(
    clippy::undocumented_unsafe_blocks,
    reason = "nobody else shortens a test's files, and pointers stay inside their maps"
)]

use memmap2::{Mmap, MmapMut};
use std::fs::{self, File};
use std::io::ErrorKind;

fn main() {
    links();
    for newcomer in ["directory", "shorter", "outside", "loop", "nothing"] {
        replaced_by(newcomer);
    }
}

fn links() {
    for (path, contents) in [
        ("link", "inside"),
        ("link-to-link", "inside"),
        ("linked-directory/file", "inside"),
        ("linked-directory/../directory-of-file/file", "inside"),
    ] {
        let file = File::options().read(true).write(true).open(path).unwrap();
        let map = unsafe { Mmap::map(&file) }.unwrap();
        assert_eq!(map[..], *contents.as_bytes(), "{path}");
        let mut map = unsafe { MmapMut::map_mut(&file) }.unwrap();
        map[0] = b'i';
        map.flush().unwrap();
    }
    // A link that leads to another file by now.
    let file = File::open("link").unwrap();
    fs::rename("link-to-other", "link").unwrap();
    assert_eq!(kind(&file), ErrorKind::NotFound);
    // To the program, links are what they were.
    assert!(fs::symlink_metadata("link").unwrap().is_symlink());
    assert!(fs::metadata("link").unwrap().is_file());
}

fn replaced_by(newcomer: &str) {
    fs::write("file", "contents").unwrap();
    let file = File::options().read(true).write(true).open("file").unwrap();
    let read_only = unsafe { Mmap::map(&file) }.unwrap();
    fs::remove_file("file").unwrap();
    match newcomer {
        "directory" => fs::create_dir("file").unwrap(),
        "shorter" => fs::write("file", "c").unwrap(),
        "nothing" => {}
        link => fs::rename(link, "file").unwrap(),
    }
    assert_eq!(kind(&file), ErrorKind::NotFound, "{newcomer}");
    let writable = unsafe { MmapMut::map_mut(&file) };
    assert_eq!(
        writable.unwrap_err().kind(),
        ErrorKind::NotFound,
        "{newcomer}"
    );
    let writable = read_only.make_mut();
    assert_eq!(
        writable.unwrap_err().kind(),
        ErrorKind::NotFound,
        "{newcomer}"
    );
    match newcomer {
        "directory" => fs::remove_dir("file").unwrap(),
        "nothing" => {}
        _ => fs::remove_file("file").unwrap(),
    }
}

/// The error of mapping the file.
#[track_caller]
fn kind(file: &File) -> ErrorKind {
    unsafe { Mmap::map(file) }.unwrap_err().kind()
}
