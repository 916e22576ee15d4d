//! The rules that host and guests keep, each met by a real guest.

use anyhow::Result;
use mem_host::Access;
use std::os::unix::fs::symlink;
use test_host::Host;

#[test]
fn empty_file() -> Result<()> {
    Host::new().run("empty_file")
}

#[test]
fn offset_not_a_multiple_of_the_page_size() -> Result<()> {
    Host::new().run("offset_not_a_multiple_of_the_page_size")
}

#[test]
fn read_or_write_not_wholly_inside() -> Result<()> {
    Host::new().run("read_or_write_not_wholly_inside")
}

#[test]
fn write_to_read_only() -> Result<()> {
    Host::new().run("write_to_read_only")
}

// The other half of this rule needs a host that is not root's; see the tests
// of the command.
#[test]
fn read_write_on_a_read_only_grant() -> Result<()> {
    let host = Host::with_access(Access::ReadOnly);
    host.write("file", "abc");
    host.run("read_write_on_a_read_only_grant")
}

#[test]
fn copy_on_write() -> Result<()> {
    Host::new().run("copy_on_write")
}

#[test]
fn anonymous() -> Result<()> {
    Host::new().run("anonymous")
}

#[test]
fn file_made_shorter() -> Result<()> {
    let mut host = Host::new();
    host.mem.max_locked_bytes(1 << 20);
    host.run("file_made_shorter")
}

#[test]
fn unlock_of_what_is_not_locked() -> Result<()> {
    let mut host = Host::new();
    host.mem.max_locked_bytes(1 << 20);
    host.run("unlock_of_what_is_not_locked")
}

#[test]
fn lock_past_the_grant() -> Result<()> {
    let mut host = Host::new();
    host.mem.max_locked_bytes(4 * 4096);
    host.run("lock_past_the_grant")?;
    Host::new().run("no_locks_granted")
}

#[test]
fn a_handle_after_unmap() -> Result<()> {
    let host = Host::new();
    let error = host.run("handle_after_unmap").unwrap_err();
    assert!(
        format!("{error:?}").contains("unknown handle index"),
        "{error:?}"
    );
    assert!(host.path("unmapped").exists());
    assert!(!host.path("still running").exists());
    // The host goes on.
    host.run("empty_file")
}

#[test]
fn drop_without_unmap() -> Result<()> {
    let mut host = Host::new();
    host.args.push(host.dir_name());
    host.grant_proc();
    host.run("drop_without_unmap")?;
    assert_eq!(host.read("file")[..4], *b"last");
    Ok(())
}

#[test]
fn path_outside() -> Result<()> {
    let mut host = Host::new();
    let outer = tempfile::tempdir()?;
    let granted = outer.path().join("granted");
    std::fs::create_dir(&granted)?;
    std::fs::write(outer.path().join("secret"), "secret")?;
    for (link, target) in [
        ("link-to-secret", "../secret"),
        ("link-to-parent", ".."),
        ("link-to-missing-outside", "../missing"),
        ("link-to-inside", "inside"),
    ] {
        symlink(target, granted.join(link))?;
    }
    symlink(
        outer.path().join("secret"),
        granted.join("link-to-absolute"),
    )?;
    rustix::fs::mkfifoat(rustix::fs::CWD, granted.join("fifo"), 0o600.into())?;
    let _socket = std::os::unix::net::UnixListener::bind(granted.join("socket"))?;

    host.mem = mem_host::MemCtx::builder();
    host.mem.preopened_dir(&granted, ".", Access::ReadWrite)?;
    host.wasi_dirs = vec![(granted, ".")];
    host.run("path_outside")?;
    assert_eq!(std::fs::read(outer.path().join("secret"))?, b"secret");
    assert!(!outer.path().join("missing").exists());
    Ok(())
}
