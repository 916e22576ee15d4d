//! The guests of the host's tests, built as programs of this machine: what they
//! check of a host holds without one.

#![cfg(target_os = "linux")]

use anyhow::{Result, ensure};
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

const LOCK_LIMIT: &str = "lock_past_the_limit_of_the_process";
const MESSAGES: &str = "messages";
const PERMISSIONS: &str = "read_write_on_a_file_without_write_permission";

/// Stands for the name of the directory that the guest runs in.
const DIR: &str = "DIR";

macro_rules! guests {
    ($($guest:ident($($argument:expr),*);)*) => {
        const GUESTS: &[&str] = &[LOCK_LIMIT, MESSAGES, PERMISSIONS, $(stringify!($guest)),*];

        $(#[test]
        fn $guest() -> Result<()> {
            run(stringify!($guest), &[$($argument),*])
        })*
    };
}

guests! {
    addresses();
    copy_on_write();
    current_directory();
    cursor();
    drop_without_unmap(DIR);
    empty_file();
    exec(DIR);
    file_made_shorter();
    go_names();
    larger_than_4_gib();
    lengths_past_the_end();
    lock_shows_in_vmlck();
    locks_that_overlap(DIR);
    memmap2();
    memmap2_copies_keep_other_writes();
    memmap2_made_read_only();
    mmap_go();
    offset_not_a_multiple_of_the_page_size();
    sdk_copies_keep_other_writes();
    sdk_read_many();
    sdk_window_after_unmap(DIR, "copy");
    sdk_window_busy("copy");
    sdk_window_contents("copy");
    sdk_window_errors("copy");
    sdk_window_private("copy");
    sdk_window_write_back("copy");
    unlock_of_what_is_not_locked();
    what_the_kernel_shows(DIR);
    write_to_read_only();
}

/// Where the guests are, which are built for the first test that asks.
static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let test = std::env::current_exe().unwrap();
    // The test is in its `deps`.
    let folder = test.ancestors().nth(2).unwrap();
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--package", "test-guests", "--target-dir"]);
    cargo.arg(folder.parent().unwrap());
    if !cfg!(debug_assertions) {
        cargo.arg("--release");
    }
    for guest in GUESTS {
        cargo.args(["--bin", guest]);
    }
    assert!(cargo.status().unwrap().success(), "the guests do not build");
    folder.to_owned()
});

/// Runs the guest in a directory of its own.
fn run(guest: &str, arguments: &[&str]) -> Result<()> {
    // On a disk: the pages of other file systems are never clean.
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let mut program = Command::new(FOLDER.join(guest));
    program.current_dir(&dir);
    for &argument in arguments {
        match argument {
            DIR => program.arg(dir.path().file_name().unwrap()),
            _ => program.arg(argument),
        };
    }
    succeeds(program)
}

#[test]
fn lock_past_the_limit_of_the_process() -> Result<()> {
    run_unprivileged(LOCK_LIMIT, &[], |_| Ok(()))
}

/// In the words of a host.
#[test]
fn errors_name_the_cause() -> Result<()> {
    run(MESSAGES, &["paths"])?;
    run(MESSAGES, &["shorter"])?;
    run_unprivileged(MESSAGES, &["memlock"], |_| Ok(()))?;
    run_unprivileged(MESSAGES, &["modes"], |dir| {
        fs::create_dir(dir.join("closed"))?;
        for (name, mode) in [("readable", 0o444), ("unreadable", 0o000)] {
            fs::write(dir.join(name), "abc")?;
            fs::set_permissions(dir.join(name), Permissions::from_mode(mode))?;
        }
        fs::set_permissions(dir.join("closed"), Permissions::from_mode(0o555))?;
        Ok(())
    })
}

#[test]
fn read_write_on_a_file_without_write_permission() -> Result<()> {
    run_unprivileged(PERMISSIONS, &[], |dir| {
        for (name, mode) in [("readable", 0o444), ("unreadable", 0o000)] {
            fs::write(dir.join(name), "abc")?;
            fs::set_permissions(dir.join(name), Permissions::from_mode(mode))?;
        }
        Ok(())
    })
}

/// Runs the guest as `nobody` if the tests are run by root, whom neither
/// permissions nor limits bind. It can lock 8 KiB.
fn run_unprivileged(
    guest: &str,
    arguments: &[&str],
    prepare: fn(&Path) -> Result<()>,
) -> Result<()> {
    let dir = tempfile::tempdir()?;
    fs::set_permissions(&dir, Permissions::from_mode(0o755))?;
    fs::copy(FOLDER.join(guest), dir.path().join("guest"))?;
    prepare(dir.path())?;
    let mut program = Command::new("sh");
    program
        .current_dir(&dir)
        .args(["-c", "ulimit -l 8 && exec ./guest \"$@\"", "sh"])
        .args(arguments);
    if fs::metadata(&dir)?.uid() == 0 {
        program.uid(65534).gid(65534);
    }
    succeeds(program)
}

fn succeeds(mut program: Command) -> Result<()> {
    let output = program.output()?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{}\n{stderr}", output.status);
    Ok(())
}
