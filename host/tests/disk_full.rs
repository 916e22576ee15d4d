//! A full disk under a sparse mapping, on a file system of 1 MiB.

#![cfg(target_os = "linux")]

use anyhow::{Result, ensure};
use std::process::Command;
use test_host::{Host, Kind};

const MOUNTED: &str = "MEM_TEST_SMALL_DISK";

/// Runs itself again in a mount namespace of its own, so that nothing stays
/// mounted, and without root's rights the user still may mount.
#[test]
fn disk_full() -> Result<()> {
    if let Some(disk) = std::env::var_os(MOUNTED) {
        for kind in Kind::ALL {
            let mut host = Host::within(&disk);
            host.grant_windows();
            host.kind = kind;
            host.run("disk_full")?;
        }
        println!("the child is done");
        return Ok(());
    }
    let disk = tempfile::tempdir()?;
    let child = Command::new("unshare")
        .args(["--map-root-user", "--mount", "sh", "-c"])
        .arg("mount -t tmpfs -o size=1m none \"$0\" && exec \"$@\"")
        .arg(disk.path())
        .arg(std::env::current_exe()?)
        .args(["--exact", "disk_full", "--nocapture"])
        .env(MOUNTED, disk.path())
        .output()?;
    let output = String::from_utf8_lossy(&child.stdout);
    let errors = String::from_utf8_lossy(&child.stderr);
    ensure!(child.status.success(), "{}: {output}{errors}", child.status);
    ensure!(output.contains("the child is done"), "{output}");
    Ok(())
}
