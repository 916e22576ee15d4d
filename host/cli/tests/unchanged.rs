//! Programs that map files by the crate memmap2, run as guests by the command,
//! and compared with the same programs on this machine.

use crate::common::{Run, stderr};
use anyhow::Result;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use test_artifacts::{Guest, SYMBOLS, TENSORS, WORDS};

/// Hosts that show the file's pages, and hosts where a map is a copy.
fn runs() -> [Run; 2] {
    [Run::new(), Run::new().option("--mem-windows=n")]
}

/// What the guest does, as a component and as a core module.
fn guests(run: &Run, guest: Guest, args: &[&str]) -> Result<[Output; 2]> {
    Ok([
        run.command_of(guest.component, args).output()?,
        run.command_of(guest.core_module, args).output()?,
    ])
}

fn native(run: &Run, program: Guest, args: &[&str]) -> Result<Output> {
    let mut command = Command::new(program.native());
    Ok(command.current_dir(run.dir.path()).args(args).output()?)
}

/// Checks that the guests succeed and print what the program prints, which has
/// this number of lines.
#[track_caller]
fn check(run: &Run, program: Guest, args: &[&str], lines: usize) -> Result<()> {
    let expected = native(run, program, args)?;
    assert!(expected.status.success(), "{}", stderr(&expected));
    let expected = String::from_utf8(expected.stdout)?;
    assert_eq!(expected.lines().count(), lines, "{args:?}: {expected}");
    for output in guests(run, program, args)? {
        assert!(output.status.success(), "{args:?}: {}", stderr(&output));
        let printed = String::from_utf8(output.stdout)?;
        assert!(
            printed == expected,
            "{args:?}: the guest printed\n{printed}\nand the program\n{expected}"
        );
    }
    Ok(())
}

/// 100,000 different words, in no order.
fn text() -> String {
    let mut text = String::new();
    for number in 0_u32..100_000 {
        let mixed = number.wrapping_mul(2_654_435_761);
        let separator = if number.is_multiple_of(7) { '\n' } else { ' ' };
        write!(text, "word{mixed:x}{separator}").unwrap();
    }
    text
}

#[test]
fn fst_equals_the_native_run() -> Result<()> {
    for run in runs() {
        fs::write(run.path("text"), text())?;
        let built = native(&run, WORDS, &["build", "text", "index"])?;
        assert!(built.status.success(), "{}", stderr(&built));
        // The guests' index holds the same. Its bytes can differ, because how
        // much fst shares depends on the width of a word of the machine.
        let all = native(&run, WORDS, &["prefix", "index", ""])?.stdout;
        assert!(all.len() > 1 << 20);
        for output in guests(&run, WORDS, &["build", "text", "guest"])? {
            assert!(output.status.success(), "{}", stderr(&output));
            assert!(native(&run, WORDS, &["prefix", "guest", ""])?.stdout == all);
        }

        let words = ["word0", "word9e3779b1", "word12345678", "absent"];
        let get = [&["get", "index"], &words[..]].concat();
        check(&run, WORDS, &get, 4)?;
        let found = String::from_utf8(native(&run, WORDS, &get)?.stdout)?;
        let expected = "word0 Some(0)\nword9e3779b1 Some(1)\nword12345678 None\nabsent None\n";
        assert_eq!(found, expected);
        let starting = |start: &str| {
            text()
                .split_whitespace()
                .filter(|w| w.starts_with(start))
                .count()
        };
        let number = starting("word12") + starting("word9e37");
        check(
            &run,
            WORDS,
            &["prefix", "index", "word12", "word9e37"],
            number,
        )?;
        check(&run, WORDS, &["fuzzy", "index", "word9e3779b2", "ward0"], 2)?;
    }
    Ok(())
}

/// A file of the format, with tensors of 2 MiB, 1 MiB and no bytes.
fn tensors() -> Vec<u8> {
    let header = r#"{
        "layer.weight": {"dtype": "F32", "shape": [1024, 512], "data_offsets": [0, 2097152]},
        "ids": {"dtype": "I64", "shape": [131072], "data_offsets": [2097152, 3145728]},
        "none": {"dtype": "U8", "shape": [0, 7], "data_offsets": [3145728, 3145728]}
    }"#;
    let data = (0..3 << 20).map(|i: u32| (i >> 6) as u8 ^ i as u8);
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend(header.bytes().chain(data));
    file
}

#[test]
fn safetensors_equals_the_native_run() -> Result<()> {
    for run in runs() {
        fs::write(run.path("model"), tensors())?;
        check(&run, TENSORS, &["model"], 3)?;
        // Cut short. Both report it in the same way.
        fs::write(run.path("cut"), &tensors()[..1 << 20])?;
        let expected = native(&run, TENSORS, &["cut"])?;
        assert_eq!(expected.status.code(), Some(1));
        let expected = String::from_utf8(expected.stderr)?;
        let reason = expected.lines().next().unwrap();
        assert!(reason.starts_with("Error: "), "{reason}");
        for output in guests(&run, TENSORS, &["cut"])? {
            assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
            assert!(stderr(&output).contains(reason), "{}", stderr(&output));
        }
    }
    Ok(())
}

#[test]
fn object_equals_the_native_run() -> Result<()> {
    for run in runs() {
        for file in [TENSORS, WORDS] {
            let program = file.name;
            fs::copy(file.native(), run.path(program))?;
            let lines = native(&run, SYMBOLS, &[program])?.stdout;
            let lines = lines.iter().filter(|&&byte| byte == b'\n').count();
            assert!(lines > 10, "{program} has sections and symbols");
            check(&run, SYMBOLS, &[program], lines)?;
        }
    }
    Ok(())
}

/// These programs have what the documentation says a program needs.
#[test]
fn one_line_takes_the_place_of_memmap2() -> Result<()> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let manifest = fs::read_to_string(top.join("examples/unchanged/Cargo.toml"))?;
    let (_, patch) = manifest.split_once("\n[patch.crates-io]\n").unwrap();
    let patch: Vec<&str> = patch.lines().take_while(|line| !line.is_empty()).collect();
    assert_eq!(patch, [r#"memmap2 = { path = "../../guest-sdk/memmap2" }"#]);
    assert!(manifest.contains("\nmemmap2 = \"0.9\"\n"));
    Ok(())
}
