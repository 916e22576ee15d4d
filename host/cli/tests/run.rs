//! The options of `wasmtime-mem run`, and what a user sees of it.

use crate::common::{COMMAND, Form, Run, stderr};
use crate::guests::COMMAND_ENDLESS;
use crate::on_both;
use anyhow::Result;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::Command;
use test_artifacts::{
    EXEC, GO_NAMES, Guest, HANDLE_AFTER_UNMAP, LEAVE_MAPPED_AND_LOCKED, LOCK_PAST_THE_GRANT,
    LOCK_PAST_THE_LIMIT_OF_THE_PROCESS, LOCK_SHOWS_IN_VMLCK, NO_LOCKS_GRANTED, QUOTAS,
    READ_WRITE_ON_A_FILE_WITHOUT_WRITE_PERMISSION, READ_WRITE_ON_A_READ_ONLY_GRANT, WC, WINDOW,
    WINDOW_NOT_GRANTED, WINDOW_REFUSED,
};

on_both! {
    dir_grants_mapping;
    dir_grants_under_the_guest_name;
    nothing_is_granted_without_an_option;
    mem_read_only;
    mem_exec;
    mem_quotas;
    mem_max_locked_bytes;
    windows_are_granted_by_default;
    windows_can_be_refused_and_do_not_go_with_every_option;
    lock_past_the_limit_of_the_process;
    read_write_on_a_file_without_write_permission;
    a_trap_has_the_exit_code_of_wasmtime_run;
    the_options_of_wasmtime_run_work;
    compiled_code_is_cached;
}

const NO_ARGS: [&str; 0] = [];

fn dir_grants_mapping(form: Form) -> Result<()> {
    Run::of(form).succeed(GO_NAMES, &NO_ARGS)?;
    Ok(())
}

fn dir_grants_under_the_guest_name(form: Form) -> Result<()> {
    let run = Run::of(form);
    fs::write(run.path("file"), "a b\nc\n")?;
    let dir = format!("{}::/data", run.dir.path().display());
    let output = run
        .option("--dir")
        .option(dir)
        .succeed(WC, &["/data/file"])?;
    assert_eq!(String::from_utf8(output)?, "2 3 6 /data/file\n");
    Ok(())
}

fn nothing_is_granted_without_an_option(form: Form) -> Result<()> {
    let dir = tempfile::tempdir()?;
    fs::write(dir.path().join("file"), "abc")?;
    let output = Command::new(COMMAND)
        .current_dir(dir.path())
        .arg("run")
        .arg(form.of(WC))
        .arg("file")
        .output()?;
    assert_eq!(output.status.code(), Some(1));
    let stderr = stderr(&output);
    assert!(
        stderr.contains(r#"mem: open "file" read-only: access denied"#),
        "{stderr}"
    );
    Run::of(form).succeed(NO_LOCKS_GRANTED, &NO_ARGS)?;
    Ok(())
}

fn mem_read_only(form: Form) -> Result<()> {
    let run = Run::of(form).option("--mem-read-only");
    fs::write(run.path("file"), "abc")?;
    run.succeed(READ_WRITE_ON_A_READ_ONLY_GRANT, &NO_ARGS)?;
    Ok(())
}

fn mem_exec(form: Form) -> Result<()> {
    let run = Run::of(form)
        .option("--mem-exec")
        .option("--dir=/proc/self");
    let dir = run.dir.path().file_name().unwrap().to_owned();
    run.succeed(EXEC, &[dir])?;
    Ok(())
}

fn mem_quotas(form: Form) -> Result<()> {
    let run = Run::of(form)
        .option("--mem-max-mapped-bytes=40KiB")
        .option("--mem-max-private-bytes=16384")
        .option("--mem-max-mappings=3")
        .option("--mem-max-read-bytes=100")
        .option("--mem-max-locked-bytes=1MiB");
    run.succeed(QUOTAS, &NO_ARGS)?;
    Ok(())
}

fn mem_max_locked_bytes(form: Form) -> Result<()> {
    let run = Run::of(form).option("--mem-max-locked-bytes=16KiB");
    run.succeed(LOCK_PAST_THE_GRANT, &NO_ARGS)?;
    let run = Run::of(form)
        .option("--mem-max-locked-bytes=64KiB")
        .option("--dir=/proc/self");
    run.succeed(LOCK_SHOWS_IN_VMLCK, &NO_ARGS)?;
    Ok(())
}

fn windows_are_granted_by_default(form: Form) -> Result<()> {
    Run::of(form).succeed(WINDOW, &NO_ARGS)?;
    Run::of(form)
        .option("--mem-windows")
        .succeed(WINDOW, &NO_ARGS)?;
    Run::of(form)
        .option("--mem-max-windows=4")
        .succeed(WINDOW_REFUSED, &NO_ARGS)?;
    Ok(())
}

fn windows_can_be_refused_and_do_not_go_with_every_option(form: Form) -> Result<()> {
    for option in [
        "--mem-windows=n",
        "-Wtimeout=60s",
        "-Opooling-allocator",
        "-Omemory-init-cow",
        #[cfg(feature = "full")]
        "--profile=guest",
    ] {
        let run = Run::of(form).option(option);
        run.succeed(WINDOW_NOT_GRANTED, &["access-denied"])?;
    }
    Ok(())
}

/// What was compiled ahead of time, as wasmtime does it by default, maps its
/// memory's first contents.
#[test]
fn precompiled_guests_run_without_windows() -> Result<()> {
    let run = Run::new().option("--allow-precompiled");
    let guest = fs::read(WINDOW_NOT_GRANTED.component)?;
    let compiled = wasmtime::Engine::default().precompile_component(&guest)?;
    fs::write(run.path("guest.cwasm"), compiled)?;
    let output = run
        .command_of(run.path("guest.cwasm"), &["access-denied"])
        .output()?;
    assert!(output.status.success(), "{}", stderr(&output));
    Ok(())
}

/// As `nobody` if root runs the tests: neither permissions nor limits bind root.
fn unprivileged(mut command: Command) -> Command {
    if rustix::process::geteuid().is_root() {
        command.uid(65534).gid(65534);
    }
    command
}

/// Copies the command and the guest to where everyone can reach them.
fn install(run: &Run, guest: Guest) -> Result<()> {
    let everyone = Permissions::from_mode(0o755);
    fs::set_permissions(run.dir.path(), everyone)?;
    // Another process copies the command. If this one did, a child that another
    // test starts meanwhile could have the copy open for writing, and no file
    // that is can be run.
    let mut copy = Command::new("cp");
    copy.arg(COMMAND).arg(run.path("wasmtime-mem"));
    assert!(copy.status()?.success());
    fs::copy(run.file_of(guest), run.path("guest.wasm"))?;
    Ok(())
}

fn lock_past_the_limit_of_the_process(form: Form) -> Result<()> {
    let run = Run::of(form);
    install(&run, LOCK_PAST_THE_LIMIT_OF_THE_PROCESS)?;
    let mut command = Command::new("sh");
    command.current_dir(run.dir.path()).args([
        "-c",
        "ulimit -l 8 && exec ./wasmtime-mem run -C cache=n --mem-max-locked-bytes=32KiB guest.wasm",
    ]);
    let output = unprivileged(command).output()?;
    assert!(output.status.success(), "{}", stderr(&output));
    Ok(())
}

fn read_write_on_a_file_without_write_permission(form: Form) -> Result<()> {
    let run = Run::of(form);
    install(&run, READ_WRITE_ON_A_FILE_WITHOUT_WRITE_PERMISSION)?;
    fs::write(run.path("readable"), "abc")?;
    fs::set_permissions(run.path("readable"), Permissions::from_mode(0o444))?;
    fs::write(run.path("unreadable"), "abc")?;
    fs::set_permissions(run.path("unreadable"), Permissions::from_mode(0o000))?;
    let mut command = Command::new(run.path("wasmtime-mem"));
    command
        .current_dir(run.dir.path())
        .args(["run", "-C", "cache=n", "--dir", ".", "guest.wasm"]);
    let output = unprivileged(command).output()?;
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(fs::read(run.path("readable"))?, b"abc");
    Ok(())
}

fn a_trap_has_the_exit_code_of_wasmtime_run(form: Form) -> Result<()> {
    // This guest panics, because it may not lock.
    let output = Run::of(form).output(LEAVE_MAPPED_AND_LOCKED, &NO_ARGS)?;
    assert_eq!(output.status.code(), Some(134));
    assert!(stderr(&output).contains("wasm trap"), "{}", stderr(&output));

    // What the runtime does not count as a trap of the guest's code.
    let output = Run::of(form).output(HANDLE_AFTER_UNMAP, &NO_ARGS)?;
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).contains("unknown handle index"),
        "{}",
        stderr(&output)
    );
    Ok(())
}

fn the_options_of_wasmtime_run_work(form: Form) -> Result<()> {
    // The guest is interrupted, which is a trap, and not the command.
    let run = Run::of(form).option("-W").option("timeout=1s");
    let output = run.output(COMMAND_ENDLESS, &NO_ARGS)?;
    assert_eq!(output.status.code(), Some(134), "{}", stderr(&output));

    let run = Run::of(form).option("-W").option("fuel=1000");
    let output = run.output(GO_NAMES, &NO_ARGS)?;
    assert!(
        stderr(&output).contains("all fuel consumed"),
        "{}",
        stderr(&output)
    );

    // With a time limit, the functions that may block run elsewhere.
    let run = Run::of(form).option("-W").option("timeout=60s");
    run.succeed(GO_NAMES, &NO_ARGS)?;

    let run = Run::of(form).option("-S").option("cli=n");
    let output = run.output(GO_NAMES, &NO_ARGS)?;
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).contains("`-S cli=n`"),
        "{}",
        stderr(&output)
    );
    Ok(())
}

fn compiled_code_is_cached(form: Form) -> Result<()> {
    let run = Run::of(form);
    let cache = run.path("cache");
    let config = format!("[cache]\ndirectory = {cache:?}\n");
    fs::write(run.path("config.toml"), config)?;
    let run = run.option("-C").option("cache-config=config.toml");
    run.succeed(GO_NAMES, &NO_ARGS)?;
    let modules = fs::read_dir(cache.join("modules"))?;
    assert_ne!(modules.count(), 0);
    Ok(())
}

#[test]
fn core_modules_without_mem_run_as_well() -> Result<()> {
    let run = Run::new();
    fs::write(
        run.path("add.wat"),
        r#"(module (func (export "add") (param i32 i32) (result i32)
            (i32.add (local.get 0) (local.get 1))))"#,
    )?;
    let output = Command::new(COMMAND)
        .current_dir(run.dir.path())
        .args(["run", "--invoke", "add", "add.wat", "40", "2"])
        .output()?;
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(String::from_utf8(output.stdout)?, "42\n");
    Ok(())
}

#[test]
fn bad_options_are_named() -> Result<()> {
    for option in [
        "--mem-max-locked-bytes=many",
        "--mem-max-mappings=-1",
        "--mem-unknown",
    ] {
        let output = Run::new().option(option).output(GO_NAMES, &NO_ARGS)?;
        assert_eq!(output.status.code(), Some(2), "{option}");
        let name = option.split('=').next().unwrap();
        assert!(stderr(&output).contains(name), "{}", stderr(&output));
    }
    let output = Run::new()
        .option("--dir=missing")
        .output(GO_NAMES, &NO_ARGS)?;
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("missing"), "{}", stderr(&output));
    let output = Command::new(COMMAND)
        .args(["run", "missing.wasm"])
        .output()?;
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).contains("missing.wasm"),
        "{}",
        stderr(&output)
    );
    Ok(())
}

#[test]
#[cfg(not(feature = "full"))]
fn what_needs_a_feature_says_which() -> Result<()> {
    for (option, name) in [
        ("-Ccompiler=winch", "`-C compiler=winch`"),
        ("-Dcoredump=core", "`-D coredump`"),
        ("-Dlog-to-files", "`-D log-to-files`"),
        ("--profile=guest", "`--profile`"),
        ("--profile=perfmap", "`--profile`"),
        ("-Sconfig", "`-S config`"),
        ("-Shttp", "`-S http`"),
        ("-Skeyvalue", "`-S keyvalue`"),
        ("-Snn", "`-S nn`"),
        ("-Sp3", "`-S p3`"),
        ("-Stls", "`-S tls`"),
        ("-Wcomponent-model-async", "`-W component-model-async`"),
    ] {
        let output = Run::new().option(option).output(GO_NAMES, &NO_ARGS)?;
        assert_eq!(output.status.code(), Some(1), "{option}");
        let expected = format!("{name} needs the feature `full`");
        assert!(stderr(&output).contains(&expected), "{}", stderr(&output));
    }
    // What is switched off needs no feature.
    for option in ["-Shttp=n", "-Sp3=n", "-Dlog-to-files=n"] {
        Run::new().option(option).succeed(GO_NAMES, &NO_ARGS)?;
    }
    let run = Run::new();
    let guest = run.path("asynchronous.wat");
    fs::write(&guest, "(component (type (stream u8)))")?;
    let output = run.command_of(guest, &NO_ARGS).output()?;
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).contains("WASI 0.3; it needs the feature `full`"),
        "{}",
        stderr(&output)
    );
    Ok(())
}

#[test]
fn help_shows_the_options() -> Result<()> {
    let output = Command::new(COMMAND).args(["run", "--help"]).output()?;
    let help = String::from_utf8(output.stdout)?;
    for option in [
        "--dir",
        "--env",
        "--invoke",
        "--mem-read-only",
        "--mem-exec",
        "--mem-max-locked-bytes",
        "--mem-max-mapped-bytes",
        "--mem-max-private-bytes",
        "--mem-max-mappings",
        "--mem-max-read-bytes",
    ] {
        assert!(help.contains(option), "{option}");
    }
    Ok(())
}
