//! An error names its cause, and what can be done. The first argument says what
//! the host was prepared for.

use mem::{Error, Options};
use std::fmt::Debug;
use std::fs;
use test_guests::raw::{self, Access};
use test_guests::{Buffer, PAGE, map, on_polyfill};

fn main() {
    let prepared = std::env::args().nth(1);
    match prepared.as_deref() {
        Some("paths") => paths(),
        Some("read-only") => read_only(),
        Some("nothing") => nothing(),
        Some("modes") => modes(),
        Some("quotas") => quotas(),
        Some("windows") => windows(),
        Some("kernel-mappings") => kernel_mappings(),
        Some("descriptors") => descriptors(),
        Some("memlock") => memlock(),
        Some("shorter") => shorter(),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn says<T: Debug>(result: Result<T, Error>, expected: &str) {
    let error = result.expect_err("this has to fail");
    assert_eq!(error.to_string(), format!("mem: {expected}"));
}

fn paths() {
    fs::create_dir("sub").unwrap();
    fs::write("file", "0123456789").unwrap();
    says(
        mem::create("nodir/f", 1),
        r#"create "nodir/f" read-write: not found: the directory "nodir" is missing; create it first"#,
    );
    says(
        mem::create("nodir/sub/f", 1),
        r#"create "nodir/sub/f" read-write: not found: the directory "nodir" is missing; create it first"#,
    );
    says(
        mem::open("sub/nodir/f"),
        r#"open "sub/nodir/f" read-only: not found: the directory "sub/nodir" is missing; create it first"#,
    );
    says(
        mem::open("sub/missing"),
        r#"open "sub/missing" read-only: not found: nothing is at this path; create the file first"#,
    );
    says(
        mem::open("file/x"),
        r#"open "file/x" read-only: not found: a part of the path is not a directory"#,
    );
    // Files have no such paths, and none is made.
    for (path, verb) in [
        ("new/", "create"),
        ("file/", "create"),
        ("sub/new/", "create"),
    ] {
        says(
            mem::create(path, 1),
            &format!(
                "{verb} {path:?} read-write: not found: the path ends with `/`, as no file's does; \
                 leave that out"
            ),
        );
    }
    assert!(!fs::exists("new").unwrap() && !fs::exists("sub/new").unwrap());
    assert_eq!(
        mem::create("sub/", 1).unwrap_err().code(),
        mem::ErrorCode::NotAFile
    );
    says(
        mem::open("file/"),
        r#"open "file/" read-only: not found: the path ends with `/`, as no file's does; leave that out"#,
    );
}

/// The host grants the directory for reading only.
fn read_only() {
    let cause = if on_polyfill() {
        "the directory is granted for reading only; map the file read-only or copy-on-write, or \
         have the runtime grant it for writing"
    } else {
        "the directory or the file is granted for reading only; map it read-only or \
         copy-on-write, or have the embedder grant it with `FsPerms::ReadWrite` (without \
         `--mem-read-only`)"
    };
    says(
        mem::open_mut("file"),
        &format!(r#"open "file" read-write: access denied: {cause}"#),
    );
}

/// The host grants the directory `.`, and nothing else.
fn nothing() {
    says(
        mem::open("/elsewhere"),
        r#"open "/elsewhere" read-only: access denied: the path is in none of the granted directories: those are "."; use a path in one, or have the embedder grant another by `MemCtxBuilder::preopened_dir` (`--dir`)"#,
    );
    says(
        mem::open("../outside"),
        r#"open "../outside" read-only: access denied: the path leaves the granted directory, by `..` or by a symbolic link; use one inside of it"#,
    );
    says(
        Options::new().exec(true).open("file"),
        r#"open "file" read-only: access denied: execution is not granted; ask for less, or have the embedder grant it by `MemCtxBuilder::allow_exec` (`--mem-exec`)"#,
    );
    says(
        mem::open("file").unwrap().lock(),
        r#"lock "file": lock limit: the quota of locked bytes is 0; do without, or have the embedder grant it by `MemCtxBuilder::max_locked_bytes` (`--mem-max-locked-bytes`)"#,
    );
    let mapping = map("file", Access::ReadOnly);
    let refused = Buffer::new(1).attach(&mapping, 0).err();
    assert_eq!(refused, Some(raw::ErrorCode::AccessDenied));
    let why = raw::explain(raw::ErrorCode::AccessDenied);
    assert_eq!(
        why.as_deref(),
        Some(
            "windows are not granted; copy the bytes, or have the embedder grant them by \
             `MemCtxBuilder::allow_windows` (`--mem-windows`)"
        )
    );
    // `explain` says it once, of the latest error with this code.
    assert_eq!(raw::explain(raw::ErrorCode::AccessDenied), None);
    assert_eq!(raw::explain(raw::ErrorCode::Io), None);
    assert!(mem::open("missing").is_err());
    assert!(mapping.load_u8(3 * PAGE).is_err());
    assert_eq!(raw::explain(raw::ErrorCode::OutOfBounds), None);
}

/// The host's process has no rights that the files' modes do not give it.
fn modes() {
    let denied =
        "access denied: permission denied by the file's mode; have its owner let the process";
    says(
        mem::open("unreadable"),
        &format!(r#"open "unreadable" read-only: {denied} read it"#),
    );
    says(
        mem::open_mut("readable"),
        &format!(r#"open "readable" read-write: {denied} read and write it"#),
    );
    says(
        mem::create("closed/new", 1),
        r#"create "closed/new" read-write: access denied: permission denied by the directory's mode; have its owner let the process create files in it"#,
    );
}

/// The host grants 4 pages mapped, 2 of them private, 2 mappings, a locked page,
/// and reads of 100 bytes.
fn quotas() {
    let raise = |used: &str, by: &str| {
        let method = by.replace('-', "_");
        format!(
            "{used}; ask for less, or free some, or have the embedder raise it by \
             `MemCtxBuilder::{method}` (`--mem-{by}`)"
        )
    };
    let exceeded = |used: &str, by: &str| format!("quota exceeded: {}", raise(used, by));
    let file = mem::open("file").unwrap();
    says(
        mem::open("file"),
        &format!(
            r#"open "file" read-only: {}"#,
            exceeded(
                "of the quota of 16384 mapped bytes, 12288 are in use, and this takes 12288 more",
                "max-mapped-bytes"
            )
        ),
    );
    says(
        file.read_exact_at(0, &mut [0; 101]),
        "read 101 bytes at offset 0 of \"file\": quota exceeded: one read can have 100 bytes, and \
         this has 101; read less at a time, or have the embedder raise it by \
         `MemCtxBuilder::max_read_bytes` (`--mem-max-read-bytes`)",
    );
    drop(file);
    says(
        mem::anonymous(8193),
        &format!(
            "open anonymous mapping read-write: {}",
            exceeded(
                "of the quota of 8192 private bytes, 0 are in use, and this takes 8193 more",
                "max-private-bytes"
            )
        ),
    );
    let two = [(); 2].map(|()| mem::anonymous(PAGE).unwrap());
    says(
        Options::new().len(1).open("file"),
        &format!(
            r#"open "file" read-only: {}"#,
            exceeded(
                "of the quota of 2 mappings, 2 are in use, and this takes 1 more",
                "max-mappings"
            )
        ),
    );
    two[0].lock().unwrap();
    says(
        two[1].lock(),
        &format!(
            "lock anonymous mapping: lock limit: {}",
            raise(
                "of the quota of 4096 locked bytes, 4096 are in use, and this takes 4096 more",
                "max-locked-bytes"
            )
        ),
    );
}

/// The host grants one window, and the engine has them or has not.
fn windows() {
    let mapping = map("file", Access::ReadOnly);
    let (first, second) = (Buffer::new(1), Buffer::new(1));
    let _window = match first.attach(&mapping, 0) {
        Ok(window) => window,
        Err(error) => {
            assert_eq!(error, raw::ErrorCode::Unsupported);
            let why = raw::explain(error).unwrap();
            let start = "the guest's memory cannot have windows: the embedder did not prepare the \
                         engine by `mem_host::enable_windows`";
            assert!(why.starts_with(start), "{why}");
            return;
        }
    };
    let refused = second.attach(&mapping, 0).err().unwrap();
    assert_eq!(refused, raw::ErrorCode::QuotaExceeded);
    assert_eq!(
        raw::explain(refused).unwrap(),
        "of the quota of 1 windows, 1 are in use, and this takes 1 more; ask for less, or free \
         some, or have the embedder raise it by `MemCtxBuilder::max_windows` (`--mem-max-windows`)"
    );
}

/// The limit of the process is 3.
fn kernel_mappings() {
    let _two = mem::open("file").unwrap();
    says(
        mem::open("file"),
        r#"open "file" read-only: quota exceeded: of the quota of 3 kernel mappings for all guests of the process, 2 are in use, and this takes 2 more; ask for less, or free some, or have the embedder raise it by `mem_host::process::set_max_kernel_mappings`"#,
    );
}

/// The limit of the process is 1.
fn descriptors() {
    let _one = mem::open_mut("file").unwrap();
    says(
        mem::open_mut("file"),
        r#"open "file" read-write: quota exceeded: of the quota of 1 open files for all guests of the process, 1 are in use, and this takes 1 more; ask for less, or free some, or have the embedder raise it by `mem_host::process::set_max_descriptors`"#,
    );
}

/// The process may lock 8 KiB, and the host grants more.
fn memlock() {
    let mapping = mem::anonymous(8 * PAGE).unwrap();
    says(
        mapping.lock(),
        "lock anonymous mapping: lock limit: the process may lock 8192 bytes (RLIMIT_MEMLOCK), and \
         this would be more; lock less, unlock something, or have that limit raised",
    );
}

fn shorter() {
    let mapping = mem::create("file", 3 * PAGE).unwrap();
    let file = fs::OpenOptions::new().write(true).open("file").unwrap();
    file.set_len(100).unwrap();
    let why = if on_polyfill() {
        "truncated: the file became shorter, if only for a while; unmap it, and map it anew"
    } else {
        "truncated: the file became shorter, and is 100 bytes long; unmap it, and map it anew"
    };
    says(
        mapping.get::<u8>(2 * PAGE),
        &format!(r#"load 1 byte at offset 8192 of "file": {why}"#),
    );
    says(mapping.flush(), &format!(r#"flush "file": {why}"#));
    says(mapping.unmap(), &format!(r#"unmap "file": {why}"#));
}
