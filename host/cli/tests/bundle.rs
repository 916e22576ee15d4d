//! `wasmtime-mem bundle`, and the examples on a `wasmtime run` that knows
//! nothing of mem.

use crate::common::{COMMAND, Run, stderr, stock};
use anyhow::Result;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use test_artifacts::{COW, GREP, Guest, INSPECT, KV, LOCK, SEARCH, WC};
use wasmtime::Engine;
use wasmtime::component::Component;

/// The command that bundles `guest`.
fn bundle(guest: impl AsRef<Path>, out: &Path) -> Result<Output> {
    let mut command = Command::new(COMMAND);
    command.arg("bundle").arg(guest.as_ref()).arg("-o").arg(out);
    Ok(command.output()?)
}

/// Two directories with the same files: in one the guest runs with the plugin,
/// in the other its bundle on `wasmtime run`.
struct Both {
    plugin: Run,
    stock: Run,
    bundles: PathBuf,
}

impl Both {
    fn new() -> Self {
        let stock = Run::new();
        Self {
            plugin: Run::new(),
            bundles: stock.path("bundles"),
            stock,
        }
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> Result<()> {
        for run in [&self.plugin, &self.stock] {
            fs::write(run.path(name), &bytes)?;
        }
        Ok(())
    }

    /// What the guest prints with `input`, which has to be the same on both.
    #[track_caller]
    fn output(&self, guest: Guest, args: &[&str], input: &[u8]) -> Result<Output> {
        fs::create_dir_all(&self.bundles)?;
        let out = self.bundles.join(guest.name).with_extension("wasm");
        if !out.exists() {
            let bundled = bundle(guest.component, &out)?;
            assert!(bundled.status.success(), "{}", stderr(&bundled));
        }
        let mut command = Command::new(stock());
        command
            .current_dir(self.stock.dir.path())
            .args(["run", "--dir=."])
            .arg(&out)
            .args(args);
        let found = finish(command, input)?;
        let expected = finish(self.plugin.command(guest, args), input)?;
        assert_eq!(found.status.code(), expected.status.code(), "{found:?}");
        assert!(found.stdout == expected.stdout, "{found:?} {expected:?}");
        Ok(found)
    }

    /// The same for a guest that has to succeed and to print something.
    #[track_caller]
    fn succeed(&self, guest: Guest, args: &[&str]) -> Result<String> {
        let output = self.output(guest, args, b"")?;
        assert!(output.status.success(), "{}", stderr(&output));
        Ok(String::from_utf8(output.stdout)?)
    }

    #[track_caller]
    fn same_file(&self, name: &str) -> Result<()> {
        let files = [&self.plugin, &self.stock].map(|run| fs::read(run.path(name)));
        let [plugin, stock] = files;
        assert!(plugin? == stock?, "{name}");
        Ok(())
    }
}

fn finish(mut command: Command, input: &[u8]) -> Result<Output> {
    use std::io::Write as _;
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    child.stdin.take().unwrap().write_all(input)?;
    Ok(child.wait_with_output()?)
}

fn text() -> String {
    let line = |number| format!("{number} memory mapped files {}\n", number % 97);
    (0..100_000).map(line).collect()
}

#[test]
fn wc_grep_and_cow() -> Result<()> {
    let both = Both::new();
    both.write("text", text())?;
    both.write("empty", "")?;
    let counted = both.succeed(WC, &["text", "empty"])?;
    assert!(counted.contains(" 100000 "), "{counted}");
    let found = both.succeed(GREP, &["files 96", "text"])?;
    assert!(found.lines().count() > 1000);
    let edited = both.succeed(COW, &["text", "mapped", "MAPPED"])?;
    assert!(edited.contains("MAPPED"));
    assert_eq!(fs::read_to_string(both.stock.path("text"))?, text());
    let missing = both.output(WC, &["missing"], b"")?;
    assert_eq!(missing.status.code(), Some(1));
    assert!(stderr(&missing).contains("not found"));
    Ok(())
}

#[test]
fn kv() -> Result<()> {
    let both = Both::new();
    let pairs: String = (0..3000)
        .map(|number| format!("key{number} value{number}\n"))
        .collect();
    let loaded = both.output(KV, &["db", "load"], pairs.as_bytes())?;
    assert_eq!(
        loaded.stdout.iter().filter(|&&byte| byte == b'\n').count(),
        3000
    );
    both.succeed(KV, &["db", "put", "key7", "other"])?;
    assert_eq!(both.succeed(KV, &["db", "get", "key7"])?, "other\n");
    both.succeed(KV, &["db", "delete", "key8"])?;
    assert_eq!(both.succeed(KV, &["db", "list"])?.lines().count(), 2999);
    both.same_file("db")
}

#[test]
fn search_and_inspect() -> Result<()> {
    let both = Both::new();
    both.write("text", text())?;
    both.succeed(SEARCH, &["index", "text", "index"])?;
    both.same_file("index")?;
    let found = both.succeed(SEARCH, &["find", "index", "text", "99999"])?;
    assert_eq!(found, "100000:99999 memory mapped files 89\n");
    both.write("elf", fs::read("/bin/sh")?)?;
    assert!(both.succeed(INSPECT, &["elf"])?.contains("libc.so"));
    Ok(())
}

/// The example asks for locks, which the polyfill does not have.
#[test]
fn lock_is_unsupported() -> Result<()> {
    let run = Run::new();
    let out = run.path("lock.wasm");
    bundle(LOCK.component, &out)?;
    let mut command = Command::new(stock());
    command.args(["run", "--dir", "/proc/self"]).arg(&out);
    let output = command.output()?;
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).contains("unsupported"),
        "{}",
        stderr(&output)
    );
    Ok(())
}

#[test]
fn bundles_import_only_wasi() -> Result<()> {
    let run = Run::new();
    let out = run.path("out.wasm");
    let bundled = bundle(WC.component, &out)?;
    assert!(bundled.status.success() && bundled.stdout.is_empty());
    let engine = Engine::default();
    let component = Component::from_file(&engine, &out)?;
    let component = component.component_type();
    assert!(component.imports(&engine).len() > 0);
    for (name, _) in component.imports(&engine) {
        assert!(name.starts_with("wasi:"), "{name}");
    }
    // A file as any other, and nothing beside it.
    assert!(!fs::metadata(&out)?.permissions().readonly());
    assert_eq!(fs::read_dir(run.dir.path())?.count(), 1);
    Ok(())
}

#[test]
fn guests_that_cannot_be_bundled() -> Result<()> {
    let run = Run::new();
    let out = run.path("out.wasm");
    fs::write(&out, "as it was")?;
    let engine_free = run.path("wasi-only.wasm");
    fs::write(&engine_free, b"\0asm\x0d\0\x01\0")?;
    let broken = run.path("broken.wasm");
    fs::write(&broken, b"\0asm\x0d\0\x01\0\x63")?;
    let text = run.path("text");
    fs::write(&text, "(module)")?;
    for (guest, why) in [
        (
            PathBuf::from(WC.core_module),
            "build it for the target wasm32-wasip2",
        ),
        (engine_free, "imports no interface of `mem:mmap`"),
        (broken, "not a valid component"),
        (text, "it is not WebAssembly"),
        (run.path("missing"), "cannot read"),
    ] {
        let output = bundle(&guest, &out)?;
        let message = stderr(&output);
        assert_eq!(output.status.code(), Some(1), "{message}");
        assert!(message.contains(why), "{message}");
        assert!(message.contains(guest.to_str().unwrap()), "{message}");
        assert_eq!(fs::read(&out)?, b"as it was");
    }
    let nowhere = run.path("missing/out.wasm");
    let output = bundle(WC.component, &nowhere)?;
    let message = stderr(&output);
    assert!(
        message.contains("cannot write") && message.contains("missing/out.wasm"),
        "{message}"
    );
    Ok(())
}
