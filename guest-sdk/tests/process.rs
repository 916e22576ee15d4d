//! What holds where the crate maps in the process itself, and no host is there.

use mem::{Access, Error, ErrorCode, Options, Protection};
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::thread;

#[track_caller]
fn code<T: std::fmt::Debug>(result: Result<T, Error>) -> ErrorCode {
    result.expect_err("this has to fail").code()
}

#[test]
fn paths_are_those_of_the_process() -> io::Result<()> {
    let dir = tempfile::tempdir()?;
    let path = |name: &str| dir.path().join(name);
    fs::write(path("file"), "bytes")?;
    fs::create_dir(path("folder"))?;
    symlink(path("file"), path("folder/absolute"))?;
    symlink("../file", path("folder/relative"))?;
    for name in [
        "file",
        "folder/../file",
        "folder/absolute",
        "folder/relative",
    ] {
        assert_eq!(mem::open(path(name))?.bytes()?, b"bytes", "{name}");
    }

    symlink("circle", path("circle"))?;
    assert_eq!(code(mem::open(path("circle"))), ErrorCode::AccessDenied);
    for name in ["missing", "missing/file", "file/missing", "file/"] {
        assert_eq!(code(mem::open(path(name))), ErrorCode::NotFound, "{name}");
    }
    let missing = io::Error::from(mem::open(path("missing")).unwrap_err());
    assert_eq!(missing.kind(), io::ErrorKind::NotFound);
    for invalid in [
        OsStr::new(""),
        OsStr::new("a\0b"),
        OsStr::from_bytes(b"\xff"),
    ] {
        assert_eq!(code(mem::open(invalid)), ErrorCode::InvalidArgument);
    }
    let _socket = UnixListener::bind(path("socket"))?;
    for not_a_file in [path("folder"), path("socket"), "/dev/null".into()] {
        for result in [mem::open(&not_a_file), mem::create(&not_a_file, 1)] {
            assert_eq!(code(result), ErrorCode::NotAFile, "{not_a_file:?}");
        }
    }
    Ok(())
}

/// A host has 256 mappings by default, no locks and no execution.
#[test]
fn nothing_has_to_be_granted() -> Result<(), Error> {
    let mappings: Vec<_> = (0..1000).map(|_| mem::anonymous(1)).collect();
    assert!(mappings.iter().all(Result::is_ok));
    let page = mem::anonymous(1)?;
    page.lock()?;
    page.unlock()?;
    let mut options = Options::new();
    options.access(Access::CopyOnWrite).exec(true).len(1);
    options.anonymous()?.protect(Protection::ReadExecute)
}

/// What one call copies at most, which takes long enough to be interrupted.
const LENGTH: usize = 1 << 20;

/// In a guest nothing else runs while it is in a call. Here other threads can,
/// and none sees a part of what another writes.
#[test]
fn threads_share_a_mapping() -> Result<(), Error> {
    let mapping = mem::anonymous(LENGTH as u64)?;
    let written = [0, 1].map(|value| vec![value; LENGTH]);
    thread::scope(|scope| {
        scope.spawn(|| {
            for bytes in written.iter().cycle().take(2000) {
                mapping.write_all_at(0, bytes).unwrap();
            }
        });
        let mut bytes = vec![0; LENGTH];
        for _ in 0..2000 {
            mapping.read_exact_at(0, &mut bytes).unwrap();
            assert!(written.contains(&bytes));
        }
    });
    Ok(())
}

/// A write finds out whether it may, and writes, before that changes.
#[test]
fn a_thread_protects_what_another_writes() -> Result<(), Error> {
    let mapping = mem::anonymous(LENGTH as u64)?;
    thread::scope(|scope| {
        scope.spawn(|| {
            for round in 0..500 {
                let written = [
                    mapping.set(round * 8, round),
                    mapping.write_all_at(0, &[1; LENGTH]),
                ];
                for refused in written.into_iter().filter_map(Result::err) {
                    assert_eq!(refused.code(), ErrorCode::ReadOnly);
                }
            }
        });
        for _ in 0..5000 {
            mapping.protect(Protection::Read).unwrap();
            mapping.protect(Protection::ReadWrite).unwrap();
        }
    });
    mapping.set(0, 1_u8)
}
