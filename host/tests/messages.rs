//! The words of errors: they name the cause and what can be done, alike on all
//! surfaces that can have the cause.

use crate::guests::*;
use crate::why_not::*;
use anyhow::Result;
use mem_host::FsPerms;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;
use test_child::{child_through, is_child, succeed, this_test};
use test_host::{ENGINE, Host, Surface, matrix};

matrix! {
    a_missing_directory_and_a_trailing_slash_are_named:
        MESSAGES, Host::new().arg("paths"), [yes yes yes yes];

    a_read_only_grant_is_named:
        MESSAGES, with_file(Host::with_perms(FsPerms::ReadOnly)).arg("read-only"),
        [yes yes yes NO_HOST];

    what_is_not_granted_is_named:
        MESSAGES, with_file(Host::new()).arg("nothing"), [yes yes NO_GRANTS NO_HOST];

    a_quota_is_named_with_how_much_is_used_and_what_raises_it:
        MESSAGES, with_quotas().arg("quotas"), [yes yes NO_QUOTAS NO_HOST];

    windows_past_the_quota_are_explained:
        MESSAGES, with_one_window().arg("windows"), [yes yes NO_WINDOWS NO_HOST];

    windows_that_the_engine_does_not_have_are_explained:
        MESSAGES, without_an_engine().arg("windows"), [yes yes NO_WINDOWS NO_HOST];

    a_file_that_became_shorter_is_called_so:
        MESSAGES, Host::new().arg("shorter"), [yes yes yes yes];
}

/// A host whose directory has the file `file`, of three pages.
fn with_file(host: Host) -> Host {
    host.write("file", [0; 12288]);
    host
}

fn with_quotas() -> Host {
    let mut host = with_file(Host::new());
    host.mem
        .max_mapped_bytes(4 * 4096)
        .max_private_bytes(2 * 4096)
        .max_mappings(2)
        .max_locked_bytes(4096)
        .max_read_bytes(100);
    host
}

fn with_one_window() -> Host {
    let mut host = with_file(Host::with_windows());
    host.mem.max_windows(1);
    host
}

/// A host that grants windows, which its engine does not have.
fn without_an_engine() -> Host {
    let mut host = with_file(Host::with_windows());
    host.engine = ENGINE.clone();
    host
}

/// Each of two stores of one context learns of its own errors only.
#[test]
fn a_store_does_not_learn_of_the_errors_of_another() -> Result<()> {
    let host = with_file(Host::new()).arg("nothing");
    let ctx = host.mem.build();
    let guest = host.compile(MESSAGES)?;
    std::thread::scope(|scope| {
        let threads = [(); 4].map(|()| {
            scope.spawn(|| (0..10).try_for_each(|_| guest.run(&mut host.store(ctx.clone()))))
        });
        threads
            .into_iter()
            .try_for_each(|thread| thread.join().unwrap())
    })
}

/// The variable that has the directory of a child.
const DIR: &str = "MEM_TEST_DIR";

/// Runs `test` again in a child that may lock 8 KiB. Returns the child's
/// directory in the child, and none here.
fn in_limited_child(test: &str) -> Result<Option<PathBuf>> {
    if is_child() {
        return Ok(std::env::var_os(DIR).map(PathBuf::from));
    }
    let dir = tempfile::tempdir()?;
    fs::set_permissions(&dir, Permissions::from_mode(0o755))?;
    let mut shell = Command::new("sh");
    shell
        .args(["-c", "ulimit -l 8 && exec \"$@\"", "sh"])
        .env(DIR, dir.path());
    succeed(child_through(shell, test)?)?;
    Ok(None)
}

/// Takes root's rights away from all threads of the process, if it has them:
/// neither modes nor limits bind root.
fn become_nobody() {
    // SAFETY: these calls change nothing but the process's own rights.
    unsafe {
        if libc::geteuid() == 0 {
            assert_eq!(libc::setresuid(65534, 65534, 65534), 0);
        }
    }
}

/// Runs the guest on `surfaces` without root's rights, in a child that runs
/// `test` again. `prepare` has the rights.
fn as_nobody(
    test: &str,
    surfaces: &[Surface],
    argument: &str,
    prepare: fn(&mut Host) -> Result<()>,
) -> Result<()> {
    let Some(dir) = in_limited_child(test)? else {
        return Ok(());
    };
    let mut ready = Vec::new();
    for &surface in surfaces {
        let mut host = Host::within(&dir).arg(argument);
        host.surface = surface;
        prepare(&mut host)?;
        let guest = host.compile(MESSAGES)?;
        ready.push((host.store(host.mem.build()), guest, host));
    }
    become_nobody();
    for (store, guest, _) in &mut ready {
        guest.run(store)?;
    }
    Ok(())
}

#[test]
fn the_mode_of_a_file_is_named() -> Result<()> {
    as_nobody(this_test!(), &Surface::WITH_HOST, "modes", |host| {
        fs::create_dir(host.path("closed"))?;
        for (name, mode) in [("unreadable", 0o000), ("readable", 0o444)] {
            host.write(name, "abc");
            fs::set_permissions(host.path(name), Permissions::from_mode(mode))?;
        }
        for (name, mode) in [("closed", 0o555), (".", 0o755)] {
            fs::set_permissions(host.path(name), Permissions::from_mode(mode))?;
        }
        Ok(())
    })
}

#[test]
fn the_limit_of_the_process_for_locks_is_named() -> Result<()> {
    as_nobody(this_test!(), &Surface::WITH_MEM, "memlock", |host| {
        host.mem.max_locked_bytes(1 << 20);
        Ok(())
    })
}

#[test]
fn the_limits_of_all_guests_are_named() -> Result<()> {
    let Some(dir) = in_limited_child(this_test!())? else {
        return Ok(());
    };
    let run = |argument| {
        Surface::WITH_MEM.into_iter().try_for_each(|surface| {
            let mut host = with_file(Host::within(&dir)).arg(argument);
            host.surface = surface;
            host.run(MESSAGES)
        })
    };
    mem_host::process::set_max_kernel_mappings(3);
    run("kernel-mappings")?;
    mem_host::process::set_max_kernel_mappings(1000);
    mem_host::process::set_max_descriptors(1);
    run("descriptors")
}
