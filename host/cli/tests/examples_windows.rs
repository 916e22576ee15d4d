//! The examples that work in windows, run by the command, compared with a
//! native run of the same code on the same files.

use crate::common::{COMMAND, Run, stderr};
use anyhow::{Context, Result};
use search::{Case, Index, Plan, Query};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Output;
use test_artifacts::{INSPECT, SEARCH};

const WITHOUT_WINDOWS: &str = "--mem-windows=n";

/// 4 MiB of numbered lines of words.
fn text() -> String {
    let words = ["memory", "Mapped", "files", "größe", "windows", "x86_64"];
    let mut text = String::new();
    for number in 0_usize.. {
        let word = |n: usize| words[(number / n) % words.len()];
        writeln!(text, "{number}\t{} {}-{}", word(1), word(7), word(5)).unwrap();
        if text.len() >= 4 << 20 {
            break;
        }
    }
    text
}

/// The index that the library makes in this process.
fn native_index(text: &[u8]) -> Result<Vec<u8>> {
    let plan = Plan::new(text, |_| ())?;
    let mut index = vec![0; plan.size()];
    plan.write(text, &mut index, |_| ())?;
    Ok(index)
}

/// What the library finds in this process, as the guest prints it.
fn native_find(index: &[u8], text: &[u8], words: &[&str], case: Case) -> Result<Vec<u8>> {
    let mut printed = Vec::new();
    for line in search::find(&Index::open(index)?, text, &Query::new(words, case)?)? {
        let line = line?;
        printed.extend(line.number.to_string().into_bytes());
        printed.extend([b":", line.bytes, b"\n"].concat());
    }
    Ok(printed)
}

/// Whether the two files of `search`, or the one of `inspect`, were copied.
#[track_caller]
fn check_stats(output: &Output, files: usize, zero_copy: bool) {
    let stats = stderr(output);
    let of = |way| stats.lines().filter(|line| line.ends_with(way)).count();
    let expected = if zero_copy { (files, 0) } else { (0, files) };
    assert_eq!((of(", zero copy"), of(", copy")), expected, "{stats}");
}

#[track_caller]
fn check_failure(output: &Output, code: i32, why: &[&str]) {
    let message = stderr(output);
    assert_eq!(output.status.code(), Some(code), "{message}");
    assert!(why.iter().all(|why| message.contains(why)), "{message}");
    assert!(!message.contains("panicked"), "{message}");
    assert!(output.stdout.is_empty());
}

#[test]
fn search_equals_the_native_run() -> Result<()> {
    for zero_copy in [true, false] {
        let mut run = Run::new();
        if !zero_copy {
            run = run.option(WITHOUT_WINDOWS);
        }
        for text in [
            text().as_bytes(),
            b"",
            b"one line without a newline",
            b"\n\r\n\xff not \xc3 UTF-8 \xc3\xa9t\xc3\xa9\0\n\n",
        ] {
            fs::write(run.path("text"), text)?;
            // A run that is killed leaves it so.
            fs::write(run.path("index.partial"), "x".repeat(16 << 20))?;
            let made = run.output(SEARCH, &["index", "text", "index", "--stats"])?;
            assert!(made.status.success(), "{}", stderr(&made));
            let index = fs::read(run.path("index"))?;
            assert!(index == native_index(text)?);
            assert!(!run.path("index.partial").exists());
            if !text.is_empty() {
                check_stats(&made, 2, zero_copy);
            }

            let mut found = 0;
            for (words, case) in [
                (&["mapped"][..], Case::Ignored),
                (&["mapped"], Case::Sensitive),
                (&["GRÖSSE-win*", "Files"], Case::Ignored),
                (&["12*", "x86_64"], Case::Ignored),
                (&["été"], Case::Ignored),
                (&["line", "on*"], Case::Ignored),
                (&["nowhere"], Case::Ignored),
            ] {
                let mut args = vec!["find", "index", "text", "--stats"];
                if case == Case::Sensitive {
                    args.push("--case-sensitive");
                }
                let output = run.output(SEARCH, &[&args, words].concat())?;
                let expected = native_find(&index, text, words, case)?;
                assert!(output.stdout == expected, "{words:?}: {}", stderr(&output));
                assert_eq!(output.status.code(), Some(expected.is_empty().into()));
                if !text.is_empty() {
                    check_stats(&output, 2, zero_copy);
                }
                found += usize::from(!expected.is_empty());
            }
            assert_eq!(found > 0, !text.is_empty());
        }
    }
    Ok(())
}

#[test]
fn search_equals_grep() -> Result<()> {
    let run = Run::new();
    fs::write(run.path("text"), text())?;
    run.succeed(SEARCH, &["index", "text", "index"])?;
    for word in ["memory", "X86_64", "777"] {
        let found = run.succeed(SEARCH, &["find", "index", "text", word])?;
        let grep = std::process::Command::new("grep")
            .args(["-inwF", word])
            .arg(run.path("text"))
            .output()?;
        assert!(!found.is_empty() && found == grep.stdout, "{word}");
    }
    Ok(())
}

#[test]
fn search_reads_a_part_of_the_index() -> Result<()> {
    let run = Run::new();
    fs::write(run.path("text"), text())?;
    run.succeed(SEARCH, &["index", "text", "index"])?;
    let output = run.output(SEARCH, &["find", "index", "text", "77777", "--stats"])?;
    let stats = stderr(&output);
    let (before, _) = stats.split_once(" blocks read").context(stats.clone())?;
    let mut numbers = before.rsplit(' ');
    let all: u32 = numbers.next().context("all")?.parse()?;
    let read: u32 = numbers.nth(1).context("read")?.parse()?;
    assert!(all > 1000 && read < 100, "{stats}");
    Ok(())
}

#[test]
fn search_tells_what_is_damaged() -> Result<()> {
    let run = Run::new();
    let text = text();
    fs::write(run.path("text"), &text)?;
    run.succeed(SEARCH, &["index", "text", "index"])?;
    let index = fs::read(run.path("index"))?;
    let find = |index: &[u8]| -> Result<Output> {
        fs::write(run.path("damaged"), index)?;
        run.output(SEARCH, &["find", "damaged", "text", "memory", "1*"])
    };

    for at in [
        8,
        20,
        50,
        60,
        index.len() / 3,
        index.len() - 5,
        index.len() - 1,
    ] {
        let mut damaged = index.clone();
        damaged[at] ^= 0x10;
        let output = find(&damaged)?;
        // A block that is not read is no error.
        if !output.status.success() {
            check_failure(&output, 1, &["\"damaged\"", "the index "]);
        }
        let native = native_find(&damaged, text.as_bytes(), &["memory", "1*"], Case::Ignored);
        match native {
            Ok(printed) => assert!(output.stdout == printed),
            Err(error) => check_failure(&output, 1, &[&error.to_string()]),
        }
    }
    for len in [7, 8, 59, 60, 4096, index.len() - 1] {
        let output = find(&index[..len])?;
        check_failure(&output, 1, &["\"damaged\"", "the index "]);
    }
    for (not_an_index, why) in [("", "holds no index"), (text.as_str(), "holds no index")] {
        check_failure(&find(not_an_index.as_bytes())?, 1, &["\"damaged\"", why]);
    }
    Ok(())
}

#[test]
fn search_tells_that_the_text_changed() -> Result<()> {
    let run = Run::new();
    fs::write(run.path("text"), "one\ntwo\nthree\n")?;
    run.succeed(SEARCH, &["index", "text", "index"])?;
    for (text, why) in [
        ("one\ntwo\nthree\nfour\n", "19 bytes instead of 14"),
        ("one\n2wo\nthree\n", "line 2 differs"),
    ] {
        fs::write(run.path("text"), text)?;
        let output = run.output(SEARCH, &["find", "index", "text", "two"])?;
        check_failure(&output, 1, &["\"text\"", why]);
    }
    // A new index takes the place of the old one.
    run.succeed(SEARCH, &["index", "text", "index"])?;
    let found = run.succeed(SEARCH, &["find", "index", "text", "2wo"])?;
    assert_eq!(found, b"2:2wo\n");
    Ok(())
}

#[test]
fn search_replaces_nothing_but_an_index() -> Result<()> {
    let run = Run::new();
    fs::write(run.path("text"), "one\n")?;
    let output = run.output(SEARCH, &["index", "text", "text"])?;
    check_failure(&output, 1, &["\"text\" is not an index"]);
    assert_eq!(fs::read(run.path("text"))?, b"one\n");
    Ok(())
}

#[test]
fn search_leaves_nothing_after_a_failure() -> Result<()> {
    // One window for the text, and none for the index.
    let run = Run::new().option("--mem-max-windows=1");
    fs::write(run.path("text"), "one\n")?;
    let output = run.output(SEARCH, &["index", "text", "index"])?;
    check_failure(&output, 1, &["quota", "index.partial"]);
    assert_eq!(fs::read_dir(run.dir.path())?.count(), 1);
    Ok(())
}

#[test]
fn search_tells_that_a_text_is_too_large() -> Result<()> {
    let run = Run::new();
    for (bytes, why) in [
        (3 << 30, "quota"),
        (
            5 << 30,
            "5368709120 bytes, and an index can have 4294967295",
        ),
    ] {
        fs::File::create(run.path("text"))?.set_len(bytes)?;
        let output = run.output(SEARCH, &["index", "text", "index"])?;
        check_failure(&output, 1, &["\"text\"", why]);
    }
    Ok(())
}

#[test]
fn search_tells_what_is_wrong_with_arguments() -> Result<()> {
    let run = Run::new();
    fs::write(run.path("text"), "one\n")?;
    run.succeed(SEARCH, &["index", "text", "index"])?;
    for (args, why) in [
        (
            &["index", "missing", "new"][..],
            &["\"missing\"", "not found"][..],
        ),
        (
            &["find", "missing", "text", "one"],
            &["\"missing\"", "not found"],
        ),
        (
            &["find", "index", "missing", "one"],
            &["\"missing\"", "not found"],
        ),
        (
            &["index", "text", "missing/new"],
            &["missing/new", "not found"],
        ),
        (
            &["find", "index", "text", "--", "--"],
            &["\"--\" holds no word"],
        ),
        (&["find", "index", "text", "o*e"], &["\"o*e\" has a `*`"]),
        (&["find", "index", "text"], &["<WORD>"]),
        (&["fnid"], &["fnid", "Usage: "]),
        (&[], &["Usage: "]),
    ] {
        check_failure(&run.output(SEARCH, args)?, 1, why);
    }
    assert!(!run.path("new").exists());
    let help = String::from_utf8(run.succeed(SEARCH, &["find", "--help"])?)?;
    assert!(help.contains("Print the lines that hold all of the words"));
    Ok(())
}

/// What the library shows in this process.
fn native_inspect(file: &Path) -> Result<String> {
    Ok(inspect::Elf::parse(&fs::read(file)?)?.to_string())
}

#[test]
fn inspect_equals_the_native_run() -> Result<()> {
    let this = std::env::current_exe()?;
    let commands = Path::new(COMMAND).parent().context("a folder")?;
    let here = this.parent().context("a folder")?;
    let grant = |dir: &Path, name: &str| format!("--dir={}::{name}", dir.display());
    let name = this.file_name().context("a name")?.to_string_lossy();
    for zero_copy in [true, false] {
        let mut run = Run::new()
            .option("--dir=/bin")
            .option(grant(commands, "/commands"))
            .option(grant(here, "/tests"));
        if !zero_copy {
            run = run.option(WITHOUT_WINDOWS);
        }
        for (file, guests) in [
            (Path::new("/bin/sh"), "/bin/sh"),
            (Path::new(COMMAND), "/commands/wasmtime-mem"),
            (&this, &format!("/tests/{name}")),
        ] {
            let output = run.output(INSPECT, &["--stats", guests])?;
            assert!(output.status.success(), "{}", stderr(&output));
            let shown = String::from_utf8(output.stdout.clone())?;
            assert_eq!(shown, native_inspect(file)?);
            assert!(shown.contains("\nneeded           libc.so"), "{shown}");
            check_stats(&output, 1, zero_copy);
        }
    }
    Ok(())
}

#[test]
fn inspect_tells_what_is_damaged() -> Result<()> {
    let run = Run::new();
    let whole = fs::read("/bin/sh")?;
    let mut names = Vec::new();
    let mut damage = |name: String, data: &[u8]| {
        names.push(name.clone());
        fs::write(run.path(&name), data)
    };
    damage("whole".into(), &whole)?;
    damage("empty".into(), b"")?;
    damage("script".into(), b"#!/bin/sh\n")?;
    for len in [4, 16, 63, 64, 100, 5000, whole.len() - 1] {
        damage(format!("cut-{len}"), &whole[..len])?;
    }
    // The header, the headers of the segments and of the sections.
    let places = (4..64).chain((64..400).step_by(5));
    let places = places.chain((whole.len() - 2000..whole.len()).step_by(23));
    for at in places {
        let mut data = whole.clone();
        data[at] ^= 0xff;
        damage(format!("changed-{at}"), &data)?;
    }

    let output = run.output(INSPECT, &names)?;
    let (mut shown, mut errors) = (String::new(), String::new());
    for name in &names {
        match inspect::Elf::parse(&fs::read(run.path(name))?) {
            Ok(elf) => write!(shown, "{name}:\n{elf}")?,
            Err(error) => writeln!(errors, "inspect: {name:?}: {error}")?,
        }
    }
    assert!(errors.lines().count() > 20, "{errors}");
    assert!(shown.lines().filter(|line| line.ends_with(':')).count() > 20);
    assert_eq!(String::from_utf8(output.stdout)?, shown);
    assert_eq!(String::from_utf8(output.stderr)?, errors);
    assert_eq!(output.status.code(), Some(1));
    Ok(())
}

#[test]
fn inspect_tells_what_is_wrong_with_arguments() -> Result<()> {
    let run = Run::new();
    fs::create_dir(run.path("folder"))?;
    for (args, why) in [
        (
            &["missing"][..],
            &["inspect: ", "\"missing\"", "not found"][..],
        ),
        (&["folder"], &["inspect: ", "\"folder\"", "not a file"]),
        (&["/bin/sh"], &["inspect: ", "\"/bin/sh\"", "access denied"]),
        (&["--unknown"], &["--unknown"]),
        (&[], &["<FILE>"]),
    ] {
        check_failure(&run.output(INSPECT, args)?, 1, why);
    }
    let help = String::from_utf8(run.succeed(INSPECT, &["--help"])?)?;
    assert!(help.contains("Shows the segments, sections"));
    Ok(())
}
