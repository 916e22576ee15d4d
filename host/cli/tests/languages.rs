//! Guests in other languages, each built by the commands that the README gives.
//!
//! They need compilers that are no part of Rust:
//!
//! ```text
//! cargo test --release --test languages -- --ignored
//! ```

mod common;

use anyhow::{Context, Result};
use common::{Run, stderr};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

const WITHOUT_WINDOWS: &str = "--mem-windows=n";

const FOR_C: &str = "apt-get install make clang lld llvm wasi-libc libclang-rt-dev-wasm32";
const FOR_PYTHON: &str = "pip install componentize-py==0.25.1";
const FOR_JAVASCRIPT: &str = "install Node.js, and `npm ci` in examples/js";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Runs a program of the machine, which has to succeed. `install` brings it.
fn native(folder: &Path, program: &str, args: &[&str], install: &str) -> Result<Vec<u8>> {
    let output = Command::new(program)
        .current_dir(folder)
        .env("LC_ALL", "C")
        .args(args)
        .output()
        .with_context(|| format!("cannot run `{program}`: {install}"))?;
    assert!(
        output.status.success(),
        "`{program} {}`, which needs `{install}`: {}",
        args.join(" "),
        stderr(&output)
    );
    Ok(output.stdout)
}

/// The guest `name` of those in C, all of which are built once.
fn c_guest(name: &str) -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let folder = BUILT.get_or_init(|| {
        native(&root(), "make", &["-C", "examples/c"], FOR_C).unwrap();
        root().join("target/c")
    });
    folder.join(name).with_extension("wasm")
}

/// Compiles `tests/languages/NAME.c` against the header of mem into `folder`.
fn compile(name: &str, folder: &Path) -> Result<PathBuf> {
    let library = c_guest("sort");
    let library = library.parent().context("a folder")?;
    let include = root().join("guest-sdk/c/include");
    let guest = folder.join(name).with_extension("wasm");
    let args = [
        "--target=wasm32-wasi",
        "-D_GNU_SOURCE",
        "-O2",
        "-Wall",
        "-Wextra",
        "-Werror",
        "-I",
        include.to_str().context("UTF-8")?,
        &source(name),
        "-L",
        library.to_str().context("UTF-8")?,
        "-lmem_mman",
        "-o",
        guest.to_str().context("UTF-8")?,
    ];
    native(folder, "clang", &args, FOR_C)?;
    Ok(guest)
}

fn source(name: &str) -> String {
    format!("{}/tests/languages/{name}.c", env!("CARGO_MANIFEST_DIR"))
}

/// Runs `guest`, which has to succeed, and returns what it prints.
#[track_caller]
fn succeed(run: &Run, guest: &Path, args: &[&str]) -> String {
    let output = output(run, guest, args);
    assert!(output.status.success(), "{}", stderr(&output));
    String::from_utf8(output.stdout).unwrap()
}

fn output(run: &Run, guest: &Path, args: &[&str]) -> Output {
    run.command_of(guest.to_owned(), args).output().unwrap()
}

/// Runs the example `notes` of a language on a file, and on one that is not
/// there.
fn check_notes(guest: &Path) -> Result<()> {
    let run = Run::new();
    fs::write(run.path("fruit.txt"), "apple red\npear green\nplum blue\n")?;
    assert_eq!(
        succeed(&run, guest, &["fruit.txt"]),
        "31 bytes, which start with apple red\n\
         written to the disk: APPLE RED\n\
         /etc/passwd: access-denied\n"
    );
    assert_eq!(
        fs::read_to_string(run.path("fruit.txt"))?,
        "APPLE RED\npear green\nplum blue\n"
    );
    let failed = output(&run, guest, &["missing"]);
    assert!(!failed.status.success());
    assert!(stderr(&failed).contains("not-found"), "{}", stderr(&failed));
    Ok(())
}

#[test]
#[ignore = "needs clang and wasi-libc"]
fn c_by_the_bindings() -> Result<()> {
    check_notes(&c_guest("notes"))
}

#[test]
#[ignore = "needs componentize-py"]
fn python_by_the_bindings() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let guest = folder.path().join("notes.wasm");
    let args = [
        "--wit-path",
        "wit",
        "--world",
        "notes",
        "componentize",
        "notes",
        "--output",
        guest.to_str().context("UTF-8")?,
    ];
    let example = root().join("examples/python");
    native(&example, "componentize-py", &args, FOR_PYTHON)?;
    check_notes(&guest)
}

#[test]
#[ignore = "needs jco"]
fn javascript_by_the_bindings() -> Result<()> {
    let example = root().join("examples/js");
    native(&example, "npm", &["run", "build"], FOR_JAVASCRIPT)?;
    check_notes(&root().join("target/js/notes.wasm"))
}

#[test]
#[ignore = "needs clang and wasi-libc"]
fn c_sorts_in_place_as_coreutils_do() -> Result<()> {
    let text: String = (0..100_000_u64)
        .map(|number| format!("{} line\n", number * 7_368_787 % 100_003))
        .collect();
    for windows in ["--mem-windows=y", WITHOUT_WINDOWS] {
        let run = Run::new().option(windows);
        fs::write(run.path("text"), &text)?;
        fs::write(run.path("expected"), &text)?;
        native(
            run.dir.path(),
            "sort",
            &["expected", "-o", "expected"],
            "coreutils",
        )?;
        let printed = succeed(&run, &c_guest("sort"), &["text"]);
        assert_eq!(printed, "100000 lines\n");
        assert!(fs::read(run.path("text"))? == fs::read(run.path("expected"))?);
    }
    Ok(())
}

/// The same source, compiled for the machine against its own header.
#[test]
#[ignore = "needs clang and wasi-libc"]
fn c_maps_as_posix_says() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let guest = compile("posix", folder.path())?;
    let args = ["-D_GNU_SOURCE", "-O2", &source("posix"), "-o", "posix"];
    native(folder.path(), "cc", &args, "apt-get install gcc")?;
    let posix = folder.path().join("posix");
    let posix = posix.to_str().context("UTF-8")?;
    for (windows, args) in [
        ("--mem-windows=y", &["coherent"][..]),
        (WITHOUT_WINDOWS, &[]),
    ] {
        let run = Run::new()
            .option(windows)
            .option("--mem-max-locked-bytes=1MiB");
        let printed = succeed(&run, &guest, args);
        let expected = native(Run::new().dir.path(), posix, args, "")?;
        assert_eq!(printed, String::from_utf8(expected)?);
        assert!(printed.contains("munmap over holes: ok\n"));
    }
    Ok(())
}

/// What `tests/languages/guest.c` prints where it tries `name`.
fn tried(name: &str, run: &Run) -> Result<String> {
    Ok(succeed(run, &compile("guest", run.dir.path())?, &[name]))
}

#[test]
#[ignore = "needs clang and wasi-libc"]
fn c_finds_files_by_the_names_they_were_opened_by() -> Result<()> {
    let granted = tempfile::tempdir()?;
    fs::write(granted.path().join("file"), "bytes")?;
    let run = Run::new().option(format!("--dir={}::/granted", granted.path().display()));
    assert_eq!(
        tried("paths", &run)?,
        "by its name: ok\n\
         renamed: ESTALE\n\
         another of this name: ESTALE\n\
         renamed back: ok\n\
         removed: ESTALE\n\
         by the number of another: ok\n\
         by the number it had: EBADF\n\
         in another directory: ok\n\
         /granted/file: ok\n"
    );
    Ok(())
}

#[test]
#[ignore = "needs clang and wasi-libc"]
fn c_has_the_limits_that_the_header_tells() -> Result<()> {
    assert_eq!(
        tried("limits", &Run::new())?,
        "executable: ENOTSUP\n\
         fixed: EINVAL\n\
         to the end of the last page: ok\n\
         a page more: ENXIO\n\
         behind the end: ENXIO\n\
         more than memory: ENOMEM\n\
         nearly all memory: ENOMEM\n\
         at a page of the guest: yes\n\
         less protection: ENOTSUP\n\
         as much: ok\n\
         execution: ENOTSUP\n\
         a page of the host: ok\n\
         and another: ok\n\
         whose byte is in the file: yes\n\
         the rest: ok\n\
         whose byte is in the file: yes\n\
         a write to PROT_READ: yes\n\
         msync to the end of the page: ok\n\
         writes nothing: yes\n\
         MADV_DONTNEED of a private copy: EINVAL\n\
         MADV_FREE: ok\n"
    );
    Ok(())
}

#[test]
#[ignore = "needs clang and wasi-libc"]
fn c_maps_more_than_one_window_takes() -> Result<()> {
    let printed = tried("large", &Run::new())?;
    assert_eq!(printed, "each has written: yes\n".repeat(5));
    Ok(())
}

#[test]
#[ignore = "needs clang and wasi-libc"]
fn c_locks_what_is_granted() -> Result<()> {
    let run = Run::new().option("--mem-max-locked-bytes=64KiB");
    assert_eq!(
        tried("lock", &run)?,
        "mlock: ok\n\
         mlock of more than is granted: ENOMEM\n\
         munlock of more than is locked: ok\n\
         mlock of all that is granted: ok\n\
         mlock of anonymous memory: EAGAIN\n\
         its munlock: ok\n"
    );
    Ok(())
}

#[test]
#[ignore = "needs clang and wasi-libc"]
fn c_writes_copies_back() -> Result<()> {
    let run = Run::new().option(WITHOUT_WINDOWS);
    assert_eq!(
        tried("copies", &run)?,
        "not in the file: yes\n\
         msync of another page: ok\n\
         not in the file: yes\n\
         msync: ok\n\
         in the file: yes\n\
         munmap of the other: ok\n\
         both in the file: yes\n\
         munmap of a page: ok\n\
         which is in the file: yes\n\
         mlock: EAGAIN\n\
         munmap of a private copy: ok\n\
         of which the file has nothing: yes\n\
         not yet in the file: yes\n"
    );
    let mut expected = vec![b'a'; 3 * 65_536];
    expected[..2].copy_from_slice(b"12");
    expected[65_536] = b'3';
    expected[2 * 65_536] = b'4';
    assert!(fs::read(run.path("copied"))? == expected);
    Ok(())
}
