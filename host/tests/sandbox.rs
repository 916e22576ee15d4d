//! What a guest cannot reach: nothing outside its grants, by whatever path, and
//! nothing that is not a regular file. A call that blocks would hang, so each
//! guest runs in a child, which has a limit of time.

use crate::guests::*;
use crate::why_not::*;
use anyhow::{Result, ensure};
use mem_host::{FsPerms, MemCtx};
use rustix::fs::{CWD, FileType, Mode, makedev, mkfifoat, mknodat};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};
use test_artifacts::Guest;
use test_host::{Host, Surface, matrix, tests_on};

matrix! { in a child;
    files_of_proc_and_dev: PROC_FILES, with_proc_and_dev()?, [yes yes NO_MEM_GRANTS NO_HOST];

    without_a_grant_all_paths_are_alike:
        NOTHING_GRANTED, without_a_grant()?, [yes yes NO_MEM_GRANTS NO_HOST];

    a_read_only_grant_stays_so:
        READ_ONLY_GRANT_STAYS_SO, read_only()?, [yes yes NO_WINDOWS NO_HOST], the_file_is_as_before;
}

tests_on! { in a child;
    paths_are_refused: [component core_module];
    paths_are_refused_to_descriptors: [component];
    links_that_change_never_lead_outside: [component core_module];
}

/// A host that grants `granted` instead of its own directory.
fn host_of(granted: &Path) -> Result<Host> {
    let mut host = Host::new();
    host.mem = MemCtx::builder();
    host.mem.preopened_dir(granted, ".", FsPerms::ReadWrite)?;
    host.wasi_dirs = vec![(granted.to_owned(), ".")];
    Ok(host)
}

fn with_proc_and_dev() -> Result<Host> {
    let mut host = Host::new();
    host.mem
        .preopened_dir("/proc/self", "/proc", FsPerms::ReadWrite)?
        .preopened_dir("/dev", "/dev", FsPerms::ReadWrite)?;
    Ok(host)
}

fn without_a_grant() -> Result<Host> {
    let mut host = Host::new();
    host.write("inside", "inside");
    mkfifoat(CWD, host.path("fifo"), Mode::RWXU)?;
    host.mem = MemCtx::builder();
    Ok(host)
}

const BYTES: [u8; 4096] = [b'o'; 4096];

/// When the file was modified last.
const MODIFIED: Duration = Duration::from_secs(1 << 30);

fn read_only() -> Result<Host> {
    let mut host = Host::with_perms(FsPerms::ReadOnly);
    host.grant_windows();
    host.write("file", BYTES);
    let file = fs::File::options().write(true).open(host.path("file"))?;
    file.set_modified(SystemTime::UNIX_EPOCH + MODIFIED)?;
    fs::create_dir(host.path("sub"))?;
    symlink("file", host.path("link"))?;
    Ok(host)
}

fn the_file_is_as_before(host: &Host, result: Result<()>) -> Result<()> {
    result?;
    ensure!(host.read("file") == BYTES);
    let modified = fs::metadata(host.path("file"))?.modified()?;
    ensure!(modified == SystemTime::UNIX_EPOCH + MODIFIED);
    ensure!(!host.path("missing").exists());
    Ok(())
}

fn paths_are_refused(surface: Surface) -> Result<()> {
    refuse_paths(PATHS_REFUSED, |granted| {
        let mut host = host_of(granted)?;
        host.surface = surface;
        Ok(host)
    })
}

fn paths_are_refused_to_descriptors(surface: Surface) -> Result<()> {
    refuse_paths(DIRECTORY_PATHS_REFUSED, |granted| {
        let mut host = host_of(granted)?;
        host.surface = surface;
        host.mem = MemCtx::builder();
        host.mem.allow_descriptors(FsPerms::ReadWrite);
        Ok(host)
    })
}

/// Runs the guest in a host that `host` makes for a directory full of traps.
fn refuse_paths(guest: Guest, host: impl Fn(&Path) -> Result<Host>) -> Result<()> {
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

    host(&granted)?.run(guest)?;
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
fn links_that_change_never_lead_outside(surface: Surface) -> Result<()> {
    let rounds = std::env::var("MEM_TEST_ROUNDS");
    let outer = tempfile::tempdir()?;
    let granted = outer.path().join("granted");
    fs::create_dir_all(granted.join("real"))?;
    fs::create_dir(outer.path().join("other"))?;
    fs::write(granted.join("real/file"), "inside")?;
    fs::write(outer.path().join("other/file"), "the secret")?;
    let mut host = host_of(&granted)?;
    host.surface = surface;
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
        let result = host.run(LINKS_THAT_CHANGE);
        ended.store(true, Ordering::Relaxed);
        file.join().unwrap()?;
        directory.join().unwrap()?;
        result
    })?;
    assert_eq!(fs::read(outer.path().join("other/file"))?, b"the secret");
    Ok(())
}
