//! The words of errors: they name the cause and what can be done, alike for
//! components, core modules and, where they have the cause too, bundles.

use anyhow::{Result, ensure};
use mem_host::Access;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;
use test_host::{Guest, Host, Kind};

const EVERYWHERE: [Kind; 3] = [Kind::Component, Kind::CoreModule, Kind::Bundle];
const IN_CHILD: &str = "MEM_TEST_IN_CHILD";

/// Runs the guest as each of `kinds`, in a host that `prepare` made for what
/// `argument` says.
fn run(kinds: &[Kind], argument: &str, prepare: impl Fn(Kind) -> Host) -> Result<()> {
    for &kind in kinds {
        let mut host = prepare(kind);
        host.kind = kind;
        host.args.push(argument.to_owned());
        host.run("messages")?;
    }
    Ok(())
}

/// A host whose directory has the file `file`, of three pages.
fn with_file(mut host: Host, kind: Kind) -> Host {
    host.kind = kind;
    host.write("file", [0; 12288]);
    host
}

#[test]
fn a_missing_directory_and_a_trailing_slash_are_named() -> Result<()> {
    run(&EVERYWHERE, "paths", |_| Host::new())
}

#[test]
fn a_read_only_grant_is_named() -> Result<()> {
    run(&EVERYWHERE, "read-only", |kind| {
        let mut host = with_file(Host::with_access(Access::ReadOnly), kind);
        if kind == Kind::Bundle {
            host.wasi_access = wasmtime_wasi::FsPerms::ReadOnly;
        }
        host
    })
}

#[test]
fn what_is_not_granted_is_named() -> Result<()> {
    run(&Kind::ALL, "nothing", |kind| with_file(Host::new(), kind))
}

fn with_quotas(kind: Kind) -> Host {
    let mut host = with_file(Host::new(), kind);
    host.mem
        .max_mapped_bytes(4 * 4096)
        .max_private_bytes(2 * 4096)
        .max_mappings(2)
        .max_locked_bytes(4096)
        .max_read_bytes(100);
    host
}

#[test]
fn a_quota_is_named_with_how_much_is_used_and_what_raises_it() -> Result<()> {
    run(&Kind::ALL, "quotas", with_quotas)
}

/// There, the calls fail on other threads.
#[test]
fn an_asynchronous_host_says_the_same() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().build()?;
    for kind in Kind::ALL {
        let mut host = with_quotas(kind);
        host.args.push("quotas".to_owned());
        runtime.block_on(host.run_async("messages"))?;
    }
    Ok(())
}

#[test]
fn windows_that_cannot_be_are_explained() -> Result<()> {
    run(&Kind::ALL, "windows", |kind| {
        let mut host = with_file(Host::with_windows(), kind);
        host.mem.max_windows(1);
        host
    })?;
    run(&Kind::ALL, "windows", |kind| {
        let mut host = with_file(Host::with_windows(), kind);
        host.engine = test_host::ENGINE.clone();
        host
    })
}

#[test]
fn a_file_that_became_shorter_is_called_so() -> Result<()> {
    run(&EVERYWHERE, "shorter", |_| Host::new())
}

/// Two stores of one context ask each for its own.
#[test]
fn a_store_does_not_learn_of_the_errors_of_another() -> Result<()> {
    let mut host = with_file(Host::new(), Kind::Component);
    host.args.push("nothing".to_owned());
    let ctx = host.mem.build();
    let guest = Guest::compile(&host.engine, host.kind, "messages")?;
    std::thread::scope(|scope| {
        let threads = [(); 4].map(|()| {
            scope.spawn(|| (0..10).try_for_each(|_| guest.run(&mut host.store(ctx.clone()))))
        });
        threads
            .into_iter()
            .try_for_each(|thread| thread.join().unwrap())
    })
}

/// Runs `test` again in a child that may lock 8 KiB, and so has a process of its
/// own to change. Returns the child's directory in it, and none here.
fn in_child(test: &str) -> Result<Option<PathBuf>> {
    if let Some(dir) = std::env::var_os(IN_CHILD) {
        return Ok(Some(dir.into()));
    }
    let dir = tempfile::tempdir()?;
    fs::set_permissions(&dir, Permissions::from_mode(0o755))?;
    let child = Command::new("sh")
        .args(["-c", "ulimit -l 8 && exec \"$@\"", "sh"])
        .arg(std::env::current_exe()?)
        .args(["--exact", test, "--nocapture"])
        .env(IN_CHILD, dir.path())
        .output()?;
    let text = String::from_utf8_lossy(&child.stdout);
    let errors = String::from_utf8_lossy(&child.stderr);
    ensure!(child.status.success(), "{}: {text}{errors}", child.status);
    ensure!(text.contains("1 passed"), "{text}");
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

#[test]
fn the_mode_of_a_file_is_named() -> Result<()> {
    let Some(dir) = in_child("the_mode_of_a_file_is_named")? else {
        return Ok(());
    };
    let mut ready = Vec::new();
    for kind in EVERYWHERE {
        let mut host = Host::within(&dir);
        host.kind = kind;
        host.args.push("modes".to_owned());
        fs::create_dir(host.path("closed"))?;
        for (name, mode) in [("unreadable", 0o000), ("readable", 0o444)] {
            host.write(name, "abc");
            fs::set_permissions(host.path(name), Permissions::from_mode(mode))?;
        }
        for (name, mode) in [("closed", 0o555), (".", 0o755)] {
            fs::set_permissions(host.path(name), Permissions::from_mode(mode))?;
        }
        let guest = Guest::compile(&host.engine, kind, "messages")?;
        ready.push((host.store(host.mem.build()), guest, host));
    }
    become_nobody();
    for (store, guest, _) in &mut ready {
        guest.run(store)?;
    }
    Ok(())
}

#[test]
fn the_limit_of_the_process_for_locks_is_named() -> Result<()> {
    let Some(dir) = in_child("the_limit_of_the_process_for_locks_is_named")? else {
        return Ok(());
    };
    let mut ready = Vec::new();
    for kind in Kind::ALL {
        let mut host = Host::within(&dir);
        host.kind = kind;
        host.args.push("memlock".to_owned());
        host.mem.max_locked_bytes(1 << 20);
        let guest = Guest::compile(&host.engine, kind, "messages")?;
        ready.push((host.store(host.mem.build()), guest, host));
    }
    become_nobody();
    for (store, guest, _) in &mut ready {
        guest.run(store)?;
    }
    Ok(())
}

#[test]
fn the_limits_of_all_guests_are_named() -> Result<()> {
    let Some(dir) = in_child("the_limits_of_all_guests_are_named")? else {
        return Ok(());
    };
    let host = |kind| with_file(Host::within(&dir), kind);
    mem_host::process::set_max_kernel_mappings(3);
    run(&Kind::ALL, "kernel-mappings", host)?;
    mem_host::process::set_max_kernel_mappings(1000);
    mem_host::process::set_max_descriptors(1);
    run(&Kind::ALL, "descriptors", host)
}
