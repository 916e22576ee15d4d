//! The rules that host and guests keep.

use crate::guests::*;
use crate::why_not::*;
use anyhow::{Result, ensure};
use mem_host::FsPerms;
use std::os::unix::fs::symlink;
use test_host::{Host, matrix};

matrix! {
    empty_file: EMPTY_FILE, Host::new(), [yes yes yes yes];

    offset_not_a_multiple_of_the_page_size:
        OFFSET_NOT_A_MULTIPLE_OF_THE_PAGE_SIZE, Host::new(), [yes yes yes yes];

    read_or_write_not_wholly_inside:
        READ_OR_WRITE_NOT_WHOLLY_INSIDE, Host::new(), [yes yes yes NO_CONTRACT];

    write_to_read_only: WRITE_TO_READ_ONLY, Host::new(), [yes yes yes yes];

    /// The other half of this rule needs a host that is not root's: the tests of
    /// the command and `native.rs` have one.
    read_write_on_a_read_only_grant:
        READ_WRITE_ON_A_READ_ONLY_GRANT, read_only(), [yes yes yes NO_HOST];

    copy_on_write: COPY_ON_WRITE, Host::new(), [yes yes yes yes];

    anonymous: ANONYMOUS, Host::new(), [yes yes yes NO_CONTRACT];

    file_made_shorter: FILE_MADE_SHORTER, Host::with_locks(1 << 20), [yes yes yes yes];

    unlock_of_what_is_not_locked:
        UNLOCK_OF_WHAT_IS_NOT_LOCKED, Host::with_locks(1 << 20), [yes yes yes yes];

    lock_past_the_grant: LOCK_PAST_THE_GRANT, Host::with_locks(4 * 4096), [yes yes yes NO_HOST];

    no_locks_granted: NO_LOCKS_GRANTED, Host::new(), [yes yes yes NO_HOST];

    a_handle_after_unmap:
        HANDLE_AFTER_UNMAP, Host::new(), [yes yes yes NO_CONTRACT], it_traps_at_once;

    drop_without_unmap:
        DROP_WITHOUT_UNMAP, Host::new().showing_maps(), [yes yes yes yes], the_last_write_is_there;

    path_outside: PATH_OUTSIDE, beside_a_secret()?, [yes yes yes NO_HOST], the_secret_is_kept;
}

fn read_only() -> Host {
    let host = Host::with_perms(FsPerms::ReadOnly);
    host.write("file", "abc");
    host
}

fn it_traps_at_once(host: &Host, result: Result<()>) -> Result<()> {
    let error = format!("{:?}", result.unwrap_err());
    ensure!(error.contains("unknown handle index"), "{error}");
    ensure!(host.path("unmapped").exists());
    ensure!(!host.path("still running").exists());
    // The host goes on.
    host.run(EMPTY_FILE)
}

fn the_last_write_is_there(host: &Host, result: Result<()>) -> Result<()> {
    result?;
    ensure!(host.read("file")[..4] == *b"last");
    Ok(())
}

/// A host that grants a directory beside a file that it does not grant.
fn beside_a_secret() -> Result<Host> {
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
    // It stays a socket when nobody listens any more.
    std::os::unix::net::UnixListener::bind(granted.join("socket"))?;

    host.mem = mem_host::MemCtx::builder();
    host.mem.preopened_dir(&granted, ".", FsPerms::ReadWrite)?;
    host.wasi_dirs = vec![(granted, ".")];
    host.kept.push(outer);
    Ok(host)
}

fn the_secret_is_kept(host: &Host, result: Result<()>) -> Result<()> {
    result?;
    let outer = host.kept[0].path();
    ensure!(std::fs::read(outer.join("secret"))? == b"secret");
    ensure!(!outer.join("missing").exists());
    Ok(())
}
