//! Guests in C.

use super::{check_notes, native, root, succeed};
use crate::common::{COMMAND, Run, stderr, stock};
use anyhow::{Context, Result};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

const WITHOUT_WINDOWS: &str = "--mem-windows=n";

const FOR_C: &str = "apt-get install make clang lld llvm wasi-libc libclang-rt-dev-wasm32";

/// The guest `name` in C. All guests in C are built at the first call.
fn c_guest(name: &str) -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let folder = BUILT.get_or_init(|| {
        native(&root(), "make", &["-C", "examples/c"], FOR_C).unwrap();
        root().join("target/c")
    });
    folder.join(name).with_extension("wasm")
}

/// Whether a program in C takes copies where the host has no windows.
#[derive(Clone, Copy, PartialEq)]
enum Copies {
    Refused,
    Taken,
}

/// Compiles `tests/languages/NAME.c` against the header of mem into `folder`.
fn compile(name: &str, copies: Copies, folder: &Path) -> Result<PathBuf> {
    compile_source(
        &source(name),
        copies,
        &folder.join(name).with_extension("wasm"),
    )
}

fn compile_source(source: &str, copies: Copies, guest: &Path) -> Result<PathBuf> {
    let library = c_guest("sort");
    let library = library.parent().context("a folder")?;
    let include = root().join("guest-sdk/c/include");
    let takes_copies = library.join("mem_mman_copies.o");
    let mut args = vec![
        "--target=wasm32-wasi",
        "-D_GNU_SOURCE",
        "-O2",
        "-Wall",
        "-Wextra",
        "-Werror",
        "-I",
        include.to_str().context("UTF-8")?,
        source,
        "-L",
        library.to_str().context("UTF-8")?,
        "-lmem_mman",
        "-o",
        guest.to_str().context("UTF-8")?,
    ];
    if copies == Copies::Taken {
        args.push(takes_copies.to_str().context("UTF-8")?);
    }
    native(&root(), "clang", &args, FOR_C)?;
    Ok(guest.to_owned())
}

fn source(name: &str) -> String {
    format!("{}/tests/languages/{name}.c", env!("CARGO_MANIFEST_DIR"))
}

#[test]
#[ignore = "needs clang and wasi-libc"]
fn by_the_bindings() -> Result<()> {
    check_notes(&c_guest("notes"))
}

#[test]
#[ignore = "needs clang and wasi-libc"]
fn sorts_in_place_as_coreutils_do() -> Result<()> {
    let text: String = (0..100_000_u64)
        .map(|number| format!("{} line\n", number * 7_368_787 % 100_003))
        .collect();
    let folder = tempfile::tempdir()?;
    let sort = root().join("examples/c/sort.c");
    let takes_copies = compile_source(
        sort.to_str().context("UTF-8")?,
        Copies::Taken,
        &folder.path().join("sort.wasm"),
    )?;
    for (windows, guest) in [
        ("--mem-windows=y", c_guest("sort")),
        (WITHOUT_WINDOWS, takes_copies),
    ] {
        let run = Run::new().option(windows);
        fs::write(run.path("text"), &text)?;
        fs::write(run.path("expected"), &text)?;
        native(
            run.dir.path(),
            "sort",
            &["expected", "-o", "expected"],
            "coreutils",
        )?;
        let printed = succeed(&run, &guest, &["text"]);
        assert_eq!(printed, "100000 lines\n");
        assert!(fs::read(run.path("text"))? == fs::read(run.path("expected"))?);
    }
    Ok(())
}

/// The same source, compiled for the machine against its own header.
#[test]
#[ignore = "needs clang and wasi-libc"]
fn maps_as_posix_says() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let guest = compile("posix", Copies::Taken, folder.path())?;
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
    let guest = compile("guest", Copies::Refused, run.dir.path())?;
    Ok(succeed(run, &guest, &[name]))
}

/// The same, of a program that takes copies, with a host that has no windows.
fn tried_with_copies(name: &str) -> Result<(Run, String)> {
    let run = Run::new().option(WITHOUT_WINDOWS);
    let guest = compile("guest", Copies::Taken, run.dir.path())?;
    let printed = succeed(&run, &guest, &[name]);
    Ok((run, printed))
}

/// How a shell makes a small disk of the folder `$0`, which nothing else sees.
#[derive(Clone, Copy)]
struct SmallDisk {
    unshare: &'static [&'static str],
    mount: &'static str,
}

/// Needs no rights.
const TMPFS: SmallDisk = SmallDisk {
    unshare: &["--map-root-user", "--mount"],
    mount: "mount -t tmpfs -o size=1m none \"$0\"",
};

/// Needs root, and is as most disks: a hole that is read takes no room.
const EXT4: SmallDisk = SmallDisk {
    unshare: &["--mount"],
    mount: "truncate -s 8M \"$0/disk\" && mkfs.ext4 -q \"$0/disk\" && \
            mount -o loop \"$0/disk\" \"$0\"",
};

/// The same on a small disk. None if the user cannot mount it.
fn tried_on(disk: SmallDisk, name: &str, copies: Copies) -> Result<Option<Output>> {
    let folder = tempfile::tempdir()?;
    let guest = compile("guest", copies, folder.path())?;
    let mut run = Run::new();
    if copies == Copies::Taken {
        run = run.option(WITHOUT_WINDOWS);
    }
    let on_disk = |program: &OsStr| {
        let mut command = Command::new("unshare");
        command
            .args(disk.unshare)
            .args(["sh", "-c"])
            .arg(format!("{} && cd \"$0\" && exec \"$@\"", disk.mount))
            .arg(run.dir.path())
            .arg(program)
            .env_remove("RUST_BACKTRACE");
        command
    };
    let mounted = on_disk("true".as_ref()).output();
    if !mounted.is_ok_and(|it| it.status.success()) {
        eprintln!("skipped: this user cannot do `{}`", disk.mount);
        return Ok(None);
    }
    let command = run.command_of(guest, &[name]);
    let output = on_disk(command.get_program())
        .args(command.get_args())
        .output()?;
    Ok(Some(output))
}

#[track_caller]
fn check_on(disk: SmallDisk, name: &str, copies: Copies, printed: &str) -> Result<()> {
    if let Some(output) = tried_on(disk, name, copies)? {
        assert!(output.status.success(), "{}", stderr(&output));
        // The host need not know why a page is lost.
        let found = String::from_utf8(output.stdout)?.replace("ENOSPC", "EIO");
        assert_eq!(found, printed);
    }
    Ok(())
}

#[test]
#[ignore = "needs clang and wasi-libc"]
fn finds_files_by_the_names_they_were_opened_by() -> Result<()> {
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
         and not one of its name at the top: yes\n\
         nor after the way back: yes\n\
         /granted/file: ok\n"
    );
    Ok(())
}

#[test]
#[ignore = "needs clang and wasi-libc"]
fn has_the_limits_that_the_header_tells() -> Result<()> {
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
fn maps_more_than_one_window_takes() -> Result<()> {
    let printed = tried("large", &Run::new())?;
    assert_eq!(printed, "each has written: yes\n".repeat(5));
    Ok(())
}

#[test]
#[ignore = "needs clang and wasi-libc"]
fn locks_what_is_granted() -> Result<()> {
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
fn writes_copies_back() -> Result<()> {
    let (run, printed) = tried_with_copies("copies")?;
    check_copies(&run, &printed)
}

fn check_copies(run: &Run, printed: &str) -> Result<()> {
    assert_eq!(
        printed,
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
         beyond the end of the file: yes\n\
         not yet in the file: yes\n"
    );
    let mut expected = vec![b'a'; 3 * 65_536];
    expected[..2].copy_from_slice(b"12");
    expected[65_536] = b'3';
    expected[2 * 65_536] = b'4';
    assert!(fs::read(run.path("copied"))? == expected);
    Ok(())
}

#[test]
#[ignore = "needs clang and wasi-libc"]
fn shows_and_keeps_what_a_file_gets_behind_its_end() -> Result<()> {
    let expected = "msync of zeros behind the end: ok\n\
         what others have added is there: yes\n\
         msync of what is only read: ok\n\
         likewise: yes\n\
         msync of what is stored behind the end: ok\n\
         it is in the file: yes\n\
         munmap of what is stored behind the end: ok\n\
         it is in the file: yes\n\
         after a write there is what others have added: yes\n\
         msync of a file with another name: ok\n\
         that has to show more: ESTALE\n\
         when something is stored behind the end: ESTALE\n\
         munmap of it: ESTALE\n";
    assert_eq!(tried("growth", &Run::new())?, expected);
    assert_eq!(tried_with_copies("growth")?.1, expected);
    Ok(())
}

#[test]
#[ignore = "needs clang and wasi-libc"]
fn says_what_a_full_disk_has_lost() -> Result<()> {
    for disk in [TMPFS, EXT4] {
        check_on(
            disk,
            "full_disk",
            Copies::Refused,
            "msync: EIO\n\
             MS_ASYNC: EIO\n\
             msync of a page that is not lost: EIO\n\
             munmap of a page: EIO\n\
             munmap: EIO\n",
        )?;
    }
    check_on(
        EXT4,
        "full_disk_of_copies",
        Copies::Taken,
        "msync: EIO\n\
         munmap of the end: EIO\n\
         munmap of the rest: EIO\n",
    )
}

#[test]
#[ignore = "needs clang and wasi-libc"]
fn says_at_exit_what_a_full_disk_has_lost() -> Result<()> {
    for (disk, copies) in [
        (TMPFS, Copies::Refused),
        (EXT4, Copies::Refused),
        (EXT4, Copies::Taken),
    ] {
        let Some(output) = tried_on(disk, "full_disk_at_exit", copies)? else {
            continue;
        };
        let errors = stderr(&output);
        assert_eq!(output.status.code(), Some(1), "{errors}");
        assert_eq!(String::from_utf8(output.stdout)?, "all is stored\n");
        let expected = "mmap: ./full: what was changed is not in the file: ";
        assert!(errors.contains(expected), "{errors}");
    }
    Ok(())
}

#[test]
#[ignore = "needs clang and wasi-libc"]
fn says_what_a_file_lost_that_was_cut_and_grew_again() -> Result<()> {
    assert_eq!(
        tried("cut", &Run::new())?,
        "the store is lost: yes\n\
         msync: EIO\n\
         MS_ASYNC: EIO\n\
         munmap of a page: EIO\n\
         munmap: EIO\n"
    );
    Ok(())
}

#[test]
#[ignore = "needs clang and wasi-libc"]
fn copies_shared_files_only_if_asked() -> Result<()> {
    assert_eq!(
        tried("no_copies", &Run::new().option(WITHOUT_WINDOWS))?,
        NO_COPIES
    );
    Ok(())
}

const NO_COPIES: &str = "to write: ENODEV\n\
     to read: ENODEV\n\
     a private copy: ok\n\
     has its bytes: yes\n\
     memory without a file: ok\n\
     when it takes copies: ok\n\
     has its bytes: yes\n";

#[test]
#[ignore = "needs clang and wasi-libc"]
fn reads_copies_anew() -> Result<()> {
    assert_eq!(tried_with_copies("invalidate")?.1, READ_ANEW);
    Ok(())
}

const READ_ANEW: &str = "at a page: yes\n\
     not there: yes\n\
     MS_INVALIDATE: ok\n\
     there: yes\n\
     MS_INVALIDATE of what is only read: ok\n\
     there: yes\n\
     munmap: ok\n\
     the file has both: yes\n";

/// Makes a component of the core module `guest`, and runs its bundle on a
/// `wasmtime run` that knows nothing of mem.
#[track_caller]
fn bundled(run: &Run, guest: &Path, args: &[&str]) -> Result<String> {
    let [component, bundle] = ["component.wasm", "bundle.wasm"]
        .map(|end| guest.with_extension(end).display().to_string());
    // In a process of its own: what it is built on would build wasmtime anew,
    // with more than wasmtime needs.
    let args_of_cargo = [
        "run",
        "--release",
        "--locked",
        "-p",
        "c-bindings",
        "--example",
        "component",
        "--",
        guest.to_str().context("UTF-8")?,
        &component,
    ];
    native(&root(), "cargo", &args_of_cargo, "Rust")?;
    let bundling = ["bundle", &component, "-o", &bundle];
    native(&root(), COMMAND, &bundling, "")?;
    let output = Command::new(stock())
        .current_dir(run.dir.path())
        .args(["run", "--dir=."])
        .arg(bundle)
        .args(args)
        .output()?;
    assert!(output.status.success(), "{}", stderr(&output));
    Ok(String::from_utf8(output.stdout)?)
}

#[test]
#[ignore = "needs clang and wasi-libc"]
fn in_a_bundle() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let refused = compile("guest", Copies::Refused, folder.path())?;
    assert_eq!(bundled(&Run::new(), &refused, &["no_copies"])?, NO_COPIES);

    let guest = compile("guest", Copies::Taken, folder.path())?;
    assert_eq!(bundled(&Run::new(), &guest, &["invalidate"])?, READ_ANEW);
    let run = Run::new();
    let printed = bundled(&run, &guest, &["copies"])?;
    check_copies(&run, &printed)?;

    let posix = compile("posix", Copies::Taken, folder.path())?;
    assert_eq!(
        bundled(&Run::new(), &posix, &[])?,
        succeed(&Run::new(), &posix, &[])
    );
    Ok(())
}
