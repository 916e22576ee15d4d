//! A kill of the host loses nothing that guests had flushed. It leaves the
//! operating system's cache alone, so this tests the order of writes and that
//! files can be opened again, and not the loss of power.

use crate::common::Run;
use crate::guests::COMMAND_WRITE_AND_ACKNOWLEDGE;
use anyhow::{Context, Result};
use std::collections::HashMap;
use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Stdio};
use std::thread;
use std::time::Duration;
use test_artifacts::KV;

const PAGE: usize = 4096;
const PAGES: u64 = 64;

fn rounds() -> u64 {
    std::env::var("MEM_TEST_ROUNDS").map_or(20, |rounds| rounds.parse().unwrap())
}

/// Random delays. Their seed is printed if the test fails.
struct Delays(u64);

impl Delays {
    fn new() -> Self {
        let seed = std::env::var("MEM_TEST_SEED");
        let seed = seed.map_or_else(
            |_| RandomState::new().hash_one(0),
            |seed| seed.parse().unwrap(),
        );
        println!("MEM_TEST_SEED={seed}");
        Self(seed | 1)
    }

    /// Xorshift64.
    fn next(&mut self) -> Duration {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        Duration::from_micros(self.0 % 60_000)
    }
}

/// Kills the host after its first line and `delay`, and returns all lines that
/// were whole.
fn kill_after(mut host: Child, delay: Duration) -> Result<Vec<String>> {
    let mut out = BufReader::new(host.stdout.take().unwrap());
    let mut lines = Vec::new();
    let mut line = String::new();
    while out.read_line(&mut line)? > 0 && line.ends_with('\n') {
        lines.push(line.trim_end().to_owned());
        line.clear();
        if lines.len() == 1 {
            thread::sleep(delay);
            host.kill()?;
            host.wait()?;
        }
    }
    assert!(!lines.is_empty(), "nothing was acknowledged");
    Ok(lines)
}

#[test]
fn what_was_flushed_is_there_after_a_kill() -> Result<()> {
    let run = Run::new();
    fs::write(run.path("pages"), vec![0; PAGE * PAGES as usize])?;
    let mut delays = Delays::new();
    let mut first = 1;
    for round in 0..rounds() {
        let host = run
            .command(COMMAND_WRITE_AND_ACKNOWLEDGE, &[first.to_string()])
            .stdout(Stdio::piped())
            .spawn()?;
        let delay = delays.next();
        let lines = kill_after(host, delay)?;
        let last: u64 = lines.last().unwrap().parse()?;
        println!("round {round}: {first} to {last}, killed after {delay:?}");

        let bytes = fs::read(run.path("pages"))?;
        // The oldest of the 64 last pages can be half written again.
        for number in last.saturating_sub(PAGES - 2).max(1)..=last {
            let start = (number % PAGES) as usize * PAGE;
            let expected = number.to_le_bytes().repeat(PAGE / 8);
            assert!(bytes[start..start + PAGE] == expected, "{number} of {last}");
        }
        first = last + 1;
    }
    Ok(())
}

#[test]
fn kv_reopens_without_loss_after_a_kill() -> Result<()> {
    let run = Run::new();
    let mut delays = Delays::new();
    let mut acknowledged = HashMap::new();
    for round in 0..rounds() {
        let mut host = run
            .command(KV, &["db", "load"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut input = host.stdin.take().unwrap();
        let writer = thread::spawn(move || {
            for number in 0.. {
                // New keys, and keys of earlier rounds. Ends with the host.
                let key = format!("key-{}-{number}", round / 4);
                if writeln!(input, "{key} value-{round}-{number}").is_err() {
                    break;
                }
            }
        });
        let delay = delays.next();
        let lines = kill_after(host, delay)?;
        writer.join().unwrap();
        println!(
            "round {round}: {} keys, killed after {delay:?}",
            lines.len()
        );
        for key in lines {
            acknowledged.insert(key, round);
        }

        let list = String::from_utf8(run.succeed(KV, &["db", "list"])?)?;
        let pairs: HashMap<_, _> = list
            .lines()
            .map(|line| line.split_once(' ').unwrap())
            .collect();
        for (key, &put_in) in &acknowledged {
            let value = pairs.get(key.as_str()).with_context(|| key.clone())?;
            let mut parts = value.rsplit('-');
            assert_eq!(parts.next(), key.rsplit('-').next(), "{key} {value}");
            // A later put may have happened without an acknowledgement.
            let of: u64 = parts.next().context("a round")?.parse()?;
            assert!(
                (put_in..=round).contains(&of),
                "{key} {value}, not {put_in}"
            );
        }
    }
    Ok(())
}
