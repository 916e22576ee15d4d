//! Runs a test in a process of its own: the test's executable starts itself
//! again as a child that runs only this test.
//!
//! Tests do so that change or count what a whole process has: its limits, its
//! signal handlers, the mappings that the kernel counts.

use anyhow::{Result, bail, ensure};
use std::env;
use std::fs::File;
use std::io::{Read as _, Seek as _};
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// The variable that a child has.
const IN_CHILD: &str = "MEM_TEST_IN_CHILD";

/// The name of the test that calls this, as [`in_child`] needs it. A closure
/// has another name.
#[macro_export]
macro_rules! this_test {
    () => {{
        fn here() {}
        $crate::test_around(std::any::type_name_of_val(&here))
    }};
}

/// The test's name, for [`this_test`]: `crate::module::test::here` without
/// the first and the last part.
#[doc(hidden)]
pub fn test_around(here: &str) -> &str {
    let test = here.strip_suffix("::here").expect("the function's name");
    test.split_once("::").expect("the crate's name").1
}

/// Whether this process is a child.
pub fn is_child() -> bool {
    env::var_os(IN_CHILD).is_some()
}

/// Runs `body` as the test `name` in a child, which has to succeed. Where an
/// emulator runs the tests, there are no children, and nothing is run.
///
/// # Errors
///
/// If the child fails, or hangs.
pub fn in_child(name: &str, body: impl FnOnce() -> Result<()>) -> Result<()> {
    if is_child() {
        return body();
    }
    if is_emulated() {
        println!("skipped: an emulator cannot start what it emulates");
        return Ok(());
    }
    succeed(child(name)?)
}

/// Runs `body` as the test `name` in a child, which `body` has to end, and
/// returns how it ended.
///
/// # Errors
///
/// If the child hangs or cannot be started.
///
/// # Panics
///
/// If `body` returns.
pub fn end_of_child(name: &str, body: impl FnOnce()) -> Result<ExitStatus> {
    if is_child() {
        body();
        panic!("the child goes on");
    }
    Ok(finish(child(name)?)?.0)
}

fn child(name: &str) -> Result<Command> {
    let mut command = Command::new(env::current_exe()?);
    add_arguments(&mut command, name);
    Ok(command)
}

/// The command that starts the test `name` as a child through another program,
/// which runs the arguments that are added to its own.
///
/// # Errors
///
/// If the path of this executable is not known.
pub fn child_through(mut program: Command, name: &str) -> Result<Command> {
    program.arg(env::current_exe()?);
    add_arguments(&mut program, name);
    Ok(program)
}

fn add_arguments(command: &mut Command, name: &str) {
    let arguments = ["--exact", name, "--nocapture"];
    command.args(arguments).env(IN_CHILD, "1");
}

/// Runs a command that starts a child, which has to run its test and succeed.
/// Returns what it printed.
///
/// # Errors
///
/// If the child fails, or hangs.
pub fn succeed_with_output(command: Command) -> Result<String> {
    let (status, output) = finish(command)?;
    ensure!(status.success(), "the child ends with {status}:\n{output}");
    Ok(output)
}

/// Like [`succeed_with_output`], and the child has to have run one test.
///
/// # Errors
///
/// If the child fails, hangs, or has no such test.
pub fn succeed(command: Command) -> Result<()> {
    let output = succeed_with_output(command)?;
    ensure!(output.contains("1 passed"), "no test was run:\n{output}");
    Ok(())
}

/// How the command ended, and what it printed.
fn finish(mut command: Command) -> Result<(ExitStatus, String)> {
    // A file takes all of it while nobody reads.
    let mut output = tempfile::tempfile()?;
    let copy = |output: &File| output.try_clone().map(Stdio::from);
    let mut child = command
        .stdin(Stdio::null())
        .stdout(copy(&output)?)
        .stderr(copy(&output)?)
        .spawn()?;
    let began = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if began.elapsed() > limit() {
            child.kill()?;
            child.wait()?;
            bail!("the child hangs:\n{}", text_of(&mut output)?);
        }
        thread::sleep(Duration::from_millis(5));
    };
    let text = text_of(&mut output)?;
    print!("{text}");
    Ok((status, text))
}

fn text_of(output: &mut File) -> Result<String> {
    let mut text = Vec::new();
    output.rewind()?;
    output.read_to_end(&mut text)?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// How long a child may take; longer where the environment asks for more
/// rounds, inputs or seconds than usual.
fn limit() -> Duration {
    let longer = env::vars_os().any(|(name, _)| {
        let name = name.to_string_lossy();
        name.starts_with("MEM_TEST_") || name.starts_with("MEM_FUZZ_")
    });
    Duration::from_secs(if longer { 24 * 60 * 60 } else { 300 })
}

fn is_emulated() -> bool {
    let Ok(this) = env::current_exe() else {
        return false;
    };
    let listed = Command::new(this).arg("--list").output();
    !listed.is_ok_and(|listed| listed.status.success())
}
