//! The host with real plugins, as a user starts it.

use anyhow::{Context, Result, bail, ensure};
use std::collections::HashMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use test_artifacts::{
    COMMAND_ENDLESS, COUNTER, FAULTY, Guest, LEAVE_MAPPED_AND_LOCKED, SQUARES, WC,
};

/// A folder with plugins and their settings.
struct Folder(TempDir);

impl Folder {
    fn new(plugins: &[Guest], config: &str) -> Result<Self> {
        let folder = Self(tempfile::tempdir()?);
        fs::create_dir(folder.path("plugins"))?;
        for plugin in plugins {
            folder.put(plugin.name, &fs::read(plugin.component)?)?;
        }
        fs::write(folder.path("plugins.toml"), config)?;
        Ok(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Puts a plugin in place, in one step.
    fn put(&self, plugin: &str, bytes: &[u8]) -> Result<()> {
        let new = self.path("new");
        fs::write(&new, bytes)?;
        fs::rename(
            new,
            self.path("plugins").join(plugin).with_extension("wasm"),
        )?;
        Ok(())
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_plugin-system"));
        command.current_dir(self.0.path());
        command
    }

    /// Runs all plugins to their ends, and returns the lines.
    fn run(&self) -> Result<Vec<String>> {
        let output = self
            .command()
            .args(["--once", "--table", "3600"])
            .output()?;
        ensure!(output.status.success(), "{}", stderr(&output));
        let lines = String::from_utf8(output.stdout)?;
        Ok(lines.lines().map(str::to_owned).collect())
    }

    /// The number that the plugin's counter has reached.
    fn runs(&self, plugin: &str) -> Result<u64> {
        let bytes = fs::read(self.path("data").join(plugin).join("runs.bin"))?;
        Ok(u64::from_le_bytes(bytes.as_slice().try_into()?))
    }
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The words of the plugin's row of the table.
fn row(lines: &[String], plugin: &str) -> String {
    let header = lines.iter().position(|line| line.starts_with(" plugin "));
    let rows = &lines[header.expect("a table")..];
    let mut words = rows.iter().map(|line| line.split_whitespace().collect());
    let row = words.find(|words: &Vec<&str>| words[0] == plugin);
    row.expect("a row").join(" ")
}

#[track_caller]
fn check_has(lines: &[String], line: &str) {
    assert!(lines.iter().any(|one| one == line), "{line}: {lines:#?}");
}

/// The settings that come with the example.
#[test]
fn each_plugin_has_its_own_directory_and_quotas() -> Result<()> {
    let folder = Folder::new(&[COUNTER, FAULTY, SQUARES], include_str!("../plugins.toml"))?;
    let lines = folder.run()?;
    check_has(&lines, "counter: run 1");
    // The quota is its own: others map more.
    check_has(&lines, "faulty: no 1 MiB in run 3: quota exceeded");
    check_has(&lines, "squares: 1 times 1 is 1");
    assert_eq!(
        row(&lines, "counter"),
        "counter done 1 0 0 0 0 B 0 B 0 B 5 0"
    );
    let faulty = row(&lines, "faulty");
    assert!(
        faulty.starts_with("faulty done 3 2 0 0 0 B 0 B 0 B "),
        "{faulty}"
    );
    assert!(faulty.contains(" 1 wasm"), "{faulty}");
    assert!(row(&lines, "squares").starts_with("squares done 1 0 0 0 "));
    assert_eq!((folder.runs("counter")?, folder.runs("faulty")?), (1, 3));
    let squares = fs::read(folder.path("data/squares/squares.bin"))?;
    assert_eq!(squares.len(), 8 * 4096);
    for plugin in ["counter", "faulty", "squares"] {
        let dir = fs::read_dir(folder.path("data").join(plugin))?;
        assert_eq!(dir.count(), 1, "{plugin}");
    }
    Ok(())
}

#[test]
fn a_plugin_cannot_leave_its_directory() -> Result<()> {
    let folder = Folder::new(
        &[COUNTER, WC],
        r#"
            [defaults]
            access = "read-write"
            [plugin.counter]
            dir = "data/counter"
            [plugin.wc]
            dir = "data/wc"
            args = ["../counter/runs.bin"]
            max-restarts = 0
        "#,
    )?;
    folder.run()?;
    let lines = folder.run()?;
    assert_eq!(folder.runs("counter")?, 2);
    let refused = |line: &String| line.starts_with("wc: ") && line.contains("access denied");
    assert!(lines.iter().any(refused), "{lines:#?}");
    assert!(row(&lines, "wc").starts_with("wc failed 1 0 "));
    Ok(())
}

/// Neither one that cannot be compiled, nor one that computes forever, nor one
/// that fails again and again stops the others.
#[test]
fn plugins_that_fail_are_given_up() -> Result<()> {
    let folder = Folder::new(
        &[COUNTER, COMMAND_ENDLESS, LEAVE_MAPPED_AND_LOCKED],
        r#"
            [defaults]
            max-restarts = 2
            backoff = "1ms"
            [plugin.counter]
            dir = "data/counter"
            access = "read-write"
            [plugin.command_endless]
            timeout = "300ms"
            max-restarts = 0
        "#,
    )?;
    folder.put("broken", b"no component")?;
    let lines = folder.run()?;
    check_has(&lines, "counter: run 1");
    assert!(row(&lines, "broken").starts_with("broken failed 0 0 0 "));
    let endless = row(&lines, "command_endless");
    assert!(
        endless.starts_with("command_endless failed 1 0 0 "),
        "{endless}"
    );
    assert!(endless.ends_with("it ran longer than 300ms"), "{endless}");
    // No locks are granted to it, and it traps. What it mapped is unmapped.
    let row = row(&lines, "leave_mapped_and_locked");
    assert!(
        row.starts_with("leave_mapped_and_locked failed 3 2 0 0 0 B "),
        "{row}"
    );
    Ok(())
}

#[test]
fn bad_settings_are_named() -> Result<()> {
    for (config, expected) in [
        ("[plugin.counter]\nmax-maps = 1", "unknown field `max-maps`"),
        ("[plugin.counter]\nmax-mappings = \"few\"", "max-mappings"),
        (
            "[plugin.other]",
            "[plugin.other], but there is no other.wasm",
        ),
        ("[plugin", "TOML parse error at line 1"),
    ] {
        let folder = Folder::new(&[COUNTER], config)?;
        let output = folder.command().arg("--once").output()?;
        assert_eq!(output.status.code(), Some(1));
        let stderr = stderr(&output);
        assert!(stderr.contains(expected), "{stderr}");
        assert!(stderr.contains("plugins.toml"), "{stderr}");
    }
    Ok(())
}

/// The host while it runs.
struct Running {
    child: Child,
    address: String,
}

impl Running {
    fn start(folder: &Folder) -> Result<Self> {
        let mut child = folder
            .command()
            .args(["--metrics", "0"])
            .stdout(Stdio::piped())
            .spawn()?;
        let mut output = BufReader::new(child.stdout.take().context("piped")?).lines();
        let first = output.next().context("a line")??;
        let address = first.strip_prefix("metrics at http://");
        let address = address.and_then(|rest| rest.strip_suffix("/metrics"));
        let address = address.with_context(|| first.clone())?.to_owned();
        // Nobody waits for room in the pipe.
        thread::spawn(move || output.for_each(drop));
        Ok(Self { child, address })
    }

    /// What `GET` gives: the first line, and the body.
    fn get(&self, path: &str) -> Result<(String, String)> {
        let mut stream = TcpStream::connect(&self.address)?;
        let host = &self.address;
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (head, body) = answer.split_once("\r\n\r\n").context("a head")?;
        let status = head.lines().next().context("a line")?;
        Ok((status.to_owned(), body.to_owned()))
    }

    /// The value of each metric.
    fn metrics(&self) -> Result<HashMap<String, u64>> {
        let (status, body) = self.get("/metrics")?;
        ensure!(status == "HTTP/1.1 200 OK", "{status}");
        ensure!(body.ends_with("# EOF\n"), "{body}");
        let values = body.lines().filter(|line| !line.starts_with('#'));
        let values = values.map(|line| {
            let (name, value) = line.rsplit_once(' ').context("a value")?;
            Ok((name.to_owned(), value.parse()?))
        });
        values.collect()
    }

    /// Waits until a metric has the value, and returns all.
    fn wait_for(&self, name: &str, value: u64) -> Result<HashMap<String, u64>> {
        let start = Instant::now();
        loop {
            let metrics = self.metrics()?;
            if metrics.get(name) == Some(&value) {
                return Ok(metrics);
            }
            if start.elapsed() > Duration::from_secs(120) {
                bail!("{name} is not {value}: {metrics:#?}");
            }
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// Does what Ctrl-C does.
    fn interrupt(mut self) -> Result<ExitStatus> {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args(["-INT", &pid]).status()?;
        ensure!(sent.success());
        Ok(self.child.wait()?)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn metrics_and_reloads() -> Result<()> {
    let folder = Folder::new(
        &[COUNTER, SQUARES],
        r#"
            [defaults]
            access = "read-write"
            backoff = "1ms"
            [plugin.counter]
            dir = "data/counter"
            [plugin.squares]
            dir = "data/squares"
            args = ["3600"]
            max-locked-bytes = "64KiB"
        "#,
    )?;
    let running = Running::start(&folder)?;
    let locked = r#"mem_locked_bytes{plugin="squares"}"#;
    let metrics = running.wait_for(locked, 32 << 10)?;
    for (metric, expected) in [
        (r#"mem_mappings{plugin="squares"}"#, 1),
        (r#"mem_mapped_bytes{plugin="squares"}"#, 32 << 10),
        (r#"mem_resident_bytes{plugin="squares"}"#, 32 << 10),
        (r#"plugin_running{plugin="squares"}"#, 1),
        (r#"plugin_starts_total{plugin="squares"}"#, 1),
        (
            r#"mem_calls_total{plugin="squares",operation="store-u64"}"#,
            4096,
        ),
        (
            r#"mem_call_bytes_total{plugin="squares",operation="lock"}"#,
            32 << 10,
        ),
        (r#"mem_locked_bytes{plugin="counter"}"#, 0),
    ] {
        assert_eq!(metrics.get(metric), Some(&expected), "{metric}");
    }
    assert_eq!(running.get("/")?.0, "HTTP/1.1 404 Not Found");

    // The counter has ended, and is run again because its file changes.
    let counted = r#"mem_calls_total{plugin="counter",operation="unmap"}"#;
    running.wait_for(counted, 1)?;
    let faulty = fs::read(FAULTY.component)?;
    folder.put("counter", &faulty)?;
    running.wait_for(r#"plugin_reloads_total{plugin="counter"}"#, 1)?;
    // It is another plugin, which fails in the second run of those it counts,
    // and not in the third.
    running.wait_for(r#"plugin_starts_total{plugin="counter"}"#, 3)?;
    running.wait_for(r#"plugin_running{plugin="counter"}"#, 0)?;
    let metrics = running.wait_for(r#"plugin_restarts_total{plugin="counter"}"#, 1)?;
    assert_eq!(folder.runs("counter")?, 3);
    let anonymous = metrics.get(r#"mem_private_bytes{plugin="counter"}"#);
    assert_eq!(anonymous, Some(&0));

    // What cannot be compiled does not replace what runs.
    folder.put("squares", b"no component")?;
    thread::sleep(Duration::from_secs(2));
    let metrics = running.metrics()?;
    assert_eq!(metrics.get(locked), Some(&(32 << 10)));
    // What can, does: the old one's mappings go.
    folder.put("squares", &fs::read(COUNTER.component)?)?;
    running.wait_for(r#"plugin_reloads_total{plugin="squares"}"#, 1)?;
    running.wait_for(locked, 0)?;

    assert!(running.interrupt()?.success());
    Ok(())
}

/// The table shows what a plugin has while it runs.
#[test]
fn the_table_is_shown_again_and_again() -> Result<()> {
    let folder = Folder::new(
        &[SQUARES],
        r#"
            [plugin.squares]
            dir = "data/squares"
            access = "read-write"
            args = ["4"]
            max-locked-bytes = "64KiB"
        "#,
    )?;
    let output = folder.command().args(["--once", "--table", "1"]).output()?;
    assert!(output.status.success(), "{}", stderr(&output));
    let lines = String::from_utf8(output.stdout)?;
    let rows: Vec<String> = lines
        .lines()
        .filter(|line| line.starts_with(" squares "))
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    let running = "squares running 1 0 0 1 32.0 KiB 32.0 KiB 32.0 KiB ";
    assert!(rows.iter().any(|row| row.starts_with(running)), "{lines}");
    let last = rows.last().context("rows")?;
    assert!(
        last.starts_with("squares done 1 0 0 0 0 B 0 B 0 B "),
        "{last}"
    );
    Ok(())
}
