//! What paths give that cannot be mapped: one error code each, whatever is
//! asked for. The host has made what the links of the directory lead to; its
//! file `secret` lies beside the directory `granted`.

use crate::code;
use mem::{Access, Error, ErrorCode, Mapping, Options};

/// A way to map the file at a path.
pub type Open<'a> = &'a dyn Fn(&Options, &str) -> Result<Mapping, Error>;

/// Checks all of them.
pub fn check(open: Open) {
    outside(open);
    missing(open);
    not_files(open);
    malformed(open);
    inside(open);
}

/// What `path` gives for each access, and for making it.
#[track_caller]
fn refused(open: Open, path: &str, expected: ErrorCode) {
    for access in [Access::ReadOnly, Access::ReadWrite, Access::CopyOnWrite] {
        let mut options = Options::new();
        options.access(access);
        assert_eq!(code(open(&options, path)), expected, "{path:?} {access:?}");
        // The length is looked at after the path.
        options.offset(1 << 40).len(1);
        assert_eq!(code(open(&options, path)), expected, "{path:?} {access:?}");
    }
}

#[track_caller]
fn not_made(open: Open, path: &str, expected: ErrorCode) {
    let mut options = Options::new();
    options.access(Access::ReadWrite).create(true).len(1);
    assert_eq!(code(open(&options, path)), expected, "{path:?}");
}

/// The same code whether or not anything is there.
fn outside(open: Open) {
    for path in [
        "../",
        "..//",
        "./..",
        "./../",
        "sub/../..",
        "sub/../../",
        "sub/../../secret",
        "sub/../../missing",
        "sub/../../missing/missing",
        "sub/deep/../../../secret",
        "sub/./.././../secret",
        ".//..//secret",
        "../secret/",
        "../secret/x",
        "../../../../../../../../etc/passwd",
        // Out, and back in.
        "../granted/inside",
        "../granted",
        "sub/../../granted/missing",
        "/inside",
        "//inside",
        "/./inside",
        "/../inside",
        "/proc/self/mem",
        "relative",
        "relative-to-missing",
        "relative-directory",
        "relative-directory/secret",
        "relative-directory/missing",
        "relative-directory/granted/inside",
        "absolute",
        "absolute-to-missing",
        "absolute-to-inside",
        "absolute-directory/secret",
        "absolute-directory/missing",
        "chain",
        "chain-to-missing",
        "loop",
        "loop/x",
        "loop-of-two",
        "null",
        "magic-root/etc/passwd",
        "magic-cwd/missing",
        "magic-fd",
    ] {
        refused(open, path, ErrorCode::AccessDenied);
        not_made(open, path, ErrorCode::AccessDenied);
    }
}

fn missing(open: Open) {
    for path in [
        "missing",
        "sub/missing",
        "missing/../inside",
        "missing/..",
        "inside/",
        "inside/.",
        "inside/..",
        "inside/../inside",
        "inside/x",
        "fifo/x",
        "dangling",
        // The name on the disk is not UTF-8.
        "not-utf-8-\u{fffd}",
    ] {
        refused(open, path, ErrorCode::NotFound);
    }
    for path in ["missing/x", "inside/x", "inside/../inside", "sub/missing/x"] {
        not_made(open, path, ErrorCode::NotFound);
    }
}

fn not_files(open: Open) {
    for path in [
        ".",
        "./",
        ".//.",
        "sub",
        "sub/",
        "sub/.",
        "sub/..",
        "sub/../",
        "sub/deep/..",
        "sub/deep/../..",
        "link-to-sub",
        "link-to-sub/",
        "fifo",
        "link-to-fifo",
        "socket",
    ] {
        refused(open, path, ErrorCode::NotAFile);
        not_made(open, path, ErrorCode::NotAFile);
    }
    // Whose making needs root.
    if std::fs::symlink_metadata("device").is_ok() {
        refused(open, "device", ErrorCode::NotAFile);
        not_made(open, "device", ErrorCode::NotAFile);
    }
}

fn malformed(open: Open) {
    let component_too_long = "a".repeat(5000);
    let path_too_long = "sub/../".repeat(700) + "inside";
    let component_at_the_limit = "a".repeat(255);
    for path in [
        "",
        "\0",
        "inside\0",
        "\0inside",
        "sub/\0/x",
        "../\0",
        "/etc/passwd\0",
        &component_too_long,
        &path_too_long,
        &("sub/".to_owned() + &component_too_long),
        &(component_at_the_limit.clone() + "a"),
    ] {
        refused(open, path, ErrorCode::InvalidArgument);
        not_made(open, path, ErrorCode::InvalidArgument);
    }
    refused(open, &component_at_the_limit, ErrorCode::NotFound);
}

fn inside(open: Open) {
    for path in [
        "inside",
        "sub/../inside",
        "sub/deep/../../inside",
        "link-to-sub/../inside",
        "link-to-inside",
        "hard-link",
        "sub/hard-link",
    ] {
        let mapping = open(&Options::new(), path).unwrap();
        assert_eq!(mapping.bytes().unwrap(), b"inside");
    }
    // A hard link inside is inside, wherever the file's other names are.
    let mut options = Options::new();
    options.access(Access::ReadWrite);
    let shared = open(&options, "hard-link-to-outside").unwrap();
    shared.write_all_at(0, b"shared").unwrap();
}
