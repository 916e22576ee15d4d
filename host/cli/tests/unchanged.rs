//! Programs that map files by the crate memmap2, run as guests by the command,
//! and compared with the same source in this process, where memmap2 is the one
//! of crates.io.

mod common;

#[allow(dead_code, reason = "its main is for guests")]
#[path = "../../../examples/unchanged/src/bin/symbols.rs"]
mod symbols;
#[allow(dead_code, reason = "its main is for guests")]
#[path = "../../../examples/unchanged/src/bin/tensors.rs"]
mod tensors;
#[allow(dead_code, reason = "its main is for guests")]
#[path = "../../../examples/unchanged/src/bin/words.rs"]
mod words;

use anyhow::Result;
use common::{Run, stderr};
use safetensors::Dtype;
use safetensors::tensor::TensorView;
use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// Hosts that show the file's pages, and hosts where a map is a copy.
fn runs() -> [Run; 2] {
    [Run::new(), Run::new().option("--mem-windows=n")]
}

/// Runs the guest in its directory, as a component and as a core module, each
/// of which has to succeed and print `expected`.
#[track_caller]
fn check(run: &Run, guest: &str, args: &[&str], expected: &[u8]) {
    assert!(
        !expected.is_empty(),
        "{guest} {args:?} has something to say"
    );
    for guest in [
        test_artifacts::guest(guest),
        test_artifacts::core_module(guest),
    ] {
        let output = run.command_of(guest, args).output().unwrap();
        assert!(output.status.success(), "{args:?}: {}", stderr(&output));
        assert!(
            output.stdout == expected,
            "{args:?}: the guest printed\n{}\nand the host\n{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(expected),
        );
    }
}

/// What the source of `tool` prints in this process, with files of `run`.
fn native(tool: fn(&[&str], &mut Vec<u8>) -> Result<()>, args: &[&str]) -> Result<Vec<u8>> {
    let mut printed = Vec::new();
    tool(args, &mut printed)?;
    Ok(printed)
}

/// 200,000 different words, in no order.
fn text() -> String {
    let mut text = String::new();
    for number in 0_u32..200_000 {
        let mixed = number.wrapping_mul(2_654_435_761);
        let separator = if number % 7 == 0 { '\n' } else { ' ' };
        write!(text, "word{mixed:x}{separator}").unwrap();
    }
    text
}

#[test]
fn fst_equals_the_native_run() -> Result<()> {
    for run in runs() {
        fs::write(run.path("text"), text())?;
        let native_index = native_path(&run, "native.fst");
        let built = native(
            words::run,
            &["build", &native_path(&run, "text"), &native_index],
        )?;
        assert!(built.is_empty());
        // The guest makes the same index, byte for byte.
        for guest in [
            test_artifacts::guest("words"),
            test_artifacts::core_module("words"),
        ] {
            let output = run
                .command_of(guest, &["build", "text", "guest.fst"])
                .output()?;
            assert!(output.status.success(), "{}", stderr(&output));
            assert!(fs::read(run.path("guest.fst"))? == fs::read(&native_index)?);
            fs::remove_file(run.path("guest.fst"))?;
        }

        for query in [
            &["get", "word0", "word9e3779b1", "word12345678", "absent"] as &[&str],
            &["prefix", "word12", "word9e37"],
            &["fuzzy", "word9e3779b2", "ward0"],
        ] {
            let with = |index| [&[query[0], index], &query[1..]].concat();
            let expected = native(words::run, &with(&native_index))?;
            check(&run, "words", &with("native.fst"), &expected);
        }
    }
    Ok(())
}

#[test]
fn safetensors_equals_the_native_run() -> Result<()> {
    let bytes: Vec<u8> = (0..3 << 20).map(|i| (i >> 6) as u8 ^ i as u8).collect();
    let weights = TensorView::new(Dtype::F32, vec![1024, 512], &bytes[..2 << 20])?;
    let ids = TensorView::new(Dtype::I64, vec![1 << 17], &bytes[2 << 20..])?;
    let none = TensorView::new(Dtype::U8, vec![0, 7], &[])?;
    let tensors = [("layer.weight", weights), ("ids", ids), ("none", none)];
    for run in runs() {
        let path = run.path("model.safetensors");
        safetensors::serialize_to_file(tensors.clone(), None, &path)?;
        let expected = native(tensors::run, &[&native_path(&run, "model.safetensors")])?;
        assert_eq!(expected.split(|&byte| byte == b'\n').count(), 4);
        check(&run, "tensors", &["model.safetensors"], &expected);
    }
    Ok(())
}

#[test]
fn object_equals_the_native_run() -> Result<()> {
    for run in runs() {
        // This program, and the guests.
        let mut copies = Vec::new();
        for (index, file) in [
            env::current_exe()?,
            test_artifacts::guest("words"),
            test_artifacts::core_module("symbols"),
        ]
        .iter()
        .enumerate()
        {
            let name = format!("{index}.o");
            fs::copy(file, run.path(&name))?;
            copies.push(name);
        }
        // A component is no object file, and both sides say so alike.
        let component = copies.remove(1);
        let expected = native(symbols::run, &[&native_path(&run, &component)]).unwrap_err();
        let guest = test_artifacts::guest("symbols");
        let output = run.command_of(guest, &[&component]).output()?;
        assert_eq!(output.status.code(), Some(1));
        let message = format!("Error: {expected}");
        assert!(stderr(&output).contains(&message), "{}", stderr(&output));

        for copy in &copies {
            let expected = native(symbols::run, &[&native_path(&run, copy)])?;
            check(&run, "symbols", &[copy], &expected);
        }
    }
    Ok(())
}

/// The file of `run` as this process names it.
fn native_path(run: &Run, name: &str) -> String {
    let path: PathBuf = run.path(name);
    path.to_str().expect("a temporary path is UTF-8").to_owned()
}

/// What the manifest of the programs says is what the documentation says.
#[test]
fn one_line_patches_memmap2() -> Result<()> {
    let manifest =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/unchanged/Cargo.toml");
    let manifest = fs::read_to_string(manifest)?;
    let (_, patch) = manifest.split_once("[patch.crates-io]\n").unwrap();
    let patch: Vec<&str> = patch.lines().take_while(|line| !line.is_empty()).collect();
    assert_eq!(patch, [r#"memmap2 = { path = "../../guest-sdk/memmap2" }"#]);
    Ok(())
}
