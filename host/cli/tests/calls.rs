//! `--mem-trace` and `--mem-stats`.

use crate::common::{Run, stderr};
use anyhow::Result;
use std::fs;
use std::process::Output;
use test_artifacts::{EACH_CALL, LEAVE_MAPPED_AND_LOCKED, WC};

const NO_ARGS: [&str; 0] = [];

fn each_call() -> Result<Run> {
    let run = Run::new().option("--mem-max-locked-bytes=1MiB");
    fs::write(run.path("file"), [0; 8192])?;
    Ok(run)
}

/// The lines of calls, without the time behind the result and what follows it.
fn lines_without_time(output: &Output) -> Vec<String> {
    let stderr = String::from_utf8_lossy(&output.stderr);
    let lines = stderr.lines().filter(|line| line.contains(" -> "));
    lines
        .map(|line| {
            let (call, result) = line.split_once(" -> ").expect("a result");
            let (result, rest) = result.split_once(", ").expect("a time");
            let time = rest.split_once(": ").map_or(rest, |(time, _)| time);
            assert!(time.ends_with('s'), "{line}");
            format!("{call} -> {result}")
        })
        .collect()
}

#[test]
fn mem_trace_prints_a_line_a_call() -> Result<()> {
    // Under a time limit, what may block runs on another thread.
    for more in ["--mem-windows", "-Dlogging=n", "-Wtimeout=60s"] {
        let run = each_call()?.option("--mem-trace").option(more);
        let output = run.output(EACH_CALL, &NO_ARGS)?;
        let lines = lines_without_time(&output);
        let why = "s: nothing is at this path; create the file first\n";
        assert!(stderr(&output).contains(why), "{}", stderr(&output));
        let first = [
            r#"mapping 1: file-map "file" read-write 0..8192 -> ok"#,
            r#"file-map "missing" copy-on-write 1..3 -> not-found"#,
            "mapping 2: file-map anonymous copy-on-write 0..2 -> ok",
            "mapping 1: size 0..8192 -> ok",
            "mapping 1: read 1..101 -> ok",
            "mapping 1: read 8192..8193 -> out-of-bounds",
            "mapping 1: read-u64x8 2..130 -> ok",
        ];
        assert_eq!(lines[..first.len()], first);
        let store =
            "mapping 1: store-u8 18446744073709551615..18446744073709551616 -> out-of-bounds";
        assert!(lines.iter().any(|line| line == store), "{lines:#?}");
        if more.starts_with("-W") {
            let last = lines.last().expect("lines");
            assert_eq!(last, "mapping 1: attach 4096..8192 -> access-denied");
            continue;
        }
        assert!(output.status.success(), "{}", stderr(&output));
        assert_eq!(lines.last().unwrap(), "mapping 1: unmap 0..8192 -> ok");
        assert!(lines.len() > 38, "{lines:#?}");
    }
    Ok(())
}

/// What `WASMTIME_LOG` asks for is logged besides.
#[test]
fn mem_trace_goes_with_logs() -> Result<()> {
    let run = each_call()?.option("--mem-trace");
    let mut command = run.command(EACH_CALL, &NO_ARGS);
    let output = command.env("WASMTIME_LOG", "mem_host=debug").output()?;
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("\nmapping 1: size 0..8192 -> ok, "), "{text}");
    assert!(
        text.contains("DEBUG") && text.contains("mapped size=8192"),
        "{text}"
    );

    let mut command = run.command(EACH_CALL, &NO_ARGS);
    let output = command.env("WASMTIME_LOG", "mem_host=loud").output()?;
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).contains("`WASMTIME_LOG` has to be like"),
        "{}",
        stderr(&output)
    );
    Ok(())
}

/// The files get what the crate `log` gets; standard error gets the trace.
#[test]
#[cfg(feature = "full")]
fn mem_trace_goes_with_logs_in_files() -> Result<()> {
    let run = each_call()?.option("--mem-trace").option("-Dlog-to-files");
    let output = run.output(EACH_CALL, &NO_ARGS)?;
    let lines = lines_without_time(&output);
    assert_eq!(
        lines[0],
        "mapping 1: file-map \"file\" read-write 0..8192 -> ok"
    );
    // The files of the log exclude windows.
    let last = lines.last().expect("lines");
    assert_eq!(last, "mapping 1: attach 4096..8192 -> access-denied");
    Ok(())
}

/// The words of the line that starts with `name`.
fn row(output: &Output, name: &str) -> String {
    let stderr = String::from_utf8_lossy(&output.stderr);
    let mut lines = stderr.lines().map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        words.join(" ")
    });
    let row = lines.find(|line| line.starts_with(name));
    row.unwrap_or_else(|| panic!("no {name}: {stderr}"))
}

/// The sums of the calls and of the errors of all operations.
fn totals(output: &Output) -> (u64, u64) {
    let stderr = stderr(output);
    let rows = stderr
        .lines()
        .skip_while(|line| !line.contains("operation"));
    let rows = rows.skip(1).take_while(|line| !line.contains("all "));
    let numbers = rows.map(|row| {
        let mut words = row.split_whitespace().skip(1);
        let mut number = || words.next().unwrap().parse::<u64>().unwrap();
        (number(), number())
    });
    numbers.fold((0, 0), |sums, row| (sums.0 + row.0, sums.1 + row.1))
}

#[test]
fn mem_stats_prints_tables() -> Result<()> {
    let run = each_call()?.option("--mem-stats");
    let output = run.output(EACH_CALL, &NO_ARGS)?;
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(row(&output, "file-map"), "file-map 3 1 8.0 KiB");
    assert_eq!(row(&output, "read "), "read 2 1 100 B");
    assert_eq!(row(&output, "load-u8"), "load-u8 3 0 3 B");
    let (calls, errors) = totals(&output);
    assert!(calls > 38 && errors > 8, "{calls} {errors}");
    let all = row(&output, "all ");
    assert!(all.starts_with(&format!("all {calls} {errors} ")), "{all}");
    assert_eq!(row(&output, "mapped"), "mapped 0 B 8.0 KiB 1.0 TiB");
    assert_eq!(row(&output, "locked"), "locked 0 B 8.0 KiB 1.0 MiB");
    assert_eq!(row(&output, "mappings"), "mappings 0 3 256");
    assert_eq!(row(&output, "windows"), "windows 0 1 128");
    Ok(())
}

/// The guest may end in any way, and leave anything behind.
#[test]
fn mem_stats_prints_at_every_end() -> Result<()> {
    let run = Run::new().option("--mem-stats");
    // It exits with 1.
    let output = run.output(WC, &["missing"])?;
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(row(&output, "file-map"), "file-map 1 1 0 B");
    // It traps, with a byte mapped.
    let output = run.output(LEAVE_MAPPED_AND_LOCKED, &NO_ARGS)?;
    assert_eq!(output.status.code(), Some(134));
    assert_eq!(row(&output, "lock "), "lock 1 1 0 B");
    let locked = Run::new()
        .option("--mem-stats")
        .option("--mem-max-locked-bytes=8KiB");
    let output = locked.output(LEAVE_MAPPED_AND_LOCKED, &NO_ARGS)?;
    assert!(output.status.success(), "{}", stderr(&output));
    // What it leaves went with its store.
    assert_eq!(row(&output, "locked"), "locked 0 B 4.0 KiB 8.0 KiB");
    // It does not even start.
    let output = run.command_of("missing.wasm", &NO_ARGS).output()?;
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(row(&output, "all "), "all 0 0 0 B");
    Ok(())
}
