//! Guests as programs of this machine, in processes that may do less than
//! others. All other guests that run so are rows of a matrix.

use crate::guests::*;
use anyhow::Result;
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use test_artifacts::Guest;
use test_child::succeed_with_output;

#[test]
fn lock_past_the_limit_of_the_process() -> Result<()> {
    run_as_nobody(LOCK_PAST_THE_LIMIT_OF_THE_PROCESS, &[], |_| Ok(()))
}

#[test]
fn read_write_on_a_file_without_write_permission() -> Result<()> {
    run_as_nobody(
        READ_WRITE_ON_A_FILE_WITHOUT_WRITE_PERMISSION,
        &[],
        make_files_without_permissions,
    )
}

#[test]
fn the_limit_of_the_process_for_locks_is_named() -> Result<()> {
    run_as_nobody(MESSAGES, &["memlock"], |_| Ok(()))
}

#[test]
fn the_mode_of_a_file_is_named() -> Result<()> {
    run_as_nobody(MESSAGES, &["modes"], |dir| {
        fs::create_dir(dir.join("closed"))?;
        make_files_without_permissions(dir)?;
        fs::set_permissions(dir.join("closed"), Permissions::from_mode(0o555))?;
        Ok(())
    })
}

fn make_files_without_permissions(dir: &Path) -> Result<()> {
    for (name, mode) in [("readable", 0o444), ("unreadable", 0o000)] {
        fs::write(dir.join(name), "abc")?;
        fs::set_permissions(dir.join(name), Permissions::from_mode(mode))?;
    }
    Ok(())
}

/// Runs the guest as `nobody` if root runs the tests: neither permissions nor
/// limits bind root. The guest can lock 8 KiB.
fn run_as_nobody(guest: Guest, arguments: &[&str], prepare: fn(&Path) -> Result<()>) -> Result<()> {
    let dir = tempfile::tempdir()?;
    fs::set_permissions(&dir, Permissions::from_mode(0o755))?;
    // Another process copies it. If this one did, a child that another test
    // starts meanwhile could have the copy open for writing, and no file that
    // is can be run.
    let mut copy = Command::new("cp");
    copy.arg(guest.native()).arg(dir.path().join("guest"));
    succeed_with_output(copy)?;
    prepare(dir.path())?;
    let mut program = Command::new("sh");
    program
        .current_dir(&dir)
        .args(["-c", "ulimit -l 8 && exec ./guest \"$@\"", "sh"])
        .args(arguments);
    if fs::metadata(&dir)?.uid() == 0 {
        program.uid(65534).gid(65534);
    }
    succeed_with_output(program).map(drop)
}
