//! Guests on file systems that a machine's own is not: full ones, one in
//! memory, one with two names for a file, and one of huge pages.
//!
//! Each test runs itself again in a mount namespace of its own, so that nothing
//! stays mounted. A user without root's rights can still mount some of them.

use crate::guests::*;
use anyhow::{Context as _, Result, ensure};
use std::path::Path;
use std::process::Command;
use test_artifacts::Guest;
use test_child::{child_through, is_child, succeed_with_output, this_test};
use test_host::{Host, Surface};

const MOUNTED: &str = "MEM_TEST_MOUNTED";

/// Runs `guests`, as components and as core modules, in a directory that the
/// shell command `mount` mounts at `$0`. Where that is
/// not possible, it says so.
fn run_on(test: &str, mount: &str, guests: &[Guest]) -> Result<()> {
    run_as(&Surface::WITH_MEM, test, mount, guests)
}

/// Like `run_on`, on `surfaces`.
fn run_as(surfaces: &[Surface], test: &str, mount: &str, guests: &[Guest]) -> Result<()> {
    if is_child() {
        let mounted = std::env::var_os(MOUNTED).expect("the parent sets it");
        for &guest in guests {
            for &surface in surfaces {
                let mut host = Host::within(Path::new(&mounted));
                host.grant_windows();
                host.mem.max_locked_bytes(1 << 20);
                host.surface = surface;
                let name = guest.name;
                host.run(guest)
                    .with_context(|| format!("{name} as {surface:?}"))?;
            }
        }
        return Ok(());
    }
    let disk = tempfile::tempdir()?;
    let mut unshare = Command::new("unshare");
    unshare
        .args(["--map-root-user", "--mount", "sh", "-c"])
        .arg(format!(
            "({mount}) || {{ echo cannot mount; exit 0; }}; exec \"$@\""
        ))
        .arg(disk.path())
        .env(MOUNTED, disk.path());
    let output = succeed_with_output(child_through(unshare, test)?)?;
    if output.contains("cannot mount") {
        println!("skipped, because this user cannot mount it");
        return Ok(());
    }
    ensure!(output.contains("1 passed"), "{output}");
    Ok(())
}

#[test]
fn disk_full() -> Result<()> {
    let mount = r#"mount -t tmpfs -o size=1m none "$0""#;
    run_on(this_test!(), mount, &[DISK_FULL])
}

#[test]
fn a_full_disk_is_called_so() -> Result<()> {
    let mount = r#"mount -t tmpfs -o size=1m none "$0""#;
    run_as(
        &Surface::WITH_HOST,
        this_test!(),
        mount,
        &[MESSAGES_DISK_FULL],
    )
}

/// Its pages are made at the first write, and its blocks later.
#[test]
fn disk_full_ext4() -> Result<()> {
    let mount = r#"truncate -s 8M "$0.img" && mkfs.ext4 -q "$0.img" \
        && mount -o loop "$0.img" "$0"; status=$?; rm -f "$0.img"; exit $status"#;
    run_on(this_test!(), mount, &[DISK_FULL])
}

#[test]
fn tmpfs() -> Result<()> {
    let mount = r#"mount -t tmpfs none "$0""#;
    let guests = [WINDOW, FILE_MADE_SHORTER, WINDOW_OF_A_FILE_MADE_SHORTER];
    run_on(this_test!(), mount, &guests)
}

/// What a guest writes reaches the upper directory.
#[test]
fn overlayfs() -> Result<()> {
    let mount = r#"mount -t tmpfs none "$0" && cd "$0" && mkdir lower upper work \
        && mount -t overlay -o lowerdir=lower,upperdir=upper,workdir=work none "$0""#;
    let guests = [WINDOW, FILE_MADE_SHORTER, WINDOW_OF_A_FILE_MADE_SHORTER];
    run_on(this_test!(), mount, &guests)
}

/// `MAP_PRIVATE` or not: a page of a file there is 2 MiB or more.
#[test]
fn hugetlbfs_is_unsupported() -> Result<()> {
    let mount = r#"mount -t hugetlbfs none "$0""#;
    run_on(this_test!(), mount, &[HUGE_PAGES_REFUSED])
}
