//! Guests on file systems of which the machine's own is none: full ones, one in
//! memory, one with two names for a file, and one of huge pages.
//!
//! Each test runs itself again in a mount namespace of its own, so that nothing
//! stays mounted. Without root's rights the user still may mount some.

#![cfg(target_os = "linux")]

use anyhow::{Result, ensure};
use std::path::Path;
use std::process::Command;
use test_host::{Host, Kind};

const MOUNTED: &str = "MEM_TEST_MOUNTED";

/// Runs `guests`, components and core modules, in a directory of what the shell
/// command `mount` mounts at `$0`. Where that cannot be, it says so.
fn run_on(test: &str, mount: &str, guests: &[&str]) -> Result<()> {
    run_as(&Kind::ALL, test, mount, guests)
}

/// Like `run_on`, as `kinds`.
fn run_as(kinds: &[Kind], test: &str, mount: &str, guests: &[&str]) -> Result<()> {
    if let Some(mounted) = std::env::var_os(MOUNTED) {
        for guest in guests {
            for &kind in kinds {
                let mut host = Host::within(Path::new(&mounted));
                host.grant_windows();
                host.mem.max_locked_bytes(1 << 20);
                host.kind = kind;
                host.run(guest)?;
            }
        }
        println!("the child is done");
        return Ok(());
    }
    let disk = tempfile::tempdir()?;
    let child = Command::new("unshare")
        .args(["--map-root-user", "--mount", "sh", "-c"])
        .arg(format!(
            "({mount}) || {{ echo cannot mount; exit 0; }}; exec \"$@\""
        ))
        .arg(disk.path())
        .arg(std::env::current_exe()?)
        .args(["--exact", test, "--nocapture"])
        .env(MOUNTED, disk.path())
        .output()?;
    let output = String::from_utf8_lossy(&child.stdout);
    let errors = String::from_utf8_lossy(&child.stderr);
    ensure!(child.status.success(), "{}: {output}{errors}", child.status);
    if output.contains("cannot mount") {
        println!("skipped, because this user cannot mount it: {errors}");
        return Ok(());
    }
    ensure!(output.contains("the child is done"), "{output}");
    Ok(())
}

#[test]
fn disk_full() -> Result<()> {
    let mount = r#"mount -t tmpfs -o size=1m none "$0""#;
    run_on("disk_full", mount, &["disk_full"])
}

#[test]
fn a_full_disk_is_called_so() -> Result<()> {
    let mount = r#"mount -t tmpfs -o size=1m none "$0""#;
    let kinds = [Kind::Component, Kind::CoreModule, Kind::Bundle];
    run_as(
        &kinds,
        "a_full_disk_is_called_so",
        mount,
        &["messages_disk_full"],
    )
}

/// Its pages are made when they are first written, and its blocks later.
#[test]
fn disk_full_ext4() -> Result<()> {
    let mount = r#"truncate -s 8M "$0.img" && mkfs.ext4 -q "$0.img" \
        && mount -o loop "$0.img" "$0"; status=$?; rm -f "$0.img"; exit $status"#;
    run_on("disk_full_ext4", mount, &["disk_full"])
}

#[test]
fn tmpfs() -> Result<()> {
    let mount = r#"mount -t tmpfs none "$0""#;
    let guests = [
        "window",
        "file_made_shorter",
        "window_of_a_file_made_shorter",
    ];
    run_on("tmpfs", mount, &guests)
}

/// What a guest writes reaches the upper directory.
#[test]
fn overlayfs() -> Result<()> {
    let mount = r#"mount -t tmpfs none "$0" && cd "$0" && mkdir lower upper work \
        && mount -t overlay -o lowerdir=lower,upperdir=upper,workdir=work none "$0""#;
    let guests = [
        "window",
        "file_made_shorter",
        "window_of_a_file_made_shorter",
    ];
    run_on("overlayfs", mount, &guests)
}

/// `MAP_PRIVATE` or not: a page of a file there is 2 MiB or more.
#[test]
fn hugetlbfs_is_unsupported() -> Result<()> {
    let mount = r#"mount -t hugetlbfs none "$0""#;
    run_on("hugetlbfs_is_unsupported", mount, &["huge_pages_refused"])
}
