//! The examples, run by the command on real input.

use crate::common::{Form, Run, stderr};
use crate::on_both;
use anyhow::{Context, Result};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Output, Stdio};
use std::time::Duration;
use test_artifacts::{COW, GREP, KV, LOCK, WC};

on_both! {
    wc_equals_coreutils;
    grep_equals_grep;
    progress_is_shown_on_a_terminal_only;
    kv_survives_restarts;
    kv_survives_kill_after_a_flush;
    cow_leaves_the_file;
    lock_shows_vmlck;
}

/// Runs a program of the machine in the C locale.
fn native(run: &Run, program: &str, args: &[&str]) -> Result<Output> {
    let mut command = Command::new(program);
    command.current_dir(run.dir.path()).env("LC_ALL", "C");
    command.args(args).output().context(program.to_owned())
}

/// A mebibyte of numbered lines of words.
fn text() -> Vec<u8> {
    let mut text = Vec::new();
    for number in 0_u64.. {
        let word = &"memory-mapped-files"[..1 + number as usize * 7 % 19];
        writeln!(
            text,
            "{number}\t{word}  {}",
            word.repeat(number as usize % 5)
        )
        .unwrap();
        if text.len() >= 1 << 20 {
            break;
        }
    }
    text
}

fn wc_equals_coreutils(form: Form) -> Result<()> {
    let run = Run::of(form);
    fs::write(run.path("64MiB.txt"), text().repeat(64))?;
    fs::write(run.path("empty"), "")?;
    fs::write(run.path("one word"), "word")?;
    for files in [
        &["64MiB.txt"][..],
        &["empty"],
        &["one word", "empty", "64MiB.txt"],
    ] {
        let counted = run.succeed(WC, files)?;
        let expected = native(&run, "wc", files)?.stdout;
        assert_eq!(String::from_utf8(counted)?, String::from_utf8(expected)?);
    }
    let output = run.output(WC, &["missing"])?;
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("not found"), "{}", stderr(&output));
    Ok(())
}

fn grep_equals_grep(form: Form) -> Result<()> {
    let run = Run::of(form);
    fs::write(run.path("text"), text().repeat(3))?;
    fs::write(
        run.path("binary"),
        b"\0\xff no newline at the end: memory-m",
    )?;
    for args in [
        &["memory-mapped", "text"][..],
        &["9\tm", "text", "binary"],
        &["memory-m", "binary"],
        &["", "binary"],
    ] {
        let found = run.succeed(GREP, args)?;
        let expected = native(&run, "grep", &[&["-Fna", "--"], args].concat())?.stdout;
        assert!(!expected.is_empty());
        assert!(found == expected, "{args:?}");
    }
    let output = run.output(GREP, &["nowhere", "text"])?;
    assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0));
    Ok(())
}

fn progress_is_shown_on_a_terminal_only(form: Form) -> Result<()> {
    let run = Run::of(form);
    fs::write(run.path("64MiB.txt"), text().repeat(64))?;
    let piped = run.output(WC, &["64MiB.txt"])?;
    assert!(piped.stderr.is_empty(), "{}", stderr(&piped));

    // `script` of util-linux runs a command on a terminal.
    let command = run.command(WC, &["64MiB.txt"]);
    let words: Vec<_> = [command.get_program()]
        .into_iter()
        .chain(command.get_args())
        .map(|word| format!("'{}'", word.to_string_lossy()))
        .collect();
    let shown = native(&run, "script", &["-qec", &words.join(" "), "/dev/null"])?;
    let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
    assert!(shown.contains("/64.00 MiB"), "{shown}");
    Ok(())
}

fn kv_survives_restarts(form: Form) -> Result<()> {
    let run = Run::of(form);
    let kv = |args: &[&str]| run.succeed(KV, &[&["db"], args].concat());
    kv(&["put", "apple", "red"])?;
    kv(&["put", "pear", "green"])?;
    kv(&["put", "apple", "yellow"])?;
    assert_eq!(kv(&["get", "apple"])?, b"yellow\n");
    kv(&["delete", "pear"])?;
    assert_eq!(kv(&["list"])?, b"apple yellow\n");

    for args in [
        ["db", "get", "pear"],
        ["db", "delete", "pear"],
        ["missing", "get", "x"],
    ] {
        let output = run.output(KV, &args)?;
        assert_eq!(output.status.code(), Some(1), "{args:?}");
        assert!(stderr(&output).contains("kv: "), "{}", stderr(&output));
    }
    fs::write(run.path("text"), text())?;
    let output = run.output(KV, &["text", "put", "x", "y"])?;
    assert!(
        stderr(&output).contains("not a kv database"),
        "{}",
        stderr(&output)
    );
    assert_eq!(fs::read(run.path("text"))?, text());
    Ok(())
}

fn kv_survives_kill_after_a_flush(form: Form) -> Result<()> {
    let run = Run::of(form);
    let mut acknowledged = Vec::new();
    for round in 0..5 {
        let mut host = run
            .command(KV, &["db", "load"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut input = host.stdin.take().unwrap();
        let writer = std::thread::spawn(move || {
            for number in 0.. {
                // Ends when the host is killed.
                if writeln!(input, "key-{round}-{number} value-{number}").is_err() {
                    break;
                }
            }
        });
        let mut keys = BufReader::new(host.stdout.take().unwrap()).lines();
        // At least two, and then as many as come.
        for _ in 0..2 {
            acknowledged.push(keys.next().context("nothing was acknowledged")??);
        }
        std::thread::sleep(Duration::from_millis(50 + 60 * round));
        host.kill()?;
        host.wait()?;
        for key in keys {
            acknowledged.push(key?);
        }
        writer.join().unwrap();
    }
    assert!(acknowledged.len() > 5);

    let list = String::from_utf8(run.succeed(KV, &["db", "list"])?)?;
    let pairs: std::collections::HashMap<_, _> = list
        .lines()
        .map(|line| line.split_once(' ').unwrap())
        .collect();
    for key in &acknowledged {
        let number = key.rsplit('-').next().unwrap();
        let value = pairs.get(key.as_str()).with_context(|| key.clone())?;
        assert_eq!(*value, format!("value-{number}"));
    }
    Ok(())
}

fn cow_leaves_the_file(form: Form) -> Result<()> {
    let run = Run::of(form);
    let before = text();
    fs::write(run.path("text"), &before)?;
    let edited = run.succeed(COW, &["text", "memory", "MEMORY"])?;
    let expected = String::from_utf8(before.clone())?.replace("memory", "MEMORY");
    assert!(edited == expected.as_bytes());
    assert!(fs::read(run.path("text"))? == before);
    Ok(())
}

fn lock_shows_vmlck(form: Form) -> Result<()> {
    let run = Run::of(form)
        .option("--dir=/proc/self")
        .option("--mem-max-locked-bytes=64KiB");
    let shown = String::from_utf8(run.succeed(LOCK, &["4097"])?)?;
    let sizes: Vec<_> = shown
        .lines()
        .map(|line| line.split_whitespace().nth(2))
        .collect();
    assert_eq!(sizes, [Some("0"), Some("8"), Some("0")], "{shown}");

    let output = Run::of(form).output(LOCK, &["4096"])?;
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).contains("lock limit"),
        "{}",
        stderr(&output)
    );
    Ok(())
}
