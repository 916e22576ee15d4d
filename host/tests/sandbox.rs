//! What a guest cannot reach: nothing outside its grants, by whatever path, and
//! nothing that is not a regular file.

use anyhow::{Context as _, Result};
use mem_host::{Access, MemCtx};
use rustix::fs::{CWD, FileType, Mode, makedev, mkfifoat, mknodat};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::Duration;
use test_host::{Host, Kind};

/// Runs the guest as all that it is built as.
fn run(host: Host, guest: &'static str) -> Result<()> {
    run_as(&Kind::ALL, host, guest)
}

/// A call that blocks fails, after longer where `MEM_TEST_ROUNDS` asks for a
/// longer run.
fn run_as(kinds: &'static [Kind], mut host: Host, guest: &'static str) -> Result<()> {
    let (done, ended) = mpsc::channel();
    let longer = std::env::var_os("MEM_TEST_ROUNDS").is_some();
    let limit = Duration::from_secs(if longer { 3600 } else { 120 });
    std::thread::spawn(move || {
        for &kind in kinds {
            host.kind = kind;
            // Nobody waits any more if that fails.
            let _ = done.send(host.run(guest));
        }
    });
    for kind in kinds {
        ended
            .recv_timeout(limit)
            .with_context(|| format!("{guest} as {kind:?} has not ended"))??;
    }
    Ok(())
}

/// A host that grants `granted` instead of its own directory.
fn host_of(granted: &Path) -> Result<Host> {
    let mut host = Host::new();
    host.mem = MemCtx::builder();
    host.mem.preopened_dir(granted, ".", Access::ReadWrite)?;
    host.wasi_dirs = vec![(granted.to_owned(), ".")];
    Ok(host)
}

#[test]
fn paths_are_refused() -> Result<()> {
    let outer = tempfile::tempdir()?;
    let secret = outer.path().join("secret");
    fs::write(&secret, "secret")?;
    fs::write(outer.path().join("linked"), "before")?;
    let granted = outer.path().join("granted");
    let at = |name: &str| granted.join(name);
    fs::create_dir_all(at("sub/deep"))?;
    fs::write(at("inside"), "inside")?;
    fs::hard_link(at("inside"), at("hard-link"))?;
    fs::hard_link(at("inside"), at("sub/hard-link"))?;
    fs::hard_link(outer.path().join("linked"), at("hard-link-to-outside"))?;
    fs::write(
        granted.join(OsStr::from_bytes(b"not-utf-8-\xff")),
        "not UTF-8",
    )?;
    for (name, target) in [
        ("relative", Path::new("../secret")),
        ("relative-to-missing", Path::new("../missing")),
        ("relative-directory", Path::new("..")),
        ("absolute", &secret),
        ("absolute-to-missing", &outer.path().join("missing")),
        ("absolute-to-inside", &at("inside")),
        ("absolute-directory", outer.path()),
        ("chain", Path::new("chain-1")),
        ("chain-1", Path::new("sub/chain-2")),
        ("sub/chain-2", Path::new("../relative")),
        ("chain-to-missing", Path::new("relative-to-missing")),
        ("loop", Path::new("loop")),
        ("loop-of-two", Path::new("sub/back")),
        ("sub/back", Path::new("../loop-of-two")),
        ("null", Path::new("/dev/null")),
        ("magic-root", Path::new("/proc/self/root")),
        ("magic-cwd", Path::new("/proc/self/cwd")),
        ("magic-fd", Path::new("/proc/self/fd/0")),
        ("dangling", Path::new("missing")),
        ("link-to-sub", Path::new("sub")),
        ("link-to-fifo", Path::new("fifo")),
        ("link-to-inside", Path::new("sub/../inside")),
    ] {
        symlink(target, at(name))?;
    }
    mkfifoat(CWD, at("fifo"), Mode::RWXU)?;
    let _socket = UnixListener::bind(at("socket"))?;
    // The null device, which only root can make, and not everywhere.
    let device = mknodat(
        CWD,
        at("device"),
        FileType::CharacterDevice,
        Mode::RWXU,
        makedev(1, 3),
    );
    if let Err(error) = device {
        eprintln!("not tested: a device in a granted directory cannot be made: {error}");
    }
    // Ends when somebody opens the FIFO for reading.
    let fifo = at("fifo");
    let writer = std::thread::spawn(move || fs::File::options().write(true).open(fifo));

    run(host_of(&granted)?, "paths_refused")?;
    let mut by_descriptor = host_of(&granted)?;
    by_descriptor.mem = MemCtx::builder();
    by_descriptor.mem.allow_descriptors(Access::ReadWrite);
    run_as(&[Kind::Component], by_descriptor, "directory_paths_refused")?;
    assert!(!writer.is_finished(), "the FIFO was opened");
    let _reader = fs::File::open(at("fifo"))?;
    writer.join().unwrap()?;
    assert_eq!(fs::read(&secret)?, b"secret");
    assert_eq!(fs::read(outer.path().join("linked"))?, b"shared");
    assert!(!outer.path().join("missing").exists());
    assert!(!at("missing").exists());
    Ok(())
}

/// The file, and a directory on the way to a file, are replaced by links that
/// lead outside and inside in turn. `MEM_TEST_ROUNDS` is how often the guest
/// tries.
#[test]
fn links_that_change_never_lead_outside() -> Result<()> {
    let rounds = std::env::var("MEM_TEST_ROUNDS");
    let outer = tempfile::tempdir()?;
    let granted = outer.path().join("granted");
    fs::create_dir_all(granted.join("real"))?;
    fs::create_dir(outer.path().join("other"))?;
    fs::write(granted.join("real/file"), "inside")?;
    fs::write(outer.path().join("other/file"), "the secret")?;
    let mut host = host_of(&granted)?;
    host.args.push(rounds.unwrap_or_else(|_| "2000".to_owned()));

    let ended = AtomicBool::new(false);
    let swap = |link: &str, targets: [&str; 2]| -> Result<()> {
        let (link, new) = (granted.join(link), granted.join(format!("{link}.new")));
        while !ended.load(Ordering::Relaxed) {
            for target in targets {
                symlink(target, &new)?;
                fs::rename(&new, &link)?;
            }
        }
        Ok(())
    };
    symlink("real/file", granted.join("link"))?;
    symlink("real", granted.join("directory"))?;
    std::thread::scope(|scope| {
        let file = scope.spawn(|| swap("link", ["../other/file", "real/file"]));
        let directory = scope.spawn(|| swap("directory", ["../other", "real"]));
        let result = run(host, "links_that_change");
        ended.store(true, Ordering::Relaxed);
        file.join().unwrap()?;
        directory.join().unwrap()?;
        result
    })?;
    assert_eq!(fs::read(outer.path().join("other/file"))?, b"the secret");
    Ok(())
}

#[test]
fn files_of_proc_and_dev() -> Result<()> {
    let mut host = Host::new();
    host.mem
        .preopened_dir("/proc/self", "/proc", Access::ReadWrite)?
        .preopened_dir("/dev", "/dev", Access::ReadWrite)?;
    run(host, "proc_files")
}

#[test]
fn without_a_grant_all_paths_are_alike() -> Result<()> {
    let mut host = Host::new();
    host.write("inside", "inside");
    mkfifoat(CWD, host.path("fifo"), Mode::RWXU)?;
    host.mem = MemCtx::builder();
    run(host, "nothing_granted")
}

#[test]
fn a_read_only_grant_stays_so() -> Result<()> {
    let mut host = Host::with_access(Access::ReadOnly);
    host.grant_windows();
    let bytes = vec![b'o'; 4096];
    host.write("file", &bytes);
    fs::create_dir(host.path("sub"))?;
    symlink("file", host.path("link"))?;
    let modified = |path: &Path| anyhow::Ok(fs::metadata(path)?.modified()?);
    let (file, before) = (host.path("file"), modified(&host.path("file"))?);
    for kind in Kind::ALL {
        host.kind = kind;
        host.run("read_only_grant_stays_so")?;
        assert_eq!(fs::read(&file)?, bytes);
        assert_eq!(modified(&file)?, before);
        assert!(!host.path("missing").exists());
    }
    Ok(())
}
